"""Addresses under /espace/: a file by its person's uid, an act by its referral's."""

from django.urls import path

from maillage.programme.episodes.views import (
    appointments,
    documents,
    exits,
    file,
    follow,
    listing,
    today,
    writing,
)

_REFERRAL = "orientations/<str:uid>/"

urlpatterns = [
    path("", today.today, name="today"),
    path("equipe/", listing.team, name="team"),
    path("dossiers/", listing.files, name="files"),
    path("dossiers/export/", listing.files_export, name="files_export"),
    path("dossiers/<str:uid>/", file.file, name="file"),
    path(f"{_REFERRAL}accueillir/", follow.episode_accept, name="episode_accept"),
    path(f"{_REFERRAL}referent/", follow.episode_assign, name="episode_assign"),
    path(f"{_REFERRAL}modules/", follow.module_start, name="module_start"),
    path(f"{_REFERRAL}modules/<int:pk>/fin/", follow.module_end, name="module_end"),
    path(f"{_REFERRAL}situation/", follow.situation_change, name="situation_change"),
    path(f"{_REFERRAL}note/", writing.note_new, name="note_new"),
    path(f"{_REFERRAL}contact/", writing.contact_attempt_new, name="contact_attempt_new"),
    path(f"{_REFERRAL}pieces/", documents.document_new, name="document_new"),
    path("pieces/<str:uid>/", documents.document, name="document"),
    path("pieces/<str:uid>/retirer/", documents.document_remove, name="document_remove"),
    path(f"{_REFERRAL}rendez-vous/", appointments.appointment_new, name="appointment_new"),
    path(f"{_REFERRAL}sortie/", exits.episode_exit, name="episode_exit"),
    path(f"{_REFERRAL}sortie/annuler/", exits.episode_exit_cancel, name="episode_exit_cancel"),
    path(
        "rendez-vous/<int:pk>/reporter/",
        appointments.appointment_postpone,
        name="appointment_postpone",
    ),
    path(
        "rendez-vous/<int:pk>/<str:mark>/", appointments.appointment_mark, name="appointment_mark"
    ),
]
