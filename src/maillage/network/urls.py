"""Addresses of the network."""

from django.urls import path

from maillage.network import views

urlpatterns = [
    path("espace/cote/", views.choose_membership, name="choose_membership"),
    path("espace/reseau/", views.network, name="network"),
    path("espace/reseau/<slug:slug>/", views.organisation, name="organisation"),
]
