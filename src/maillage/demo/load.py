"""Loads the invented people of the demonstration, branch by branch, once."""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.core.bulk import refresh_statistics
from maillage.core.models import User
from maillage.demo import population, support
from maillage.demo.accounts import create_accounts
from maillage.demo.feedback import load_feedback
from maillage.demo.life import Agenda, Life, assess, live, wait
from maillage.demo.load_groups import load_groups
from maillage.demo.neighbours import load_neighbours
from maillage.demo.rows import DemoRow
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.programme.episodes.followups.parse import Row
from maillage.programme.episodes.followups.store import store
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    Note,
    SituationChange,
)
from maillage.programme.intake.models import (
    Assessment,
    ContactAttempt,
    Participant,
    Referral,
    ReferralStep,
    RequestedModule,
)

SEED = 20241231
FRESH = timedelta(days=9)
UNKNOWN = "non_precise"


def branches(today: date) -> dict[str, Callable[[], list[DemoRow]]]:
    """What makes the rows of each branch."""
    return {
        "via-voltaire": partial(population.via_voltaire, today=today),
        "apex": partial(population.apex, today=today),
        **{
            slug: partial(population.small_branch, slug, today=today)
            for slug in ("aers", "la-clede", "udaf-11", "la-traverse")
        },
    }


def is_loaded() -> bool:
    return User.objects.filter(email="accueil@demo.example.org").exists()


@transaction.atomic
def load(tell: Callable[[str], None], today: date | None = None) -> None:
    """Everything in one transaction, so that a half-loaded demonstration cannot exist."""
    day = today or timezone.localdate()
    practitioners = create_accounts()
    for slug, rows in branches(day).items():
        organisation = Organisation.objects.get(slug=slug)
        with rowlock.acting(CommandLine(organisation)):
            count = load_branch(organisation, rows(), practitioners[slug], day)
        tell(f"{organisation.name} : {count} orientations inventées")
    tell(f"France Victimes 34 : {support.load(day)} personnes accueillies, inventées")
    tell(f"Site public : {load_neighbours(day)} fiches de lieux")


def load_branch(
    organisation: Organisation, rows: Sequence[DemoRow], practitioners: list[User], today: date
) -> int:
    """Stores the rows as an import does, then what a spreadsheet does not say."""
    by = CommandLine(organisation)
    store(
        [_as_row(number, row) for number, row in enumerate(rows, 2)],
        organisation=organisation,
        by=by,
    )
    told = {(row.dossier, row.episode): row for row in rows}
    rng = random.Random(f"{SEED}-{organisation.slug}")
    referrals = _complete(organisation, told)
    _give_referents(organisation, practitioners)
    _add_life(organisation, referrals, practitioners, today, rng)
    load_groups(organisation, rows, referrals, practitioners, today)
    load_feedback(organisation, practitioners)
    refresh_statistics(
        Participant, Referral, RequestedModule, Episode, EpisodeModule, SituationChange, Appointment
    )
    trail.record("demonstration_loaded", by=by, referrals=len(rows))
    return len(rows)


def _as_row(number: int, row: DemoRow) -> Row:
    return Row(
        number=number,
        dossier=row.dossier,
        episode=row.episode,
        nom=row.nom,
        prenom=row.prenom,
        sexe=row.sexe,
        date_naissance=row.date_naissance,
        commune=row.commune,
        situation_conjugale=row.situation_conjugale or UNKNOWN,
        situation_professionnelle=row.situation_professionnelle or UNKNOWN,
        ressources=row.ressources or UNKNOWN,
        prescripteur=row.prescripteur,
        cadre=row.cadre,
        obligation_soins=row.obligation_soins,
        date_orientation=row.date_orientation,
        date_entree=row.date_entree,
        lieu=row.lieu or "",
        module=row.module or "",
        date_sortie=row.date_sortie,
        motif_sortie=row.motif_sortie or "",
    )


def _complete(organisation: Organisation, told: dict) -> list[Referral]:
    """Referring organisations, motivations, and the referrals that ended without entry."""
    referrers = {o.slug: o for o in Organisation.objects.exclude(referrer_category="")}
    referrals = list(
        Referral.objects.filter(organisation=organisation).select_related("participant", "episode")
    )
    for referral in referrals:
        row = told[referral.participant.reference, referral.number]
        referral.motivation = row.motivation
        if row.referrer:
            referral.referrer = referrers[row.referrer]
        if row.closed_on:
            referral.status = Referral.Status.CLOSED
            if row.return_reason in ("hors_criteres", "hors_territoire", "pas_de_demande"):
                referral.status = Referral.Status.RETURNED
            referral.ended_on, referral.return_reason = row.closed_on, row.return_reason
    Referral.objects.bulk_update(
        referrals,
        ["motivation", "referrer", "status", "ended_on", "return_reason"],
        batch_size=300,
    )
    return referrals


def _give_referents(organisation: Organisation, practitioners: list[User]) -> None:
    """Each site has its usual practitioners, in turn."""
    turns: dict[int, int] = {}
    episodes = list(Episode.objects.filter(organisation=organisation).order_by("pk"))
    for episode in episodes:
        turn = turns[episode.site_id] = turns.get(episode.site_id, episode.site_id) + 1
        episode.referent = practitioners[turn % len(practitioners)]
    Episode.objects.bulk_update(episodes, ["referent"], batch_size=300)


def _add_life(
    organisation: Organisation,
    referrals: list[Referral],
    practitioners: list[User],
    today: date,
    rng: random.Random,
) -> None:
    agenda, life = Agenda(), Life()
    episodes = list(
        Episode.objects.filter(organisation=organisation)
        .select_related("referral", "referent")
        .order_by("pk")
    )
    for episode in episodes:
        live(episode, agenda=agenda, today=today, rng=rng, life=life)
        if episode.is_open:
            assess(episode, rng, life)
    changed = [e for e in episodes if e.last_contact_on > e.entered_on]
    Episode.objects.bulk_update(changed, ["last_contact_on"], batch_size=300)
    _let_wait(referrals, practitioners, today, rng, life)
    Appointment.objects.bulk_create(life.appointments, batch_size=500)
    for postponed, successor in life.successors:
        successor.supersedes = postponed
    Appointment.objects.bulk_create([s for _, s in life.successors], batch_size=500)
    Note.objects.bulk_create(life.notes, batch_size=500)
    ContactAttempt.objects.bulk_create(life.attempts, batch_size=500)
    Assessment.objects.bulk_create(life.assessments, batch_size=500)
    ReferralStep.objects.bulk_create(life.steps, batch_size=500)


def _let_wait(referrals, practitioners, today: date, rng: random.Random, life: Life) -> None:
    waiting = [r for r in referrals if r.status == Referral.Status.WAITING]
    for referral in waiting:
        if referral.received_on > today - FRESH:
            referral.status = rng.choice(("received", "received", "to_assess"))
        wait(
            referral,
            status=referral.status,
            by=rng.choice(practitioners),
            today=today,
            rng=rng,
            life=life,
        )
    Referral.objects.bulk_update(waiting, ["status"], batch_size=300)
