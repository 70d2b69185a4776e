from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "maillage.programme.letters"
    label = "letters"
