"""Addresses under /espace/: what an enrolment owes, who is late, the cash book."""

from django.urls import path

from maillage.programme.fees import views

_ONE = "inscriptions/<str:uid>/participation/"

urlpatterns = [
    path("caisse/", views.cash_book, name="cash_book"),
    path("caisse/export/", views.cash_book_export, name="cash_book_export"),
    path("caisse/impayes/", views.arrears, name="arrears"),
    path(_ONE, views.enrolment_fee, name="enrolment_fee"),
    path(f"{_ONE}<slug:word>/", views.fee_act, name="fee_act"),
    path(f"{_ONE}ecritures/<int:pk>/recu/", views.fee_receipt, name="fee_receipt"),
    path(f"{_ONE}ecritures/<int:pk>/annuler/", views.fee_cancel, name="fee_cancel"),
]
