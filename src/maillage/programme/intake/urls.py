"""Addresses under /espace/ by which a person arrives; none holds a name."""

from django.urls import path, re_path

from maillage.programme.intake.views import decisions, editing, lists, registration, search

urlpatterns = [
    path("recherche/", search.search, name="search"),
    path("orientations/", lists.referrals, name="referrals"),
    re_path(
        r"^orientations/export/(?P<extension>csv|xlsx)/$",
        lists.referrals_export,
        name="referrals_export",
    ),
    path("orientations/nouvelle/", registration.referral_new, name="referral_new"),
    path("orientations/verification/", registration.referral_check, name="referral_check"),
    path("orientations/orienteurs/", registration.referrers, name="referrers"),
    path("orientations/<uid>/modifier/", editing.referral_edit, name="referral_edit"),
    path(
        "orientations/<uid>/evaluer/", decisions.referral_assess_plan, name="referral_assess_plan"
    ),
    path("orientations/<uid>/evaluation/", decisions.assessment_new, name="assessment_new"),
    path("orientations/<uid>/attente/", decisions.referral_wait, name="referral_wait"),
    path("orientations/<uid>/retour/", decisions.referral_return, name="referral_return"),
    path("orientations/<uid>/transmission/", decisions.referral_redirect, name="referral_redirect"),
    path("orientations/<uid>/cloture/", decisions.referral_close, name="referral_close"),
    path("orientations/<uid>/reouverture/", decisions.referral_reopen, name="referral_reopen"),
    path("dossiers/<uid>/orienter/", registration.referral_add, name="referral_add"),
    path("dossiers/<uid>/identite/", editing.identity_edit, name="identity_edit"),
    path("attente/", lists.waiting_list, name="waiting_list"),
    re_path(
        r"^attente/export/(?P<extension>csv|xlsx)/$",
        lists.waiting_list_export,
        name="waiting_list_export",
    ),
]
