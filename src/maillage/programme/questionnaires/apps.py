from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "maillage.programme.questionnaires"
    label = "questionnaires"

    def trail_words(self) -> dict[str, str]:
        """How the verbs of this room are told on the page of an account."""
        from maillage.programme.questionnaires.journal import VERBS

        return VERBS
