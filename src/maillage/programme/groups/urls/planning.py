from django.urls import path, re_path

from maillage.programme.groups.views import enrolments, feeds, groups, planning, waiting

_G = "espace/groupes/"

urlpatterns = [
    path(_G, groups.groups, name="groups"),
    path(f"{_G}attente/", waiting.course_waiting_list, name="course_waiting_list"),
    re_path(
        rf"^{_G}attente/export/(?P<extension>csv|xlsx)/$",
        waiting.course_waiting_list_export,
        name="course_waiting_list_export",
    ),
    path(f"{_G}suites/", enrolments.enrolment_dues, name="enrolment_dues"),
    path(f"{_G}calendrier/", feeds.calendar, name="calendar"),
    path(f"{_G}calendrier/adresse/", feeds.calendar_open, name="calendar_open"),
    path(f"{_G}calendrier/<int:pk>/fermer/", feeds.calendar_close, name="calendar_close"),
    path("agenda/<str:token>.ics", feeds.calendar_feed, name="calendar_feed"),
    path(f"{_G}offre/", planning.offers, name="offers"),
    path(f"{_G}offre/nouvelle/", planning.offer_new, name="offer_new"),
    path(f"{_G}offre/salle/", planning.room_new, name="room_new"),
    path(f"{_G}offre/<str:uid>/", planning.offer_edit, name="offer_edit"),
    path(f"{_G}offre/<str:uid>/modele/", planning.template_new, name="template_new"),
    path(f"{_G}nouveau/", planning.group_new, name="group_new"),
    path("espace/seances/<int:pk>/deplacer/", planning.session_move, name="session_move"),
    path(f"{_G}<str:uid>/", groups.group, name="group"),
    path(f"{_G}<str:uid>/modifier/", planning.group_edit, name="group_edit"),
    path(f"{_G}<str:uid>/annuler/", planning.group_cancel, name="group_cancel"),
]
