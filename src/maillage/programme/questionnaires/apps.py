from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "maillage.programme.questionnaires"
    label = "questionnaires"
