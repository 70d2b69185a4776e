"""The columns of the lists that leave, those of the page and what it says beneath."""

from datetime import date
from typing import Any

from django.utils import timezone

from maillage.core.forms import show_phone
from maillage.network.vocabularies import MODULES
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.reading import outcome_words

FILE_NAMES = {"referrals": "orientations", "waiting_list": "liste-d-attente"}
_PERSON = ["Dossier", "Nom", "Prénom", "Date de naissance", "Âge"]
REFERRAL_HEADERS = [
    *_PERSON,
    "État",
    "Reçue le",
    "Limite",
    "Urgente",
    "Lieu",
    "Orienteur",
    "Structure",
    "Cadre juridique",
    "Terminée le",
    "Motif",
]
WAITING_HEADERS = [
    "Lieu",
    "Rang",
    *_PERSON,
    "Téléphone",
    "Urgente",
    "Reçue le",
    "Sur la liste depuis le",
    "Limite",
    "Limite dépassée",
    "Demandé",
    "Tentatives",
    "Dernière tentative",
    "Résultat",
]


def _person(participant: Participant) -> list[Any]:
    return [
        participant.reference,
        participant.last_name,
        participant.first_name,
        participant.birth_date or "inconnue",
        participant.age(),
    ]


def _limit(referral: Referral) -> date | None:
    return referral.wait_limit if referral.is_pending else None


def referral_cells(referral: Referral) -> list[Any]:
    return [
        *_person(referral.participant),
        referral.get_status_display(),
        referral.received_on,
        _limit(referral),
        referral.is_urgent,
        str(referral.site or ""),
        referral.get_referrer_category_display(),
        str(referral.referrer or ""),
        referral.get_legal_framework_display(),
        referral.ended_on,
        referral.get_return_reason_display(),
    ]


def waiting_cells(referral: Any, rank: int) -> list[Any]:
    """A row read with `reading.with_attempts`."""
    asked = [MODULES.label(module.code) for module in referral.requested_modules.all()]
    tried_at = referral.tried_at
    return [
        str(referral.site or ""),
        rank,
        *_person(referral.participant),
        show_phone(referral.participant.phone),
        referral.is_urgent,
        referral.received_on,
        referral.listed_on,
        _limit(referral),
        referral.is_late(),
        ", ".join(asked),
        referral.attempts,
        timezone.localdate(tried_at) if tried_at else None,
        outcome_words(referral.tried_outcome),
    ]
