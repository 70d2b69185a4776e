"""Addresses under /espace/ of what protects a file, the same words on both sides."""

from django.urls import path

from maillage.barriers import views

urlpatterns = [
    path("protection/", views.protection, name="protection"),
    path("protection/<str:uid>/ecarter/", views.file_bar, name="file_bar"),
    path("protection/<str:uid>/je-connais/", views.file_declare, name="file_declare"),
    path("protection/<str:uid>/restreindre/", views.file_restrict, name="file_restrict"),
    path("protection/<str:uid>/ouvrir-a-tous/", views.file_unrestrict, name="file_unrestrict"),
    path("protection/ecarts/<int:pk>/lever/", views.barrier_lift, name="barrier_lift"),
    path("protection/ecarts/<int:pk>/lu/", views.barrier_seen, name="barrier_seen"),
    path("protection/acces/<int:pk>/avis/", views.access_review, name="access_review"),
    path("acces-exceptionnel/", views.exceptional_access, name="exceptional_access"),
]
