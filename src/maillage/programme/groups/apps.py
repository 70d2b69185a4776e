from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "maillage.programme.groups"
    label = "groups"

    def trail_words(self) -> dict[str, str]:
        """How the verbs and the reads of this room are told on the page of an account."""
        from maillage.programme.groups.reading.journal import READS, VERBS

        return VERBS | READS
