"""Addresses under /espace/rappels/, of the support side alone."""

from django.urls import path

from maillage.support.callbacks import views

urlpatterns = [
    path("", views.callbacks, name="callbacks"),
    path("<str:uid>/", views.callback, name="callback"),
    path("<str:uid>/suite/", views.callback_handle, name="callback_handle"),
]
