"""Addresses under /espace/: the trail of a file by its uid, an alert by its own."""

from django.urls import path

from maillage.vigilance import views

urlpatterns = [
    path("journaux/", views.trail_find, name="trail_find"),
    path("dossiers/<str:uid>/journal/", views.file_trail, name="file_trail"),
    path("dossiers/<str:uid>/journal/export/", views.file_trail_export, name="file_trail_export"),
    path(
        "dossiers/<str:uid>/journal/extrait/", views.file_trail_extract, name="file_trail_extract"
    ),
    path("vigilance/", views.alerts, name="vigilance"),
    path("vigilance/examiner/", views.alerts_examine, name="vigilance_examine"),
    path("vigilance/<str:uid>/", views.alert_page, name="vigilance_alert"),
]
