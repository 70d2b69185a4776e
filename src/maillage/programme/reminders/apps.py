from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "maillage.programme.reminders"
    label = "reminders"

    def trail_words(self) -> dict[str, str]:
        """How the verbs and the reads of this room are told on the page of an account."""
        from maillage.programme.reminders.journal import READS, VERBS

        return VERBS | READS

    def ready(self) -> None:
        from maillage.programme.episodes.panels import add_panel
        from maillage.programme.reminders import checks  # noqa: F401 — registers itself
        from maillage.programme.reminders.reading import of_file

        add_panel(of_file)
