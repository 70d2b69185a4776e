from django.apps import AppConfig


class CallbacksConfig(AppConfig):
    name = "maillage.support.callbacks"
    label = "support_callbacks"
