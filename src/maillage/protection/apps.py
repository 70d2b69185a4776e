from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "maillage.protection"
    label = "protection"
