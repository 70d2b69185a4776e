"""Stores the rows of a follow-up spreadsheet, whole or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from maillage.core import trail, vault
from maillage.core.bulk import insert_rows, refresh_statistics
from maillage.network.models import Organisation, Site
from maillage.programme.episodes.followups.parse import Row, RowError, overlaps
from maillage.programme.episodes.models import Episode, EpisodeModule
from maillage.programme.intake import names
from maillage.programme.intake.models import NameKey, Participant, Referral, RequestedModule

BATCH = 500
MANY = 1000  # rows after which a database must look at its tables again
IDENTITY = {
    "last_name": "nom",
    "first_name": "prenom",
    "birth_date": "date_naissance",
    "sex": "sexe",
    "town": "commune",
}


class RowsRefused(Exception):
    """What is stored contradicts the file; nothing was written."""

    def __init__(self, errors: list[RowError]):
        super().__init__(f"{len(errors)} erreur(s)")
        self.errors = errors


@dataclass
class Outcome:
    """How many persons and episodes were new, changed or already so."""

    persons_created: int = 0
    persons_updated: int = 0
    episodes_created: int = 0
    episodes_updated: int = 0
    episodes_unchanged: int = 0


@dataclass
class _Changes:
    created: list = field(default_factory=list)
    updated: list = field(default_factory=list)


@transaction.atomic
def store(
    rows: Sequence[Row], *, organisation: Organisation, by, dry_run: bool = False, **source: Any
) -> Outcome:
    """Adds and updates by (dossier, episode), or only says what it would do.

    Raises `RowsRefused` when stored episodes overlap or when recorded work hangs on an entry that
    the file takes away.
    """
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)
    outcome = Outcome()
    people = _store_people(rows, organisation, outcome)
    _store_episodes(rows, organisation, people, outcome)
    trail.record(
        "follow_ups_imported",
        by=by,
        persons_created=outcome.persons_created,
        persons_updated=outcome.persons_updated,
        episodes_created=outcome.episodes_created,
        episodes_updated=outcome.episodes_updated,
        episodes_unchanged=outcome.episodes_unchanged,
        **source,
    )
    if len(rows) >= MANY:
        refresh_statistics(Participant, NameKey, Referral, RequestedModule, Episode, EpisodeModule)
    transaction.set_rollback(dry_run)
    return outcome


def _chunks(items: Sequence, size: int = BATCH) -> Iterable[Sequence]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _known_people(references: list[str], organisation: Organisation) -> dict[str, Participant]:
    known = Participant.objects.filter(organisation=organisation)
    if not known.exists():
        return {}
    return {
        participant.reference: participant
        for chunk in _chunks(references)
        for participant in known.filter(reference__in=chunk)
    }


def _identities(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """What the file says of each person; the latest row that says something is right."""
    identities: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda r: (r.date_orientation, r.episode)):
        told = identities.setdefault(row.dossier, {})
        for attribute, column in IDENTITY.items():
            if value := getattr(row, column):
                told[attribute] = value
    return identities


def _store_people(
    rows: Sequence[Row], organisation: Organisation, outcome: Outcome
) -> dict[str, Participant]:
    identities = _identities(rows)
    known = _known_people(list(identities), organisation)
    people, renamed = _Changes(), []
    for reference, told in identities.items():
        participant = known.get(reference)
        if participant is None:
            people.created.append(
                Participant(organisation=organisation, reference=reference, **told)
            )
            continue
        changed = {k for k, value in told.items() if getattr(participant, k) != value}
        if changed:
            for attribute in changed:
                setattr(participant, attribute, told[attribute])
            participant.version += 1
            people.updated.append(participant)
            if changed & {"last_name", "first_name", "birth_date"}:
                renamed.append(participant)
    Participant.objects.bulk_create(people.created, batch_size=BATCH)
    vault.bulk_update(people.updated, [*IDENTITY, "version"], batch_size=BATCH)
    insert_rows(
        NameKey._meta.db_table,
        ("participant_id", "digest"),
        (
            (person.pk, digest)
            for person in people.created
            for digest in names.digests(
                organisation.pk, person.last_name, person.first_name, person.birth_date
            )
        ),
    )
    for participant in renamed:
        names.index(participant)
    outcome.persons_created = len(people.created)
    outcome.persons_updated = len(people.updated)
    return known | {person.reference: person for person in people.created}


def _stored_referrals(people: Iterable[Participant]) -> dict[tuple[int, int], Referral]:
    keys = [person.pk for person in people]
    return {
        (referral.participant_id, referral.number): referral
        for chunk in _chunks(keys)
        for referral in Referral.objects.filter(participant__in=chunk)
        .select_related("episode")
        .prefetch_related("episode__modules", "requested_modules")
    }


def _episode_of(referral: Referral) -> Episode | None:
    return getattr(referral, "episode", None)


def _referral_values(row: Row, sites: dict[str, Site]) -> dict[str, Any]:
    return {
        "received_on": row.date_orientation,
        "referrer_category": row.prescripteur,
        "legal_framework": row.cadre,
        "care_obligation": row.obligation_soins,
        "marital_status": row.situation_conjugale,
        "employment": row.situation_professionnelle,
        "resources": row.ressources,
        "site_id": sites[row.lieu].pk if row.lieu else None,
    }


def _store_episodes(
    rows: Sequence[Row],
    organisation: Organisation,
    people: dict[str, Participant],
    outcome: Outcome,
) -> None:
    sites = {site.slug: site for site in organisation.sites.all()}
    is_fresh = outcome.persons_created == len(people)
    stored = {} if is_fresh else _stored_referrals(people.values())
    _refuse_contradictions(rows, people, stored)
    referrals, episodes, gone = _Changes(), _Changes(), []
    touched: list[tuple[Row, Referral]] = []
    for row in rows:
        person = people[row.dossier]
        values = _referral_values(row, sites)
        referral = stored.get((person.pk, row.episode))
        if referral is None:
            referral = Referral(
                organisation=organisation, participant=person, number=row.episode, **values
            )
            referral.status = _status(row, referral)
            referrals.created.append(referral)
        elif not _differs(referral, row, values):
            outcome.episodes_unchanged += 1
            continue
        else:
            for attribute, value in values.items():
                setattr(referral, attribute, value)
            referral.status = _status(row, referral)
            if row.date_entree:
                referral.ended_on, referral.return_reason = None, ""
            referral.version += 1
            referrals.updated.append(referral)
        touched.append((row, referral))
    Referral.objects.bulk_create(referrals.created, batch_size=BATCH)
    Referral.objects.bulk_update(
        referrals.updated,
        [*_referral_fields(), "status", "ended_on", "return_reason", "version"],
        batch_size=BATCH,
    )
    fresh = {id(referral) for referral in referrals.created}
    for row, referral in touched:
        episode = None if id(referral) in fresh else _episode_of(referral)
        if row.date_entree is None:
            if episode is not None:
                gone.append(episode.pk)
        elif episode is None:
            episodes.created.append(_new_episode(row, referral, sites))
        else:
            _update_episode(episode, row, sites)
            episodes.updated.append(episode)
    for chunk in _chunks(gone):
        Episode.objects.filter(pk__in=chunk).delete()
    episodes.updated.sort(key=lambda e: e.exited_on is None)  # one open at a time, at every moment
    for chunk in _chunks(episodes.updated, 1):
        Episode.objects.bulk_update(
            chunk,
            ["entered_on", "exited_on", "exit_reason", "site", "last_contact_on", "version"],
        )
    Episode.objects.bulk_create(episodes.created, batch_size=BATCH)
    _store_modules(touched, fresh)
    outcome.episodes_created = len(referrals.created)
    outcome.episodes_updated = len(referrals.updated)


def _referral_fields() -> list[str]:
    return [
        "received_on",
        "referrer_category",
        "legal_framework",
        "care_obligation",
        "marital_status",
        "employment",
        "resources",
        "site",
    ]


def _status(row: Row, referral: Referral) -> str:
    if row.date_entree:
        return Referral.Status.ACCEPTED
    if referral.pk is None or referral.status == Referral.Status.ACCEPTED:
        return Referral.Status.WAITING
    return referral.status


def _module_of(referral: Referral, is_entered: bool) -> str | None:
    modules = referral.episode.modules if is_entered else referral.requested_modules
    first = min(modules.all(), key=lambda module: module.pk, default=None)
    return first.code if first else None


def _differs(referral: Referral, row: Row, values: dict[str, Any]) -> bool:
    if any(getattr(referral, attribute) != value for attribute, value in values.items()):
        return True
    episode = _episode_of(referral)
    if (episode is None) != (row.date_entree is None):
        return True
    if row.module and _module_of(referral, episode is not None) != row.module:
        return True
    return episode is not None and (
        (episode.entered_on, episode.exited_on, episode.exit_reason)
        != (row.date_entree, row.date_sortie, row.motif_sortie or "")
    )


def _new_episode(row: Row, referral: Referral, sites: dict[str, Site]) -> Episode:
    assert row.date_entree
    return Episode(
        referral=referral,
        participant_id=referral.participant_id,
        organisation_id=referral.organisation_id,
        site=sites[row.lieu],
        entered_on=row.date_entree,
        exited_on=row.date_sortie,
        exit_reason=row.motif_sortie or "",
        last_contact_on=row.date_entree,
    )


def _update_episode(episode: Episode, row: Row, sites: dict[str, Site]) -> None:
    assert row.date_entree
    if episode.last_contact_on == episode.entered_on:
        episode.last_contact_on = row.date_entree
    episode.entered_on, episode.exited_on = row.date_entree, row.date_sortie
    episode.exit_reason = row.motif_sortie or ""
    episode.site = sites[row.lieu]
    episode.version += 1


def _store_modules(touched: list[tuple[Row, Referral]], new: set[int]) -> None:
    """The first module of an episode, or of the request while it waits, is that of the file."""
    followed, requested = [], []
    for row, referral in touched:
        if not row.module:
            continue
        episode = referral.episode if row.date_entree else None
        if id(referral) not in new:
            rows = episode.modules if episode else referral.requested_modules
            if first := rows.order_by("pk").first():
                first.delete()
            rows.filter(code=row.module).delete()
        if episode and row.date_entree:
            followed.append(
                EpisodeModule(
                    episode=episode,
                    code=row.module,
                    starts_on=row.date_entree,
                    ends_on=row.date_sortie,
                )
            )
        else:
            requested.append(RequestedModule(referral=referral, code=row.module))
    EpisodeModule.objects.bulk_create(followed, batch_size=BATCH)
    RequestedModule.objects.bulk_create(requested, batch_size=BATCH)


def _refuse_contradictions(
    rows: Sequence[Row],
    people: dict[str, Participant],
    stored: dict[tuple[int, int], Referral],
) -> None:
    if not stored:
        return
    errors = [error for row in rows if (error := _contradiction(row, people, stored))]
    by_person: dict[int, list] = defaultdict(list)
    in_file = {(people[row.dossier].pk, row.episode) for row in rows}
    for (person, number), referral in stored.items():
        episode = _episode_of(referral)
        if episode is not None and (person, number) not in in_file:
            by_person[person].append((episode.entered_on, episode.exited_on, None))
    if by_person:
        for row in rows:
            if row.date_entree and (others := by_person.get(people[row.dossier].pk)):
                errors += _overlap_errors(row, others)
    if errors:
        raise RowsRefused(errors)


def _overlap_errors(row: Row, others: list[tuple[date, date | None, None]]) -> list[RowError]:
    assert row.date_entree
    return [
        RowError(
            row.number,
            "date_entree",
            f"{row.date_entree:%d/%m/%Y}",
            f"un épisode qui ne chevauche pas celui, déjà enregistré, du {entered:%d/%m/%Y}"
            + (f" au {exited:%d/%m/%Y}" if exited else " (en cours)"),
        )
        for entered, exited, _ in others
        if overlaps([(row.date_entree, row.date_sortie), (entered, exited)])
    ]


def _contradiction(
    row: Row, people: dict[str, Participant], stored: dict[tuple[int, int], Referral]
) -> RowError | None:
    referral = stored.get((people[row.dossier].pk, row.episode))
    if referral is None:
        return None
    said = f"{row.date_orientation:%d/%m/%Y}"
    for limit in (referral.due_on, referral.ended_on if not row.date_entree else None):
        if limit and limit < row.date_orientation:
            return RowError(
                row.number, "date_orientation", said, f"au plus tard le {limit:%d/%m/%Y}"
            )
    if row.date_entree and referral.status == Referral.Status.REDIRECTED:
        return RowError(
            row.number, "date_entree", f"{row.date_entree:%d/%m/%Y}",
            "rien : cette orientation a été redirigée vers une autre antenne",
        )  # fmt: skip
    episode = _episode_of(referral)
    if episode is None:
        return None
    if row.date_entree is None and _has_work(episode):
        return RowError(
            row.number, "date_entree", "",
            "la date d’entrée : des rendez-vous, notes ou changements y sont attachés",
        )  # fmt: skip
    return None


def _has_work(episode: Episode) -> bool:
    referral = episode.referral
    return (
        referral.appointments.exists()
        or referral.notes.exists()
        or episode.situation_changes.exists()
        or episode.modules.count() > 1
    )
