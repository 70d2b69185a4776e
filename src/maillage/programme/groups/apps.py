from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "maillage.programme.groups"
    label = "groups"

    def trail_words(self) -> dict[str, str]:
        """How the verbs and the reads of this room are told on the page of an account."""
        from maillage.programme.groups.reading.journal import READS, VERBS

        return VERBS | READS

    def ready(self) -> None:
        from maillage.programme.episodes.panels import add_panel
        from maillage.programme.groups.actions.enrolling import enrol_asked
        from maillage.programme.groups.reading.panel import of_file
        from maillage.programme.intake.arrivals import listen

        listen(enrol_asked)
        add_panel(of_file)
