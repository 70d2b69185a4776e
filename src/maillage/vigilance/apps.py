from django.apps import AppConfig


class VigilanceConfig(AppConfig):
    name = "maillage.vigilance"
    label = "vigilance"
