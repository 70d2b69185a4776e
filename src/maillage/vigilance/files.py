"""What the watch knows of files: whose they are and under which reference, never a name.

Each side has its own, and an entry in `SIDES`; a side that has none has no file to tell of.
"""

from collections.abc import Collection, Iterable
from typing import Protocol

from django.db.models import Q, QuerySet

from maillage.network.roles import Side
from maillage.programme.episodes.access import traceable_files
from maillage.programme.episodes.models import Appointment, Episode, EpisodeModule
from maillage.programme.intake.models import Participant

Pair = tuple[int, str]  # somebody who is assigned to a file, by its uid


class Files(Protocol):
    def traceable(self, by) -> QuerySet: ...
    def assigned(self, organisation_id: int, uids: Collection[str]) -> set[Pair]: ...


class Programme:
    """Files of participants."""

    def traceable(self, by) -> QuerySet:
        return Participant.objects.filter(traceable_files(by))

    def assigned(self, organisation_id: int, uids: Collection[str]) -> set[Pair]:
        """Referents, those who hold a module, those who meet the person, at any time."""
        of_file = Q(participant__uid__in=uids, organisation_id=organisation_id)
        referents = Episode.objects.filter(of_file, referent__isnull=False)
        modules = EpisodeModule.objects.filter(
            episode__participant__uid__in=uids,
            episode__organisation_id=organisation_id,
            practitioner__isnull=False,
        )
        meetings = Appointment.objects.filter(of_file)
        found: set[Pair] = set()
        found.update(referents.values_list("referent_id", "participant__uid"))
        found.update(modules.values_list("practitioner_id", "episode__participant__uid"))
        found.update(meetings.values_list("practitioner_id", "participant__uid"))
        return found


SIDES: dict[str, Files] = {Side.PROGRAMME: Programme()}


def traceable(by) -> QuerySet:
    """The files whose trail a membership may read."""
    side = SIDES.get(by.side)
    return side.traceable(by) if side else Participant.objects.none()


def references(by, uids: Iterable[str]) -> dict[str, str]:
    """The references of files, for whoever may read their trail."""
    return dict(traceable(by).filter(uid__in=set(uids)).values_list("uid", "reference"))
