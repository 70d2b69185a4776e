"""What is changed of a run that is planned: its places, its public, its room, who leads it."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.programme.episodes.actions.follow import practitioners
from maillage.programme.groups import access
from maillage.programme.groups.actions.convening import SEXES_OF, seated
from maillage.programme.groups.actions.means import check_people, check_room, locked_means
from maillage.programme.groups.actions.steps import locked_group
from maillage.programme.groups.models import (
    Audience,
    Enrolment,
    Group,
    Room,
    Session,
    Speaker,
    SpeakerFunction,
)

CHANGED = "Quelqu’un d’autre a modifié ce groupe\u00a0: relisez, puis confirmez votre saisie."


def to_come(group: Group) -> list[Session]:
    """The sessions of which the means may still be changed."""
    found = group.sessions.filter(is_cancelled=False, held_at=None, starts_at__gt=timezone.now())
    return list(found.select_related("room").prefetch_related("speakers__user"))


def common_room(sessions: Sequence[Session]) -> Room | None:
    rooms = {session.room for session in sessions}
    return rooms.pop() if len(rooms) == 1 else None


def common_speakers(sessions: Sequence[Session]) -> set[int]:
    """The keys of the workers who lead each of them."""
    led = [{one.user_id for one in session.speakers.all() if one.user_id} for session in sessions]
    return set.intersection(*led) if led else set()  # type: ignore[arg-type]  # none is None here


@transaction.atomic
def edit_group(
    *,
    by,
    group: Group,
    version: int,
    capacity: int,
    most: int,
    audience: str,
    room: Room | None,
    speakers: Sequence,
) -> Group:
    """Room and speakers are those of all sessions to come: what differs from one to the other, and
    partners, stay as they are.

    Raises `Refused` where people already hold a place that would go, or means are taken.
    """
    access.check_can_plan(by)
    known = practitioners(by.organisation_id)
    group = locked_group(group, by)
    if group.version != version:
        raise Stale(CHANGED)
    if group.status != Group.Status.PLANNED:
        raise Refused("Ce groupe est terminé ou annulé.")
    _check_places(group, capacity, most, audience)
    if room is not None and room.site_id != group.site_id:
        raise Refused("Cette salle est dans un autre lieu.", "room")
    if any(person not in known for person in speakers):
        raise Refused("Cette personne n’intervient pas dans cette antenne.", "speakers")
    locked_means(room, speakers)
    group.capacity, group.most, group.audience = capacity, most, audience
    group.version += 1
    group.save()
    sessions = to_come(group)
    shared, led = common_room(sessions), common_speakers(sessions)
    for session in sessions:
        kept = session.room if room == shared else room
        wanted = {one.user for one in session.speakers.all() if one.user and one.user_id not in led}
        _hold_with(session, kept, wanted | set(speakers))
    trail.record("group_changed", by=by, target=group.uid)
    return group


def _check_places(group: Group, capacity: int, most: int, audience: str) -> None:
    if most < capacity:
        raise Refused("On convoque au moins autant de personnes qu’il y a de places.", "most")
    taken = seated(group)
    if most < taken:
        raise Refused(f"{taken} personnes sont déjà convoquées.", "most")
    sexes = SEXES_OF.get(Audience(audience))
    here = Enrolment.objects.filter(group=group, status__in=Enrolment.SEATED)
    if sexes is not None and here.exclude(participant__sex__in=sexes).exists():
        raise Refused("Des personnes déjà convoquées ne sont pas de ce public.", "audience")


def _hold_with(session: Session, room: Room | None, speakers: Collection) -> None:
    check_room(room, session.starts_at, session.minutes, session.pk)
    check_people(speakers, session.starts_at, session.minutes, session.pk)
    if session.room_id != (room.pk if room else None):
        session.room, session.version = room, session.version + 1
        session.save(update_fields=["room", "version"])
    before = {one.user_id for one in session.speakers.all() if one.user_id}
    wanted = {person.pk for person in speakers}
    session.speakers.filter(user_id__in=before - wanted).delete()
    Speaker.objects.bulk_create(
        Speaker(session=session, user_id=key, function=SpeakerFunction.OTHER)
        for key in wanted - before
    )
