"""What each branch offers: courses, talk groups, a workshop, as the report tells (R71–R99).

Titles of modules are those of R72–R82; how many half-days APEX makes of its 12 h is ours.
"""

from dataclasses import dataclass
from datetime import time

MORNING, AFTERNOON = time(9), time(13, 30)
JUDICIAL_PRICE = 20_000  # cents (R71, I57); APEX and La Clède name no price


@dataclass(frozen=True, slots=True)
class Meeting:
    """One session of a template: `gap` in working days after the one before."""

    gap: int
    at: time
    minutes: int
    modules: tuple[tuple[str, str], ...]  # title, function of the speaker
    is_individual: bool = False


@dataclass(frozen=True, slots=True)
class Offering:
    """`led_by` are functions of the branch's worker and of a partner, with the partner's slug."""

    kind: str
    name: str
    audience: str
    capacity: int
    meetings: tuple[Meeting, ...]
    entry: str = "closed"
    smallest: int = 6
    is_priced: bool = False
    worker: str = "social_worker"
    partner: tuple[str, str] | None = None

    @property
    def minutes(self) -> int:
        return sum(meeting.minutes for meeting in self.meetings)


def _half_days(minutes: int, *modules: tuple[tuple[str, str], ...]) -> tuple[Meeting, ...]:
    """Two a day, on working days in a row."""
    return tuple(
        Meeting(
            gap=1 if number and number % 2 == 0 else 0,
            at=AFTERNOON if number % 2 else MORNING,
            minutes=minutes,
            modules=told,
        )
        for number, told in enumerate(modules)
    )


def _weekly(count: int, minutes: int, at: time, title: str, speaker: str) -> tuple[Meeting, ...]:
    return tuple(
        Meeting(gap=5 if number else 0, at=at, minutes=minutes, modules=((title, speaker),))
        for number in range(count)
    )


_SPEECH = "Temps de parole"
_COURSE_OF_FOUR = (
    (("Cadre juridique", "lawyer"),),
    (("Cycle de la violence", "psychologist"),),
    (("Stéréotypes de genre", "social_worker"),),
    (("Effets sur les enfants", "social_worker"), ("Bilan", "social_worker")),
)
_COURSE = "Stage de responsabilisation"
OFFERS: dict[str, tuple[Offering, ...]] = {
    "apex": (
        Offering(
            kind="course",
            name=_COURSE,
            audience="mixed",
            capacity=16,
            meetings=_half_days(180, *_COURSE_OF_FOUR),
            partner=("france-victimes-66", "psychologist"),
        ),
        Offering(
            kind="talk_group",
            name="Groupe de paroles",
            audience="men",
            capacity=8,
            smallest=3,
            entry="open",
            meetings=(
                *_weekly(20, 120, time(18), _SPEECH, "educator"),
                Meeting(5, time(17), 60, (("Bilan individuel", "educator"),), is_individual=True),
            ),
            worker="educator",
        ),
    ),
    "la-traverse": (
        Offering(
            kind="course",
            name=_COURSE,
            audience="mixed",
            capacity=12,
            meetings=_half_days(
                210,
                (("Cadre de loi", "prosecutor_delegate"),),
                (("Identifier les violences et les conflits", "lawyer"),),
                (("Identifier les stéréotypes entre hommes et femmes", "social_worker"),),
                (("Le parent", "social_worker"), ("Bilan et questionnaire", "educator")),
            ),
            is_priced=True,
            worker="educator",
            partner=("cidff", "lawyer"),
        ),
        Offering(
            kind="workshop",
            name="Atelier des émotions",
            audience="mixed",
            capacity=8,
            smallest=3,
            meetings=_weekly(6, 120, time(14), "Émotions", "educator"),
            worker="educator",
        ),
    ),
    "aers": (
        Offering(
            kind="course",
            name=_COURSE,
            audience="mixed",
            capacity=14,
            meetings=_half_days(210, *_COURSE_OF_FOUR),
            is_priced=True,
            partner=("cidff", "lawyer"),
        ),
        Offering(
            kind="socio_judicial",
            name="Groupe socio-judiciaire",
            audience="men",
            capacity=10,
            meetings=_weekly(8, 120, time(17, 30), _SPEECH, "social_worker"),
        ),
    ),
    "la-clede": (
        Offering(
            kind="course",
            name=_COURSE,
            audience="mixed",
            capacity=12,
            meetings=_half_days(210, *_COURSE_OF_FOUR),
        ),
        Offering(
            kind="talk_group",
            name="Groupe de parole",
            audience="men",
            capacity=8,
            smallest=3,
            entry="open",
            meetings=_weekly(15, 120, time(17, 30), _SPEECH, "psychologist"),
            worker="psychologist",
        ),
    ),
    "udaf-11": (
        Offering(
            kind="talk_group",
            name="Groupe de parole",
            audience="men",
            capacity=8,
            smallest=3,
            entry="open",
            meetings=_weekly(15, 120, time(17, 30), _SPEECH, "other"),
            partner=("kyatis", "other"),
        ),
    ),
    "via-voltaire": (
        Offering(
            kind="talk_group",
            name="Groupe de parole de Montpellier",
            audience="men",
            capacity=10,
            smallest=3,
            entry="slow",
            meetings=_weekly(20, 120, time(17, 30), _SPEECH, "psychologist"),
            worker="psychologist",
        ),
    ),
}


def offering(slug: str, kind: str) -> Offering | None:
    """What the branch offers of that kind; none where it offers none."""
    return next((one for one in OFFERS[slug] if one.kind == kind), None)
