from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "maillage.programme.intake"
    label = "intake"
