from django.urls import path

from maillage.programme.groups.views import letters

_GROUP, _ONE = "espace/groupes/<str:uid>/courriers/", "espace/inscriptions/<str:uid>/courriers/"

urlpatterns = [
    path(_GROUP, letters.group_letters, name="group_letters"),
    path(f"{_GROUP}faire/", letters.group_letters_make, name="group_letters_make"),
    path(_ONE, letters.enrolment_letters, name="enrolment_letters"),
    path(f"{_ONE}faire/", letters.enrolment_letter, name="enrolment_letter"),
    path("espace/attestations/<int:pk>/", letters.certificate_letter, name="certificate_letter"),
]
