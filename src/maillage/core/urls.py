"""Addresses that every part of the signed-in space shares."""

from django.urls import path

from maillage.core import views

urlpatterns = [
    path("quitter/", views.leave, name="leave"),
    path("espace/brouillon/", views.save_draft, name="save_draft"),
    path("espace/jeton/", views.fresh_token, name="fresh_token"),
    path("espace/date/", views.read_date, name="read_date"),
]
