from django.apps import AppConfig


class FeesConfig(AppConfig):
    name = "maillage.programme.fees"
    label = "fees"

    def trail_words(self) -> dict[str, str]:
        """How the verbs and the reads of this room are told on the page of an account."""
        from maillage.programme.fees.journal import READS, VERBS

        return VERBS | READS
