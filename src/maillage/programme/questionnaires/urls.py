"""Questionnaires: those of the branch, those of a group, and the tablet."""

from django.urls import path

from maillage.programme.questionnaires import tablet, views

_Q, _GROUP = "espace/questionnaires/", "espace/groupes/<str:uid>/questionnaires/"

urlpatterns = [
    path("questionnaire/", tablet.answer, name="answer"),
    path(_Q, views.questionnaires, name="questionnaires"),
    path(f"{_Q}nouveau/", views.questionnaire_new, name="questionnaire_new"),
    path(f"{_Q}reprendre/", views.questionnaire_import, name="questionnaire_import"),
    path(f"{_Q}<str:uid>/", views.questionnaire, name="questionnaire"),
    path(f"{_Q}<str:uid>/modifier/", views.questionnaire_edit, name="questionnaire_edit"),
    path(f"{_Q}<str:uid>/xlsform/", views.questionnaire_export, name="questionnaire_export"),
    path(f"{_Q}<str:uid>/papier/", views.questionnaire_paper, name="questionnaire_paper"),
    path(_GROUP, views.group_questionnaires, name="group_questionnaires"),
    path(f"{_GROUP}<str:questionnaire>/feuille/", views.sheet_new, name="sheet_new"),
    path(f"{_GROUP}<str:questionnaire>/codes/", views.codes_new, name="codes_new"),
]
