"""The trail of one file in words: what was done, who looked, never a person's name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.roles import Role

PAGE = 50
VERBS = {
    "appointment_cancelled": "Rendez-vous annulé",
    "appointment_corrected": "Rendez-vous remis à noter",
    "appointment_excused": "Absence excusée",
    "appointment_kept": "Rendez-vous honoré",
    "appointment_missed": "Absence",
    "appointment_planned": "Rendez-vous fixé",
    "appointment_postponed": "Rendez-vous reporté",
    "assessment_due": "Évaluation à mener",
    "assessment_recorded": "Évaluation notée",
    "contact_attempted": "Appel ou courrier noté",
    "document_added": "Pièce ajoutée",
    "document_removed": "Pièce retirée",
    "episode_exit_cancelled": "Sortie annulée",
    "episode_exited": "Fin du suivi",
    "follow_ups_imported": "Suivis importés",
    "identity_updated": "Identité modifiée",
    "module_ended": "Module terminé",
    "module_started": "Module commencé",
    "note_written": "Note écrite",
    "referent_changed": "Référent·e changé·e",
    "referral_accepted": "Début du suivi",
    "referral_closed": "Orientation close sans entrée",
    "referral_received_from_branch": "Orientation reçue d’une autre antenne",
    "referral_redirected": "Orientation transmise à une autre antenne",
    "referral_registered": "Orientation enregistrée",
    "referral_reopened": "Orientation rouverte",
    "referral_returned": "Orientation retournée à l’orienteur",
    "referral_updated": "Orientation modifiée",
    "referral_waiting": "Inscription sur la liste d’attente",
    "situation_changed": "Changement de situation",
}
READS = {"document": "Pièce lue", "file": "Dossier ouvert", "file_trail": "Journal consulté"}


@dataclass(frozen=True)
class Entry:
    at: datetime
    what: str
    who: str
    role: str


@dataclass(frozen=True)
class Journal:
    """One page of each of the two trails."""

    acts: list[Entry]
    reads: list[Entry]
    page: int
    has_older: bool

    @property
    def newer(self) -> int:
        return self.page - 1

    @property
    def older(self) -> int:
        return self.page + 1


def _entry(found: Any, what: str) -> Entry:
    who = found.by.name if found.by else "Commande du serveur"
    role = Role(found.role).label if found.role in Role.values else ""
    return Entry(found.at, what, who, role)


def read_journal(uid: str, *, by, page: int = 1) -> Journal:
    """What the membership's own organisation did with a file, newest first, in two queries."""
    start, end = (page - 1) * PAGE, page * PAGE + 1
    mine = {"organisation": by.organisation_slug, "side": by.side, "file": uid}
    acts = TrailEntry.objects.filter(**mine).select_related("by").order_by("-id")[start:end]
    reads = ReadEntry.objects.filter(**mine).select_related("by").order_by("-id")[start:end]
    done = [_entry(each, VERBS.get(each.verb, each.verb)) for each in acts]
    looks = [_entry(each, READS.get(each.what, each.what)) for each in reads]
    return Journal(done[:PAGE], looks[:PAGE], page, max(len(done), len(looks)) > PAGE)
