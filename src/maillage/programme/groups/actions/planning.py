"""Offers, templates and runs: planned over working days, moved, cancelled; nothing taken twice."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.calendar import add_working_days, is_working_day
from maillage.core.errors import Refused
from maillage.network.models import Organisation, Site
from maillage.programme.episodes.actions.follow import practitioners
from maillage.programme.groups import access
from maillage.programme.groups.actions.means import check_people, check_room, locked_means
from maillage.programme.groups.actions.steps import locked_enrolment, locked_group, step
from maillage.programme.groups.models import (
    Enrolment,
    Group,
    Offer,
    Price,
    Room,
    Session,
    SessionModule,
    SessionMove,
    Speaker,
    SpeakerFunction,
    Template,
    TemplateModule,
    TemplateSession,
)
from maillage.programme.groups.programme import Planned, days

_NONE = 0  # the key of no session


def _locked_organisation(by) -> Organisation:
    return Organisation.objects.select_for_update(of=("self",), no_key=True).get(
        pk=by.organisation_id
    )


@transaction.atomic
def describe_offer(
    *, by, offer: Offer | None, kind: str, name: str, entry: str, audience: str, is_current: bool
) -> Offer:
    """A new offer, or the same under another name, for another public, or no longer proposed."""
    access.check_can_offer(by)
    _locked_organisation(by)
    same = Offer.objects.filter(organisation=by.organisation_id, name__iexact=name.strip())
    others = same if offer is None else same.exclude(pk=offer.pk)
    if others.exists():
        raise Refused("Une offre porte déjà ce nom.", "name")
    if offer is None:
        offer = Offer(organisation_id=by.organisation_id, kind=kind)
    else:
        offer = (
            Offer.objects.visible_to(by)
            .select_for_update(of=("self",), no_key=True)
            .get(pk=offer.pk)
        )
        offer.version += 1
    offer.name, offer.entry, offer.audience = name.strip(), entry, audience
    offer.is_current = is_current
    offer.save()
    trail.record("offer_described", by=by, target=offer.uid)
    return offer


@transaction.atomic
def write_template(
    *,
    by,
    offer: Offer,
    planned: Sequence[Planned],
    capacity: int,
    smallest: int,
    required_minutes: int,
    instalments: int,
    prices: Mapping[str, int],
) -> Template:
    """The next version of how an offer is held; groups that were planned keep theirs."""
    access.check_can_offer(by)
    offer = (
        Offer.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=offer.pk)
    )
    if smallest > capacity:
        raise Refused("L’effectif minimal dépasse les places.", "smallest")
    if required_minutes > sum(one.minutes for one in planned):
        raise Refused("La durée demandée dépasse celle des séances.", "required_minutes")
    last = offer.templates.order_by("-number").values_list("number", flat=True).first() or 0
    made = Template.objects.create(
        offer=offer,
        number=last + 1,
        capacity=capacity,
        smallest=smallest,
        instalments=instalments,
        required_minutes=required_minutes,
        by=by.user,
    )
    before = 1
    for number, one in enumerate(planned, 1):
        session = TemplateSession.objects.create(
            template=made,
            number=number,
            gap=one.day - before,
            starts_at=one.at,
            minutes=one.minutes,
            is_individual=one.is_individual,
        )
        before = one.day
        TemplateModule.objects.bulk_create(
            TemplateModule(
                session=session,
                number=rank,
                title=module.title,
                minutes=module.minutes,
                speaker=module.speaker,
                material=module.material,
            )
            for rank, module in enumerate(one.modules, 1)
        )
    Price.objects.bulk_create(
        Price(template=made, legal_framework=code, cents=cents) for code, cents in prices.items()
    )
    trail.record("template_written", by=by, target=offer.uid, version=made.number)
    return made


@transaction.atomic
def plan_group(
    *,
    by,
    template: Template,
    site: Site,
    starts_on: date,
    capacity: int,
    most: int,
    audience: str,
    room: Room | None = None,
    speakers: Sequence = (),
) -> Group:
    """A run from a template over working days; `Refused` where a room or somebody is taken."""
    access.check_can_plan(by)
    template = Template.objects.select_related("offer").get(
        pk=template.pk, offer__in=Offer.objects.visible_to(by)
    )
    if site.organisation_id != by.organisation_id:
        raise Refused("Ce lieu n’est pas de votre organisation.", "site")
    if room is not None and room.site_id != site.pk:
        raise Refused("Cette salle est dans un autre lieu.", "room")
    if most < capacity:
        raise Refused("On convoque au moins autant de personnes qu’il y a de places.", "most")
    known = practitioners(by.organisation_id)
    if any(person not in known for person in speakers):
        raise Refused("Cette personne n’intervient pas dans cette antenne.", "speakers")
    _locked_organisation(by)
    locked_means(room, speakers)
    plan = list(template.sessions.prefetch_related("modules"))
    held_on = days(starts_on, [one.gap for one in plan])
    group = Group.objects.create(
        organisation_id=by.organisation_id,
        template=template,
        site=site,
        number=_next_number(by.organisation_id, starts_on.year),
        audience=audience,
        capacity=capacity,
        most=most,
        starts_on=held_on[0],
        ends_on=held_on[-1],
    )
    for one, day in zip(plan, held_on, strict=True):
        at = timezone.make_aware(datetime.combine(day, one.starts_at))
        check_room(room, at, one.minutes, _NONE)
        check_people(speakers, at, one.minutes, _NONE)
        session = Session.objects.create(
            group=group,
            number=one.number,
            starts_at=at,
            minutes=one.minutes,
            room=room,
            is_individual=one.is_individual,
        )
        SessionModule.objects.bulk_create(
            SessionModule(session=session, number=m.number, title=m.title, minutes=m.minutes)
            for m in one.modules.all()
        )
        Speaker.objects.bulk_create(
            Speaker(session=session, user=person, function=SpeakerFunction.OTHER)
            for person in speakers
        )
    trail.record("group_planned", by=by, target=group.uid)
    return group


def _next_number(organisation_id: int, year: int) -> str:
    """« 2026-07 »; whoever asks holds the organisation's row."""
    known = Group.objects.filter(organisation=organisation_id, number__begins=f"{year}-")
    ranks = [int(number.split("-")[1]) for number in known.values_list("number", flat=True)]
    return f"{year}-{max(ranks, default=0) + 1:02}"


@transaction.atomic
def move_session(
    *, by, session: Session, starts_at: datetime, with_following: bool = False
) -> list[Session]:
    """This one, or this and all that follow by as many days; when each was to be is kept."""
    access.check_can_plan(by)
    group = locked_group(session.group, by)
    if group.status != Group.Status.PLANNED:
        raise Refused("Ce groupe est terminé ou annulé.")
    rows = group.sessions.select_for_update(of=("self",), no_key=True).filter(is_cancelled=False)
    moving = [one for one in rows if one.pk == session.pk]
    if not moving or moving[0].held_at is not None:
        raise Refused("Cette séance est déjà tenue.")
    if starts_at <= timezone.now():
        raise Refused("La nouvelle date est dans le futur.", "starts_at")
    shift = timezone.localdate(starts_at) - moving[0].day
    if with_following:
        moving += [one for one in rows if one.number > session.number and one.held_at is None]
    for one in moving:
        people = [s.user for s in one.speakers.select_related("user") if s.user_id]
        locked_means(one.room, people)
        was = one.starts_at
        one.starts_at = starts_at if one.pk == session.pk else _shifted(was, shift)
        check_room(one.room, one.starts_at, one.minutes, one.pk)
        check_people(people, one.starts_at, one.minutes, one.pk)
        one.version += 1
        one.save(update_fields=["starts_at", "version"])
        SessionMove.objects.create(session=one, was_at=was, by=by.user)
    held = sorted(one.day for one in group.sessions.filter(is_cancelled=False))
    group.starts_on, group.ends_on, group.version = held[0], held[-1], group.version + 1
    group.save()
    trail.record("session_moved", by=by, target=group.uid, sessions=len(moving))
    return moving


def _shifted(was: datetime, by_days: timedelta) -> datetime:
    """As many days later at the same hour on the clock, on a worked day."""
    local = timezone.localtime(was)
    day = local.date() + by_days
    day = day if is_working_day(day) else add_working_days(day, 1)
    return timezone.make_aware(datetime.combine(day, local.time()))


@transaction.atomic
def cancel_group(*, by, group: Group, reason: str) -> Group:
    """Everybody who sat there goes back to the list; raises `Refused` once somebody came."""
    access.check_can_plan(by)
    group = locked_group(group, by)
    if not group.can("cancel"):
        raise Refused("Ce groupe est déjà terminé ou annulé.")
    if not reason.strip():
        raise Refused("Dites pourquoi.", "reason")
    seated = Enrolment.objects.filter(group=group, status__in=Enrolment.SEATED)
    if seated.filter(status=Enrolment.Status.ATTENDING).exists():
        raise Refused("Des personnes ont commencé ce groupe\u00a0: il ne s’annule plus.")
    if seated.count() != Enrolment.objects.visible_to(by).filter(pk__in=seated).count():
        raise Refused("Une personne que vous ne pouvez pas voir y est convoquée.")
    for one in seated.order_by("pk"):
        step(locked_enrolment(one, by), "withdraw", by=by, reason="Session annulée")
    group.move("cancel")
    group.cancelled_because = reason.strip()
    group.version += 1
    group.save()
    trail.record("group_cancelled", by=by, target=group.uid)
    return group


@transaction.atomic
def add_room(*, by, site: Site, name: str, seats: int) -> Room:
    access.check_can_plan(by)
    if site.organisation_id != by.organisation_id:
        raise Refused("Ce lieu n’est pas de votre organisation.", "site")
    if Room.objects.filter(site=site, name__iexact=name.strip()).exists():
        raise Refused("Cette salle existe déjà.", "name")
    room = Room.objects.create(
        organisation_id=by.organisation_id, site=site, name=name.strip(), seats=seats
    )
    trail.record("room_added", by=by, room=room.pk)
    return room
