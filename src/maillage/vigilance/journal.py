"""The trail of one file in words: what was done, who looked, how often, never a person's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.roles import Role
from maillage.programme.episodes.reading.journal import PROTECTION, VERBS
from maillage.programme.fees import journal as fees
from maillage.programme.groups.reading import journal as groups
from maillage.programme.questionnaires import journal as questionnaires
from maillage.programme.reminders import journal as reminders
from maillage.vigilance.rules import midnight

PAGE = 50
OWN_VERBS = {
    "alert_explained": "Alerte expliquée",
    "alert_passed_on": "Alerte transmise",
    "trail_exported": "Journal exporté",
    "trail_extracted": "Extrait du journal préparé pour la personne",
}
SUPPORT_VERBS = {
    "beneficiary_closed": "Dossier clos",
    "beneficiary_registered": "Dossier ouvert à l’accueil",
    "beneficiary_reopened": "Dossier rouvert",
    "beneficiary_updated": "Identité ou accueil modifié",
    "contact_recorded": "Contact noté",
    "household_member_added": "Personne du foyer ajoutée",
    "household_member_removed": "Personne du foyer retirée",
    "needs_changed": "Besoins mis à jour",
    "safe_contact_plan_changed": "Contact sûr revu",
}
WORDS = (
    VERBS
    | groups.VERBS
    | fees.VERBS
    | reminders.VERBS
    | questionnaires.VERBS
    | PROTECTION
    | SUPPORT_VERBS
    | OWN_VERBS
)
READS = (
    {
        "act": "Formulaire d’un acte ouvert",
        "assessment": "Évaluation ouverte",
        "beneficiaries": "Liste des personnes",
        "beneficiaries_export": "Export de la liste des personnes",
        "callback": "Demande de rappel ouverte",
        "callbacks": "Liste des demandes de rappel",
        "decision": "Décision préparée",
        "duplicates": "Doublons possibles montrés",
        "document": "Pièce lue",
        "file": "Dossier ouvert",
        "rights_copy": "Copie du dossier lue",
        "file_trail": "Journal consulté",
        "files": "Liste des dossiers",
        "files_export": "Export des dossiers",
        "identity": "Identité ouverte",
        "protection": "Dossiers protégés listés",
        "referral": "Orientation ouverte",
        "referrals": "Liste des orientations",
        "referrals_export": "Export des orientations",
        "refused": "Page refusée",
        "report_cell": "Dossiers d’un chiffre",
        "retention": "Dossiers à effacer listés",
        "search": "Recherche",
        "signed_in": "Ouverture de session",
        "today": "Page du jour",
        "trail_extract": "Extrait du journal préparé",
        "waiting_list": "Liste d’attente",
        "waiting_list_export": "Export de la liste d’attente",
    }
    | groups.READS
    | fees.READS
    | reminders.READS
)
ACTS, LOOKS = "actes", "lectures"


def words_of_act(verb: str) -> str:
    return WORDS.get(verb, verb)


def words_of_read(what: str) -> str:
    return READS.get(what, what)


def role_name(role: str) -> str:
    return str(Role(role).label) if role in Role.values else ""


@dataclass(frozen=True)
class Entry:
    at: datetime
    what: str
    who: str
    role: str


@dataclass(frozen=True)
class Visitor:
    """One person under one role: how often they looked and acted, and between which moments."""

    key: int | None
    who: str
    role: str
    looks: int
    acts: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Journal:
    """One page of each of the two trails, and who stands in them."""

    acts: list[Entry]
    reads: list[Entry]
    visitors: list[Visitor]
    page: int
    has_older: bool

    @property
    def newer(self) -> int:
        return self.page - 1

    @property
    def older(self) -> int:
        return self.page + 1


def _who(name: str | None) -> str:
    return name or "Commande du serveur"


def _entry(found: Any, what: str) -> Entry:
    return Entry(found.at, what, _who(found.by.name if found.by else None), role_name(found.role))


class FileTrail:
    """What the membership's own organisation and side did with one file, as it was narrowed."""

    def __init__(self, uid: str, *, by, asked: dict[str, Any] | None = None):
        asked = asked or {}
        mine = Q(organisation=by.organisation_slug, side=by.side, file=uid)
        self._all = mine
        if since := asked.get("since"):
            mine &= Q(at__gte=midnight(since))
        if until := asked.get("until"):
            mine &= Q(at__lt=midnight(until + timedelta(days=1)))
        if who := asked.get("who"):
            mine &= Q(by=who)
        self._mine, self._kind = mine, asked.get("kind", "")

    def acts(self) -> QuerySet[TrailEntry]:
        found = TrailEntry.objects.filter(self._mine).select_related("by").order_by("-id")
        return found.none() if self._kind == LOOKS else found

    def reads(self) -> QuerySet[ReadEntry]:
        found = ReadEntry.objects.filter(self._mine).select_related("by").order_by("-id")
        return found.none() if self._kind == ACTS else found

    def journal(self, page: int = 1) -> Journal:
        start, end = (page - 1) * PAGE, page * PAGE + 1
        done = [_entry(each, words_of_act(each.verb)) for each in self.acts()[start:end]]
        looks = [_entry(each, words_of_read(each.what)) for each in self.reads()[start:end]]
        has_older = max(len(done), len(looks)) > PAGE
        return Journal(done[:PAGE], looks[:PAGE], self.visitors(), page, has_older)

    def visitors(self) -> list[Visitor]:
        """Everybody who stands in this trail, whatever it is narrowed to, the last one first."""
        found: dict[tuple, dict[str, Any]] = {}
        for model, what in ((ReadEntry, "looks"), (TrailEntry, "acts")):
            people = model.objects.filter(self._all).values("by_id", "by__name", "role")
            counted = people.annotate(n=Count("id"), first=Min("at"), last=Max("at")).order_by()
            for row in counted:
                known = found.setdefault((row["by_id"], _who(row["by__name"]), row["role"]), {})
                known[what] = row["n"]
                known["first"] = min(known.get("first", row["first"]), row["first"])
                known["last"] = max(known.get("last", row["last"]), row["last"])
        visitors = [
            Visitor(key, who, role_name(role), **({"looks": 0, "acts": 0} | told))
            for (key, who, role), told in found.items()
        ]
        return sorted(visitors, key=lambda each: each.last, reverse=True)

    def rows(self) -> Iterator[list[Any]]:
        """Every entry as it is exported, newest first."""
        both = [("Acte", _entry(each, words_of_act(each.verb))) for each in self.acts()]
        both += [("Lecture", _entry(each, words_of_read(each.what))) for each in self.reads()]
        for kind, entry in sorted(both, key=lambda row: row[1].at, reverse=True):
            yield [entry.at, kind, entry.what, entry.who, entry.role]
