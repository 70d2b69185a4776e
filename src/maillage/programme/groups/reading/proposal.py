"""Who would be convened to a run, with the reasons of each choice and of each non-choice."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Max

from maillage.core.calendar import short_date
from maillage.programme.groups import planner
from maillage.programme.groups.models import Enrolment, Group, KeptApart
from maillage.programme.groups.reading.chances import circumstances_of, measured

HORIZON = (
    12  # later runs that are looked at, so that somebody may be kept for one that suits better
)


@dataclass
class Line:
    enrolment: Enrolment
    chance: float
    reasons: list[list[Any]]
    words: list[str]
    rank: int = 0
    is_chosen: bool = False
    can_be_chosen: bool = True
    attempts: int = 0
    tried_at: Any = None


@dataclass
class Proposal:
    group: Group
    lines: list[Line] = field(default_factory=list)
    expected: float = 0.0
    low: int = 0
    high: int = 0
    seated_chances: list[float] = field(default_factory=list)
    convened: int = 0  # before, of the branch
    came: int = 0

    @property
    def chosen(self) -> list[Line]:
        return [line for line in self.lines if line.is_chosen]

    @property
    def seated(self) -> int:
        return len(self.seated_chances)

    @property
    def seated_chance(self) -> float:
        return sum(self.seated_chances)

    @property
    def is_small(self) -> bool:
        return self.expected < self.group.template.smallest


def _day(told: str) -> str:
    return short_date(date.fromisoformat(told))


def in_words(reason: planner.Reason) -> str:
    """One coded reason as it is read."""
    code, *more = reason
    match code:
        case "limit_passed":
            return f"limite dépassée depuis le {_day(more[0])}"
        case "last_before_limit":
            return f"dernière session avant sa limite du {_day(more[0])}"
        case "returned":
            return "renvoi par la justice"
        case "urgent":
            return "urgence"
        case "arrival":
            return f"{more[0]}ᵉ dans l’ordre d’arrivée" if more[0] > 1 else "première arrivée"
        case "women":
            return "session réservée aux femmes"
        case "own_site":
            return "attend à ce lieu"
        case "interpreter":
            return "interprète à prévoir"
        case "audience":
            return "session réservée aux femmes" if more[0] == "women" else "réservée aux hommes"
        case "postponed_until":
            return f"report demandé, pas avant le {_day(more[0])}"
        case "women_run":
            return f"une session pour les femmes a lieu le {_day(more[0])}"
        case "nearer_run":
            return f"une session a lieu à son lieu d’attente le {_day(more[0])}"
        case "too_far":
            return "sans transport jusqu’à ce lieu"
        case "apart":
            return "ne peut pas être avec une personne déjà retenue"
        case "full":
            return f"plus de place\u00a0: {more[0]}ᵉ dans l’ordre d’arrivée"
        case "by_hand":
            return "choix fait à la main"
        case _:
            return "aucune session ne lui convient"


def _apart(organisation_id: int) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    pairs = KeptApart.objects.filter(organisation_id=organisation_id).values_list("one", "other")
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def _waiting(one: Enrolment, chance: float, apart: set[int]) -> planner.Waiting:
    return planner.Waiting(
        key=one.participant_id,
        asked_on=one.asked_on,
        limit_on=one.referral.wait_limit,
        sex=one.participant.sex,
        is_urgent=one.referral.is_urgent,
        is_returned=one.is_returned_by_court,
        not_before=one.not_before,
        apart=frozenset(apart),
        site=one.referral.site_id,
        stays_near=one.stays_near,
        needs_interpreter=bool(one.participant.language),
        shows=chance,
    )


def _run(group: Group, seated: dict[int, float]) -> planner.Run:
    return planner.Run(
        key=group.pk,
        starts_on=group.starts_on,
        capacity=group.capacity,
        smallest=group.template.smallest,
        most=group.limit,
        audience=group.audience,
        site=group.site_id,
        seated=seated,
    )


def propose(group: Group, by) -> Proposal:
    """In a fixed number of queries; nothing is written."""
    kind = group.template.offer.kind
    listed = list(
        Enrolment.objects.visible_to(by)
        .filter(kind=kind)
        .to_convene()
        .select_related("participant", "referral__site")
        .annotate(
            n_attempts=Count("referral__contact_attempts"),
            tried=Max("referral__contact_attempts__at"),
        )
        .order_by("asked_on", "pk")
    )
    known, which = measured(group.organisation_id), circumstances_of(listed)
    seated = {
        pk: known.chance("first_time")
        for pk in Enrolment.objects.filter(group=group, status__in=Enrolment.SEATED).values_list(
            "participant", flat=True
        )
    }
    apart = _apart(group.organisation_id)
    waiting = [
        _waiting(one, known.chance(which[one.pk]), apart.get(one.participant_id, set()))
        for one in listed
    ]
    later = (
        Group.objects.visible_to(by)
        .open()
        .filter(template__offer__kind=kind, starts_on__gt=group.starts_on)
        .select_related("template__offer")
        .order_by("starts_on")[:HORIZON]
    )
    plan = planner.propose(waiting, [_run(group, seated), *(_run(other, {}) for other in later)])
    first = plan.runs[0]
    chosen = {choice.waiting.key: choice for choice in first.choices}
    told = Proposal(
        group,
        expected=first.expected,
        low=first.low,
        high=first.high,
        seated_chances=list(seated.values()),
        convened=known.convened,
        came=known.came,
    )
    for one, person in zip(listed, waiting, strict=True):
        choice = chosen.get(person.key)
        reasons = choice.reasons if choice else plan.first_left[person.key]
        told.lines.append(
            Line(
                enrolment=one,
                chance=person.shows,
                reasons=[list(reason) for reason in reasons],
                words=[in_words(reason) for reason in reasons],
                rank=choice.rank if choice else 0,
                is_chosen=choice is not None,
                can_be_chosen=not any(reason[0] in ("audience",) for reason in reasons),
                attempts=one.n_attempts,
                tried_at=one.tried,
            )
        )
    told.lines.sort(key=lambda line: (not line.is_chosen, line.rank, line.enrolment.asked_on))
    return told
