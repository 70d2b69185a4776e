"""One branch with ten years of a country in it: 100,000 follow-ups and what hangs on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import connection
from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from bench import invented
from bench.measure import load, tell
from maillage.core import chain
from maillage.core.bulk import insert_rows, refresh_statistics
from maillage.core.calendar import add_months
from maillage.core.models import ReadEntry, TrailEntry, TrailHead, User
from maillage.network.actors import CommandLine
from maillage.network.models import Membership, Organisation
from maillage.network.roles import Role, Side
from maillage.programme.episodes.followups.parse import Row
from maillage.programme.episodes.followups.store import store
from maillage.programme.episodes.models import Appointment, Episode, Note
from maillage.programme.intake.models import ContactAttempt, Obligation, Referral, ReferralStep

BRANCH = "via-voltaire"
PRACTITIONERS = 120
WORK_FROM = time(9)
TEXT = (
    "Revient sur la dispute du mois dernier ; nomme ce qui l’a précédée, dit avoir quitté la pièce."
    " À reprendre : la place des enfants, le rapport à l’alcool, le rendez-vous chez le médecin."
)


@dataclass
class Country:
    organisation: Organisation
    practitioners: list[Membership]
    manager: Membership


def fill(episodes: int, pending: int) -> Country:
    """`pending` referrals wait among the `episodes`; everybody and everything is invented."""
    rng = Random(episodes)
    today = timezone.localdate()
    organisation = Organisation.objects.get(slug=BRANCH)
    country = Country(organisation, *_staff(organisation))
    sites = list(organisation.sites.values_list("slug", flat=True))
    lines = invented.rows(episodes + pending, sites, waiting=pending, last_day=today)
    rows = [_row(number, line) for number, line in enumerate(lines, 2)]
    store(rows, organisation=organisation, by=CommandLine(organisation))
    tell(f"country: {len(rows)} rows stored, {load()}")
    _give_referents(country, today)
    _add_work(country, today, rng)
    _add_waiting(country, today, rng)
    _add_trail(country, rng)
    refresh_statistics(
        Episode, Appointment, Note, Referral, ContactAttempt, Obligation, ReferralStep
    )
    refresh_statistics(TrailEntry, ReadEntry)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # what it would do by itself amid the measures
    tell(f"country: complete, {load()}")
    return country


def _staff(organisation: Organisation) -> tuple[list[Membership], Membership]:
    roles = [*[Role.PRACTITIONER] * PRACTITIONERS, Role.MANAGER]
    users = User.objects.bulk_create(
        User(email=f"bench{n}@example.org", name=f"Intervenant {n}", password="!")
        for n in range(len(roles))
    )
    memberships = Membership.objects.bulk_create(
        Membership(user=user, organisation=organisation, side=Side.PROGRAMME, role=role)
        for user, role in zip(users, roles, strict=True)
    )
    return memberships[:-1], memberships[-1]


def _row(number: int, line: dict) -> Row:
    care = {"oui": True, "non": False, "": None}[line["obligation_soins"]]
    days = ("date_naissance", "date_entree", "date_sortie")
    known = {**line, **{day: line[day] or None for day in days}, "obligation_soins": care}
    return Row(number=number, **known)


def _give_referents(country: Country, today: date) -> None:
    """In turn, one file in forty left to nobody; one open file in fifteen is silent."""
    mine = Episode.objects.filter(organisation=country.organisation)
    for turn, membership in enumerate(country.practitioners):
        of_turn = mine.annotate(turn=Mod(F("pk"), PRACTITIONERS + 1)).filter(turn=turn)
        of_turn.update(referent=membership.user_id)
    spoken = mine.open().annotate(turn=Mod(F("pk"), 15)).exclude(turn=0)
    spoken.filter(entered_on__lte=today - timedelta(days=9)).update(
        last_contact_on=today - timedelta(days=9)
    )


def _at(day: date, slot: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, WORK_FROM)) + timedelta(minutes=30 * slot)


_stored = connection.ops.adapt_datetimefield_value  # a moment as each database keeps it


def _add_work(country: Country, today: date, rng: Random) -> None:
    """An open file has twelve meetings, the next one included, and four notes; a closed one two."""
    episodes = Episode.objects.filter(organisation=country.organisation).values_list(
        "participant_id", "referral_id", "site_id", "referent_id", "entered_on", "exited_on"
    )
    nobody = country.practitioners[0].user_id
    meetings: list[tuple] = []
    notes: list[Note] = []
    for participant, referral, site, referent, entered, left in episodes:
        who = referent or nobody
        theirs = Referral(pk=referral, organisation=country.organisation)
        is_open = left is None
        until = left or today
        for back in range(11 if is_open else 2):
            day = until - timedelta(days=7 + 14 * back)
            if day >= entered:
                status = rng.choice(("kept", "kept", "kept", "missed", "excused"))
                meetings.append((participant, referral, who, site, _at(day, back % 16), status))
        if is_open:
            day = today + timedelta(days=rng.randrange(21))
            meetings.append(
                (participant, referral, who, site, _at(day, rng.randrange(16)), "planned")
            )
            for back in range(4):
                kind = Note.Kind.CLINICAL if back % 2 else Note.Kind.FACTUAL
                day = max(entered, today - timedelta(days=14 * back))
                notes.append(
                    Note(
                        participant_id=participant, referral=theirs, kind=kind, text=TEXT,
                        on=day, by_id=who,
                    )
                )  # fmt: skip
    organisation, now = country.organisation.pk, _stored(timezone.now())
    insert_rows(
        Appointment._meta.db_table,
        (
            *("organisation_id", "participant_id", "referral_id", "practitioner_id", "site_id"),
            *("starts_at", "status", "kind", "minutes", "created_at"),
        ),
        (
            (organisation, *whom, _stored(at), status, "follow_up", 45, now)
            for *whom, at, status in meetings
        ),
    )
    Note.objects.bulk_create(notes, batch_size=1000)
    tell(f"country: {len(meetings)} meetings, {len(notes)} notes")


def _add_waiting(country: Country, today: date, rng: Random) -> None:
    """Most wait on the list, some were just received; half of them were called, some have a
    deadline and an obligation."""
    waiting = list(Referral.objects.filter(organisation=country.organisation).pending())
    by = country.manager.user_id
    steps, attempts, obligations = [], [], []
    for referral in waiting:
        if referral.received_on >= today - timedelta(days=20):
            referral.status = rng.choice(("received", "received", "to_assess"))
        referral.is_urgent = rng.random() < 0.03
        if rng.random() < 0.2:
            referral.due_on = referral.received_on + timedelta(days=rng.randint(90, 400))
        steps.append(
            ReferralStep(
                referral=referral, status=referral.status, on=referral.received_on, by_id=by
            )
        )
        if rng.random() < 0.5:
            at = _at(min(today, referral.received_on + timedelta(days=3)), rng.randrange(16))
            attempts.append(
                ContactAttempt(
                    referral=referral, at=at, channel="phone", outcome="voicemail", by_id=by
                )
            )
        if rng.random() < 0.3:
            ends_on = today + timedelta(days=rng.randint(1, 700))
            obligations.append(
                Obligation(referral=referral, code="interdiction_contact", ends_on=ends_on)
            )
    Referral.objects.bulk_update(waiting, ["status", "is_urgent", "due_on"], batch_size=500)
    ReferralStep.objects.bulk_create(steps, batch_size=500)
    ContactAttempt.objects.bulk_create(attempts, batch_size=500)
    Obligation.objects.bulk_create(obligations, batch_size=500)


def _add_trail(country: Country, rng: Random) -> None:
    """A year of acts and of looks, the last week's among them."""
    uids = list(
        Episode.objects.filter(organisation=country.organisation)
        .open()
        .values_list("participant__uid", flat=True)
    )
    people = [membership.user_id for membership in country.practitioners]
    slug, now = country.organisation.slug, timezone.now()

    def when(rank: int, count: int):
        return now - timedelta(days=365) * (count - rank) / count

    def acts(count: int) -> Iterator[dict]:
        for rank in range(count):
            verb = rng.choice(("note_written", "appointment_kept", "appointment_planned"))
            told = {"verb": verb, "target": "", "file": rng.choice(uids), "details": {}}
            yield {"at": when(rank, count), "by_id": rng.choice(people), **told}

    def looks(count: int) -> Iterator[dict]:
        for rank in range(count):
            told = {"what": "file", "file": rng.choice(uids), "count": 1}
            told |= {"digest": None, "flag": ""}
            yield {"at": when(rank, count), "by_id": rng.choice(people), **told}

    size = 10 * len(uids)
    for kind, made in (("act", acts), ("read", looks)):
        rows = _chained(kind, slug, made(size))
        columns = ("chain_id", "position", "hash", *chain.COLUMNS[kind])
        insert_rows(chain.ENTRIES[kind]._meta.db_table, columns, rows)


def _chained(kind: str, slug: str, entries: Iterator[dict]) -> Iterator[tuple]:
    """Rows as the trail would have written them one by one, and the heads that they end in."""
    heads: dict[str, TrailHead] = {}
    months = {f"{add_months(timezone.localdate(), -back):%Y-%m}" for back in range(14)}
    for month in months:
        name = chain.Name(slug, Side.PROGRAMME.value, kind, month)
        heads[month], _ = TrailHead.objects.get_or_create(
            **name._asdict(), defaults={"hash": name.genesis}
        )
    rows = []
    for entry in entries:
        head = heads[chain.month_of(entry["at"])]
        entry |= {"organisation": slug, "side": Side.PROGRAMME.value, "role": "practitioner"}
        head.position += 1
        head.hash = chain.link(bytes(head.hash), kind, head.position, entry)
        stored = entry | {"at": _stored(entry["at"])} | ({"details": "{}"} if kind == "act" else {})
        rows.append(
            (head.pk, head.position, head.hash, *(stored[each] for each in chain.COLUMNS[kind]))
        )
    for head in heads.values():
        head.save(update_fields=["position", "hash"])
    return iter(rows)
