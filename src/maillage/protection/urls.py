"""Addresses under /espace/donnees/: files and requests by their random uids."""

from django.urls import path

from maillage.protection.views import copies, retention, rights

_REQUEST = "demandes/<str:uid>/"

urlpatterns = [
    path("", rights.rights, name="rights"),
    path("conservation/", retention.retention, name="retention"),
    path("conservation/effacer/", retention.retention_erase, name="retention_erase"),
    path("dossiers/<str:uid>/", rights.file_rights, name="file_rights"),
    path("dossiers/<str:uid>/demande/", rights.rights_request_new, name="rights_request_new"),
    path("dossiers/<str:uid>/retenir/", retention.hold_new, name="hold_new"),
    path("retenues/<str:uid>/lever/", retention.hold_lift, name="hold_lift"),
    path(_REQUEST, rights.rights_request, name="rights_request"),
    path(f"{_REQUEST}preparer/", copies.rights_prepare, name="rights_prepare"),
    path(f"{_REQUEST}relire/", copies.rights_review, name="rights_review"),
    path(f"{_REQUEST}copie/<str:kind>/", copies.rights_copy, name="rights_copy"),
    path(f"{_REQUEST}remise/", rights.rights_give, name="rights_give"),
    path(f"{_REQUEST}reponse/", rights.rights_decide, name="rights_decide"),
]
