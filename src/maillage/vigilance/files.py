"""What the watch knows of files: whose they are and under which reference, never a name.

Each side has its own, and an entry in `SIDES`; a side that has none has no file to tell of.
"""

from collections.abc import Collection, Iterable
from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from maillage.network.roles import Side
from maillage.programme.episodes.access import traceable_files
from maillage.programme.episodes.models import Appointment, Episode, EpisodeModule
from maillage.programme.intake.models import Participant
from maillage.support.reception import access as reception
from maillage.support.reception.models import Beneficiary

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


class Support:
    """Files of the people helped."""

    def traceable(self, by) -> QuerySet:
        return Beneficiary.objects.filter(reception.traceable_files(by))

    def assigned(self, organisation_id: int, uids: Collection[str]) -> set[Pair]:
        """Who coordinates the pathway of the person."""
        known = Beneficiary.objects.filter(organisation_id=organisation_id, uid__in=uids)
        coordinated = known.filter(coordinator__isnull=False)
        return set(coordinated.values_list("coordinator_id", "uid"))


SIDES: dict[str, Files] = {Side.PROGRAMME: Programme(), Side.SUPPORT: Support()}


def traceable(by) -> QuerySet:
    """The files whose trail a membership may read."""
    if by.side not in SIDES:
        raise PermissionDenied("Ce côté ne tient pas de dossiers.")
    return SIDES[by.side].traceable(by)


def references(by, uids: Iterable[str]) -> dict[str, str]:
    """The references of files, for whoever may read their trail."""
    return dict(traceable(by).filter(uid__in=set(uids)).values_list("uid", "reference"))
