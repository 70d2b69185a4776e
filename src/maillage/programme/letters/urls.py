"""Addresses under /espace/: the letters of the organisation, a letter by its uid."""

from django.urls import path

from maillage.programme.letters import views

urlpatterns = [
    path("courriers/modeles/", views.letter_templates, name="letter_templates"),
    path("courriers/modeles/<slug:kind>/", views.letter_template, name="letter_template"),
    path("courriers/<str:uid>/envoi/", views.letter_sent, name="letter_sent"),
    path("courriers/<str:uid>.<slug:layout>", views.letter, name="letter"),
]
