from django.apps import AppConfig


class BarriersConfig(AppConfig):
    name = "maillage.barriers"
    label = "barriers"
