"""The list of follow-ups, the same on the screen and in the file that leaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from maillage.network.vocabularies import EXIT_REASONS
from maillage.programme.episodes.models import Episode, EpisodeModule, EpisodeQuerySet


def _modules(episode: Any) -> str:
    """The modules that go on, or those that were followed once the person is out."""
    modules: list[EpisodeModule] = episode.followed
    shown = [m for m in modules if m.ends_on is None or not episode.is_open]
    return ", ".join(dict.fromkeys(module.get_code_display() for module in shown))


def _state(episode: Episode) -> str:
    if not episode.is_open:
        return EXIT_REASONS.label(episode.exit_reason)
    return "Sans contact récent" if episode.is_silent() else "En cours"


COLUMNS: tuple[tuple[str, Callable[[Episode], Any]], ...] = (
    ("Dossier", lambda e: e.participant.reference),
    ("Nom", lambda e: e.participant.last_name.upper()),
    ("Prénom", lambda e: e.participant.first_name),
    ("Âge", lambda e: e.participant.age()),
    ("Lieu", lambda e: e.site.name),
    ("Référent·e", lambda e: e.referent.name if e.referent else ""),
    ("Modules", _modules),
    ("Entrée", lambda e: e.entered_on),
    ("Dernier contact", lambda e: e.last_contact_on),
    ("Sortie", lambda e: e.exited_on),
    ("État", _state),
)


_READ = (
    *("entered_on", "exited_on", "exit_reason", "last_contact_on", "site__name", "referent__name"),
    *("participant__uid", "participant__reference", "participant__birth_date"),
    *("participant__last_name", "participant__first_name"),
)


def for_rows(episodes: EpisodeQuerySet) -> EpisodeQuerySet:
    """Everything a row tells, and nothing else: each sealed column costs its opening."""
    rows = episodes.select_related("participant", "site", "referent").only(*_READ)
    return rows.prefetch_related(Prefetch("modules", to_attr="followed"))


@dataclass(frozen=True)
class Line:
    """One row of the page."""

    episode: Episode

    @property
    def modules(self) -> str:
        return _modules(self.episode)

    @property
    def state(self) -> str:
        return _state(self.episode)


def headers() -> list[str]:
    return [header for header, _ in COLUMNS]


def rows(episodes: EpisodeQuerySet) -> Iterator[list[Any]]:
    """Every row of the list, some thousand at a time."""
    for episode in for_rows(episodes).iterator(chunk_size=1000):
        yield [value(episode) for _, value in COLUMNS]
