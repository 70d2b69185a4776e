"""The sessions of a template as one types them, a line each, and back.

    J1 9h 3h : Cadre juridique (juriste) {code pénal} ; Cycle de la violence (psychologue)
    J1 13h30 3h30 : Stéréotypes de genre
    J6 17h 60min : Bilan (éducateur) [individuel]

« J1 » is the first day, « J6 » five working days later; then the hour, how long, the modules,
each with who speaks and, in braces, what is to be brought.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from maillage.core.calendar import add_working_days, is_working_day, public_holidays, short_date
from maillage.core.errors import Refused
from maillage.core.text import squash
from maillage.programme.groups.models import SpeakerFunction, Template

MOST_SESSIONS = 60
_LINE = re.compile(
    r"J\s*(\d{1,3})[ ,]+(\d{1,2})\s*h\s*(\d{2})?[ ,]+(?:(\d{1,2})\s*h\s*(\d{2})?|(\d{1,3})\s*min)"
    r"\s*:\s*(.+?)(\s*\[individuel\])?",
    re.IGNORECASE,
)
_MODULE = re.compile(r"(.+?)(?:\s*\(([^()]*)\))?(?:\s*\{([^{}]*)\})?")
_FUNCTIONS = {
    "juriste": SpeakerFunction.LAWYER,
    "psychologue": SpeakerFunction.PSYCHOLOGIST,
    "travailleursocial": SpeakerFunction.SOCIAL_WORKER,
    "educateur": SpeakerFunction.EDUCATOR,
    "delegueduprocureur": SpeakerFunction.PROSECUTOR_DELEGATE,
    "spip": SpeakerFunction.PROBATION,
    "addictions": SpeakerFunction.ADDICTION,
    "autre": SpeakerFunction.OTHER,
}
_WORDS = {
    SpeakerFunction.LAWYER: "juriste",
    SpeakerFunction.PSYCHOLOGIST: "psychologue",
    SpeakerFunction.SOCIAL_WORKER: "travailleur social",
    SpeakerFunction.EDUCATOR: "éducateur",
    SpeakerFunction.PROSECUTOR_DELEGATE: "délégué du procureur",
    SpeakerFunction.PROBATION: "SPIP",
    SpeakerFunction.ADDICTION: "addictions",
    SpeakerFunction.OTHER: "autre",
}


@dataclass(frozen=True)
class Module:
    title: str
    minutes: int
    speaker: str
    material: str = ""


@dataclass(frozen=True)
class Planned:
    """One session: `day` counts working days from the first, which is 1."""

    day: int
    at: time
    minutes: int
    modules: tuple[Module, ...]
    is_individual: bool = False


def read(text: str) -> list[Planned]:
    """The sessions in order; raises `Refused` with the line that is not understood."""
    found: list[Planned] = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        one = _read(line, number)
        if found and (one.day, one.at) <= (found[-1].day, found[-1].at):
            raise Refused(
                f"Ligne {number}\u00a0: cette séance est avant la précédente.", "sessions"
            )
        found.append(one)
    if not found or found[0].day != 1:
        raise Refused("La première séance est le premier jour\u00a0: J1.", "sessions")
    if len(found) > MOST_SESSIONS:
        raise Refused(f"Un modèle a {MOST_SESSIONS} séances au plus.", "sessions")
    return found


def _read(line: str, number: int) -> Planned:
    match = _LINE.fullmatch(line)
    if match is None:
        raise Refused(
            f"Ligne {number}\u00a0: écrivez par exemple «\u202fJ1 9h 3h : Cadre juridique "
            "(juriste)\u202f».",
            "sessions",
        )
    day, at_hour, at_minute, hours, rest, minutes, modules, individual = match.groups()
    length = int(minutes) if minutes else 60 * int(hours) + int(rest or 0)
    if int(at_hour) > 23 or int(at_minute or 0) > 59 or int(day) < 1:
        raise Refused(f"Ligne {number}\u00a0: cette heure n’existe pas.", "sessions")
    if not 15 <= length <= 600:
        raise Refused(
            f"Ligne {number}\u00a0: une séance dure de 15\u00a0min à 10\u00a0h.", "sessions"
        )
    titles = [part.strip() for part in modules.split(";") if part.strip()]
    share = length // len(titles)
    return Planned(
        int(day),
        time(int(at_hour), int(at_minute or 0)),
        length,
        tuple(_module(title, share, number) for title in titles),
        bool(individual),
    )


def _module(text: str, minutes: int, number: int) -> Module:
    match = _MODULE.fullmatch(text)
    assert match is not None
    title, speaker, material = match[1].strip(), match[2], (match[3] or "").strip()
    function = _FUNCTIONS.get(squash(speaker)) if speaker else SpeakerFunction.OTHER
    if function is None:
        known = ", ".join(_WORDS.values())
        raise Refused(f"Ligne {number}\u00a0: qui anime\u00a0? {known}.", "sessions")
    if len(title) > 120 or minutes < 5:
        raise Refused(f"Ligne {number}\u00a0: ce module est trop long ou trop court.", "sessions")
    if len(material) > 200 or set(title) & set("{}"):
        raise Refused(
            f"Ligne {number}\u00a0: les supports vont à la fin, entre accolades.", "sessions"
        )
    return Module(title, minutes, function.value, material)


def written(template: Template) -> str:
    """The sessions of a template as they are typed."""
    lines, day = [], 1
    for one in template.sessions.prefetch_related("modules"):
        day += one.gap
        modules = " ; ".join(
            f"{m.title} ({_WORDS[SpeakerFunction(m.speaker)]})"
            + (f" {{{m.material}}}" if m.material else "")
            for m in one.modules.all()
        )
        at = f"{one.starts_at.hour}h{one.starts_at.minute:02}".removesuffix("00")
        whole, rest = divmod(one.minutes, 60)
        length = f"{one.minutes}min" if not whole else f"{whole}h{rest:02}".removesuffix("00")
        mark = " [individuel]" if one.is_individual else ""
        lines.append(f"J{day} {at} {length} : {modules}{mark}")
    return "\n".join(lines)


def days(first: date, gaps: list[int]) -> list[date]:
    """The day of each session: `gaps` in working days, holidays left out; raises `Refused` where
    the first day is not worked."""
    if not is_working_day(first):
        raise Refused(f"Le {short_date(first)} n’est pas un jour ouvré.", "starts_on")
    found, day = [], first
    for gap in gaps:
        day = add_working_days(day, gap) if gap else day
        found.append(day)
    return found


def skipped(first: date, last: date) -> list[tuple[date, str]]:
    """The public holidays between two days, which no session is planned on."""
    found, day = [], first
    while day <= last:
        if name := public_holidays(day.year).get(day):
            found.append((day, name))
        day += timedelta(days=1)
    return found
