"""Figures as a French reader writes them: « 1 544 », « 73,4 % (401/546) »."""

from datetime import date

NARROW, NBSP = "\u202f", "\u00a0"
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_SPACES = {" :": f"{NBSP}:", " %": f"{NBSP}%"}
_SPACES |= {f" {mark}": f"{NARROW}{mark}" for mark in (";", "!", "?", "»")} | {"« ": f"«{NARROW}"}


def typeset(text: str) -> str:
    """The spaces that must not break, before : ; ! ? » % and after «."""
    for plain, hard in _SPACES.items():
        text = text.replace(plain, hard)
    return text


def number(value: int) -> str:
    return f"{value:,}".replace(",", NARROW)


def decimal(value: int, places: int) -> str:
    """« 9,2 » of 92 tenths."""
    units, rest = divmod(value, 10**places)
    return f"{number(units)},{rest:0{places}}" if places else number(units)


def count(value: int, one: str, many: str) -> str:
    """« 1 personne », « 546 personnes »: below two, French counts in the singular."""
    return f"{number(value)}{NBSP}{one if value < 2 else many}"


def tenths(part: int, whole: int) -> int:
    """Tenths of a percent, half up, in whole numbers so that no engine rounds its own way."""
    return (2000 * part + whole) // (2 * whole)


def percent(part: int, whole: int) -> str:
    """« 73,4 % »; nothing where there is no base."""
    if not whole:
        return ""
    units, decimal = divmod(tenths(part, whole), 10)
    return f"{number(units)},{decimal}{NBSP}%"


def rate(part: int, whole: int) -> str:
    """« 73,4 % (401/546) »: a percentage is never written without its base."""
    if not whole:
        return f"{number(part)} sur 0"
    return f"{percent(part, whole)} ({number(part)}/{number(whole)})"


def day(value: date) -> str:
    first = "1er" if value.day == 1 else str(value.day)
    return f"{first}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def listing(items: list[str]) -> str:
    """« Agde, Béziers et Sète »."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} et {items[-1]}"
