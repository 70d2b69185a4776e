"""« Trouver de l’aide »: what, where, when. Everything is asked by POST, at one address."""

from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from maillage.portal import places
from maillage.portal.finding import Answer, Place, find
from maillage.portal.flood import SEARCHES
from maillage.portal.helplines import Line, lines_on
from maillage.portal.hours import WHENS
from maillage.portal.needs import Need, needs, understand
from maillage.portal.outline import draw
from maillage.portal.texts import FRENCH, LANGUAGES, languages, texts
from maillage.portal.views.common import page, public, slowed

LONGEST = 200


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database: the numbers are there when it is not."""
    return page("portal/home.html", **_frame(FRENCH), lines=lines_on(timezone.localdate()))


@public
@require_http_methods(["GET", "POST"])
def help_finder(request: HttpRequest, language: str = FRENCH) -> HttpResponse:
    """One question a page; nothing of the answers stands in the address."""
    if language not in LANGUAGES:
        raise Http404
    if request.method == "POST" and (wait := slowed(request, SEARCHES)):
        return wait
    need = needs().get(request.POST.get("need", ""))
    words = request.POST.get("words", "")[:LONGEST]
    if need is None:
        return _what(language, words)
    typed = request.POST.get("where", "")[:LONGEST]
    at = places.commune(request.POST.get("commune", "")) or places.the_one(typed)
    if at is None:
        return _where(language, need, typed, asked="where" in request.POST)
    when = request.POST.get("when", "")
    return _answer(language, need, at, when if when in WHENS else "now")


def _frame(language: str) -> dict[str, Any]:
    text = texts(language)
    return {
        "t": text["text"],
        "language": text,
        "languages": languages(),
        "needs": [(need, text["needs"][code]) for code, need in needs().items()],
    }


def _what(language: str, words: str) -> HttpResponse:
    understood = understand(words)
    frame = _frame(language)
    if understood:
        told = texts(language)["needs"]
        frame["needs"] = [(need, told[need.code]) for need in understood]
    lines = _lines(understood[0], None) if understood else []
    return page("portal/what.html", **frame, words=words, understood=understood, lines=lines)


def _where(language: str, need: Need, typed: str, asked: bool) -> HttpResponse:
    found = places.find(typed) if typed else []
    return page(
        "portal/where.html",
        **_frame(language),
        **_of_need(language, need),
        lines=_lines(need, None),
        typed=typed,
        found=found,
        missing=asked and not found,
    )


def _answer(language: str, need: Need, at: places.Commune, when: str) -> HttpResponse:
    now = timezone.localtime()
    answer, status = _found(need, at, when, now)
    ranked = list(enumerate(answer.all if answer else [], start=1))
    return page(
        "portal/results.html",
        status=status,
        **_frame(language),
        **_of_need(language, need),
        at=at,
        when=when,
        whens=WHENS,
        lines=_lines(need, at.department),
        answer=answer,
        wanted=ranked[: len(answer.places)] if answer else [],
        later=ranked[len(answer.places) :] if answer else [],
        map=_map(at, ranked),
        now=now,
    )


def _found(need: Need, at: places.Commune, when: str, now: datetime) -> tuple[Answer | None, int]:
    """Without its database the site still gives the lines, and says what is missing."""
    try:
        return find(need, at, when, now), 200
    except DatabaseError:
        return None, 503


def _map(at: places.Commune, ranked: list[tuple[int, Place]]):
    points = [(*place.point, rank) for rank, place in ranked if place.point]
    return draw(at.code, (at.latitude, at.longitude), points, at.department) if points else None


def _of_need(language: str, need: Need) -> dict[str, Any]:
    return {"need": need, "need_label": texts(language)["needs"][need.code]}


def _lines(need: Need, department: str | None) -> list[tuple[Line, bool | None, bool]]:
    """The lines of a need, each with whether it answers now and whether it is overdue."""
    now = timezone.localtime()
    known = lines_on(now.date())
    wanted = [known[code] for code in need.lines if code in known]
    wanted += [line for line in known.values() if line.near and line.reaches(department)]
    return [(line, line.is_open(now), line.is_overdue(now.date())) for line in wanted]
