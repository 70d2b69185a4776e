"""Where each address leads: the public site at the root, the staff's pages under /espace/."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("maillage.portal.urls")),
    path("", include("maillage.core.urls")),
    path("", include("maillage.network.urls")),
    path("", include("maillage.accounts.urls")),
    path("espace/", include("maillage.barriers.urls")),
    path("espace/", include("maillage.programme.intake.urls")),
    path("espace/", include("maillage.programme.episodes.urls")),
    path("espace/", include("maillage.programme.fees.urls")),
    path("", include("maillage.programme.questionnaires.urls")),  # before « groupes/…/ »
    path("", include("maillage.programme.groups.urls")),
    path("", include("maillage.programme.reminders.urls")),
    path("espace/", include("maillage.programme.letters.urls")),
    path("espace/", include("maillage.vigilance.urls")),
    path("espace/accueil/", include("maillage.support.reception.urls")),
    path("espace/rappels/", include("maillage.support.callbacks.urls")),
    path("espace/donnees/", include("maillage.protection.urls")),
    path("", include("maillage.observatory.urls")),
]

handler400 = "maillage.core.views.bad_request"
handler403 = "maillage.core.views.permission_denied"
handler404 = "maillage.core.views.page_not_found"
handler500 = "maillage.core.views.server_error"
