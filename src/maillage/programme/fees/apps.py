from django.apps import AppConfig


class FeesConfig(AppConfig):
    name = "maillage.programme.fees"
    label = "fees"
