"""Addresses under /espace/accueil/, of the support side alone; none holds a name."""

from django.urls import path

from maillage.support.reception.views import file, listing, registration

urlpatterns = [
    path("", listing.today, name="support_today"),
    path("personnes/", listing.beneficiaries, name="beneficiaries"),
    path("personnes/export/", listing.beneficiaries_export, name="beneficiaries_export"),
    path("recherche/", listing.search, name="beneficiary_search"),
    path("personnes/nouvelle/", registration.beneficiary_new, name="beneficiary_new"),
    path("personnes/<str:uid>/", file.beneficiary, name="beneficiary"),
    path("personnes/<str:uid>/identite/", file.beneficiary_edit, name="beneficiary_edit"),
    path("personnes/<str:uid>/contact-sur/", file.plan_edit, name="plan_edit"),
    path("personnes/<str:uid>/besoins/", file.needs_edit, name="needs_edit"),
    path("personnes/<str:uid>/foyer/", file.member_new, name="member_new"),
    path("personnes/<str:uid>/foyer/<int:pk>/retirer/", file.member_remove, name="member_remove"),
    path("personnes/<str:uid>/contacts/", file.contact_new, name="contact_new"),
    path("personnes/<str:uid>/cloture/", file.beneficiary_close, name="beneficiary_close"),
    path("personnes/<str:uid>/reouverture/", file.beneficiary_reopen, name="beneficiary_reopen"),
]
