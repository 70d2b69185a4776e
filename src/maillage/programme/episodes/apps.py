from django.apps import AppConfig


class EpisodesConfig(AppConfig):
    name = "maillage.programme.episodes"
    label = "episodes"
