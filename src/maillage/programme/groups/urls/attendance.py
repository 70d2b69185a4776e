from django.urls import path

from maillage.programme.groups.views import attendance, certificates

_GROUP = "espace/groupes/<str:uid>/"

urlpatterns = [
    path("espace/seances/<int:pk>/", attendance.attendance, name="attendance"),
    path("espace/seances/<int:pk>/rattrapage/", attendance.catch_up, name="catch_up"),
    path("espace/seances/<int:pk>/pointage/", attendance.attendance_tick, name="attendance_tick"),
    path(f"{_GROUP}attestations/", certificates.certificates, name="certificates"),
    path(
        f"{_GROUP}attestations/etablir/", certificates.certificates_issue, name="certificates_issue"
    ),
    path(f"{_GROUP}rouvrir/", certificates.group_reopen, name="group_reopen"),
    path(
        "espace/inscriptions/<str:uid>/documents/<int:pk>/annuler/",
        certificates.certificate_revoke,
        name="certificate_revoke",
    ),
]
