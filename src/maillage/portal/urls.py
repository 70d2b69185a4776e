"""Addresses of the public site."""

from django.urls import path

from maillage.portal import views

urlpatterns = [path("", views.home, name="home")]
