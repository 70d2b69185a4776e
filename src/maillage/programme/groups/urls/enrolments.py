from django.urls import path

from maillage.programme.groups.views import enrolments

_ONE = "espace/inscriptions/<str:uid>/"

urlpatterns = [
    path(_ONE, enrolments.enrolment, name="enrolment"),
    path(f"{_ONE}transport/", enrolments.enrolment_transport, name="enrolment_transport"),
    path(f"{_ONE}separer/", enrolments.keep_apart, name="keep_apart"),
    path(f"{_ONE}separer/<str:other>/lever/", enrolments.keep_apart_lift, name="keep_apart_lift"),
    path(f"{_ONE}<str:word>/", enrolments.enrolment_act, name="enrolment_act"),
    path("espace/orientations/<str:uid>/inscrire/", enrolments.enrol, name="enrol"),
    path("espace/groupes/<str:uid>/convoquer/", enrolments.convene, name="convene"),
]
