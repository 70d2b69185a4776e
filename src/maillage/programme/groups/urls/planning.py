from django.urls import path

from maillage.programme.groups.views import groups

urlpatterns = [
    path("espace/groupes/", groups.groups, name="groups"),
    path("espace/groupes/attente/", groups.course_waiting_list, name="course_waiting_list"),
    path("espace/groupes/<str:uid>/", groups.group, name="group"),
]
