"""Pages that say something and ask nothing: scales, traces, easy reading, for professionals."""

import tomllib
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from maillage.network.vocabularies import MODULES
from maillage.portal.helplines import lines_on
from maillage.portal.views.common import page, public

_DATA = Path(__file__).resolve().parents[1] / "data"


@lru_cache(maxsize=4)
def _read(name: str) -> dict:
    with (_DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@public
@require_safe
def scales(request: HttpRequest) -> HttpResponse:
    return page("portal/scales.html", scales=_read("scales")["scale"])


@public
@require_safe
def scale(request: HttpRequest, uid: str) -> HttpResponse:
    """A scale to read; with a script, to fill in too. Nothing of it is ever sent."""
    shown = next((each for each in _read("scales")["scale"] if each["uid"] == uid), None)
    if shown is None:
        raise Http404
    zones = [[s for s in shown["statement"] if s["zone"] == n] for n in range(3)]
    asked = [each for each in shown["statement"] if "asks" in each]
    lines = lines_on(timezone.localdate())
    return page("portal/scale.html", scale=shown, zones=zones, asked=asked, lines=lines)


@public
@require_safe
def traces(request: HttpRequest) -> HttpResponse:
    return page("portal/traces.html")


@public
@require_safe
def easy(request: HttpRequest, code: str) -> HttpResponse:
    pages = _read("easy")["page"]
    shown = next((each for each in pages if each["code"] == code), None)
    if shown is None:
        raise Http404
    return page("portal/easy.html", shown=shown, pages=pages)


@public
@require_safe
def professionals(request: HttpRequest) -> HttpResponse:
    """The whole offer, and which part of it a situation calls for."""
    today = timezone.localdate()
    labels = {term.code: term.label for term in MODULES.terms if term.is_valid_on(today)}
    situations = [
        each | {"labels": [labels[code] for code in each["modules"] if code in labels]}
        for each in _read("situations")["situation"]
    ]
    offered = [term for term in MODULES.terms if term.code in labels]
    return page("portal/professionals.html", situations=situations, modules=offered)
