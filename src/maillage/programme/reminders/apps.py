from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "maillage.programme.reminders"
    label = "reminders"
