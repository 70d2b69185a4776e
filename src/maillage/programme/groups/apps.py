from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "maillage.programme.groups"
    label = "groups"

    def trail_words(self) -> dict[str, str]:
        """How the verbs and the reads of this room are told on the page of an account."""
        from maillage.programme.groups.reading.journal import READS, VERBS

        return VERBS | READS

    def ready(self) -> None:
        from maillage.programme.episodes.panels import add_day_panel, add_panel
        from maillage.programme.episodes.reading.timeline import add_events
        from maillage.programme.groups.actions.enrolling import follow_referral
        from maillage.programme.groups.reading.events import KIND, LABEL, SHOWN, rows_of
        from maillage.programme.groups.reading.panel import of_day, of_file
        from maillage.programme.intake.arrivals import listen

        listen(follow_referral)
        add_panel(of_file)
        add_day_panel(of_day)
        add_events(KIND, LABEL, rows_of, SHOWN)
