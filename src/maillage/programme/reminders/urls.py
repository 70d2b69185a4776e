"""Reminders: the list of the branch, one person's choice, what carriers say."""

from django.urls import path

from maillage.programme.reminders import views

urlpatterns = [
    path("espace/rappels-de-rendez-vous/", views.reminders, name="reminders"),
    path("espace/dossiers/<str:uid>/rappels/", views.contact_choice, name="contact_choice"),
    path("espace/dossiers/<str:uid>/rappels/verifie/", views.number_checked, name="number_checked"),
    path("messages/etat/", views.delivery, name="delivery"),
]
