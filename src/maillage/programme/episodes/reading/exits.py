"""What the end of a follow-up would do, told before it is done."""

from dataclasses import dataclass

from django.utils import timezone

from maillage.core.calendar import short_date
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.intake.models import ContactAttempt


def consequences(episode: Episode) -> list[str]:
    """The modules that end and the appointments that are cancelled by an exit of today."""
    lines = [
        f"Le module «\u202f{module.get_code_display()}\u202f» se termine le jour de la sortie."
        for module in episode.modules.filter(ends_on=None)
    ]
    later = follow.later_appointments(episode, timezone.localdate())
    for appointment in later.order_by("starts_at"):
        lines.append(
            f"Le rendez-vous du {appointment.when} est annulé\u00a0: prévenez la personne."
        )
    lines.append("Rien n’est envoyé à l’orienteur\u00a0: l’informer reste à faire.")
    lines.append("Un retour ouvrira un nouveau suivi\u202f; celui-ci reste lisible.")
    return lines


@dataclass(frozen=True)
class DropOut:
    """The tries to reach the person that a drop-out asks for, and those that were made (R158)."""

    needed: int
    made: list[ContactAttempt]
    since: str

    @property
    def missing(self) -> int:
        return max(0, self.needed - len(self.made))


def drop_out(episode: Episode) -> DropOut:
    made = list(follow.attempts_since_last_meeting(episode).select_related("by"))
    kept = episode.referral.appointments.filter(status=Appointment.Status.KEPT)
    last = kept.order_by("-starts_at").first()
    since = (
        f"le rendez-vous honoré du {short_date(last.day)}"
        if last
        else f"l’entrée du {short_date(episode.entered_on)}"
    )
    return DropOut(follow.ATTEMPTS_BEFORE_DROP_OUT, made, since)
