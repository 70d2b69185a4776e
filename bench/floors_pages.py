"""What each page would cost at least: its rows by hand-written SQL, opened, as JSON."""

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench.country import Country
from maillage.core.calendar import add_months
from maillage.core.models import make_uid
from maillage.core.names import SCOPE
from maillage.core.vault import blind, seal, unseal
from maillage.programme.intake.names import digests

PERSON = "p.uid, p.reference, p.last_name, p.first_name, p.birth_date"
SEALED = ("last_name", "first_name", "birth_date")


def fetch(sql: str, *given: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def run(sql: str, *given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)


def clear(sealed: Any, place: str) -> str:
    return unseal(bytes(sealed), place).decode() if sealed is not None else ""


def opened(row: Sequence) -> list:
    """A row that begins with `PERSON`, its names and birth date in clear."""
    names = [
        clear(value, f"intake_participant.{column}")
        for column, value in zip(SEALED, row[2:5], strict=True)
    ]
    return [*row[:2], *names, *row[5:]]


def dumped(*pieces: Any) -> str:
    return json.dumps(pieces, default=str)


def marks(values: Collection) -> str:
    return ", ".join(["%s"] * len(values))


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


class Floors:
    def __init__(self, country: Country):
        self.branch, self.slug = country.organisation.pk, country.organisation.slug
        self.user = country.practitioners[0].user_id
        self.owner = country.manager.vault_owner

    def record(self, kind: str, what: str, file: str, own: dict[str, Any]) -> None:
        """One link more in the chain, under the lock of its head; `own` are the columns of one of
        its kind."""
        now = timezone.now()
        lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
        with transaction.atomic():
            [[head, place, before]] = fetch(
                "SELECT id, position, hash FROM core_trailhead WHERE organisation = %s"
                f" AND side = 'programme' AND kind = %s AND month = %s{lock}",
                *(self.slug, kind, f"{now:%Y-%m}"),
            )
            told = f"{place + 1}{now}{self.slug}{self.user}{what}{file}{own}"
            after = sha256(bytes(before) + told.encode()).digest()
            table = {"act": "core_trailentry", "read": "core_readentry"}[kind]
            run(
                f"INSERT INTO {table} (chain_id, position, hash, at, organisation, side, by_id,"
                f" role, file, {', '.join(own)}) VALUES (%s, %s, %s, %s, %s, 'programme', %s,"
                f" 'practitioner', %s, {marks(own)})",
                *(head, place + 1, after, now, self.slug, self.user, file, *own.values()),
            )
            run(
                "UPDATE core_trailhead SET position = %s, hash = %s WHERE id = %s",
                *(place + 1, after, head),
            )

    def record_read(self, what: str, count: int, file: str = "") -> None:
        self.record("read", what, file, {"what": what, "count": count, "flag": ""})

    def record_act(self, verb: str, file: str) -> None:
        self.record("act", verb, file, {"verb": verb, "target": file, "details": "{}"})

    def files(self, asked: dict) -> str:
        where = (
            "FROM episodes_episode e JOIN network_site s ON s.id = e.site_id"
            " WHERE e.organisation_id = %s AND e.exited_on IS NOT NULL AND s.slug = %s"
            " AND e.exit_reason = %s"
        )
        given = (self.branch, asked["site"], asked["reason"])
        [[count]] = fetch(f"SELECT count(*) {where}", *given)
        rows = fetch(
            f"WITH e AS (SELECT e.*, s.name AS site {where}"
            f" ORDER BY e.entered_on DESC, e.id DESC LIMIT 50)"
            f" SELECT {PERSON}, e.site, u.name, e.entered_on, e.last_contact_on, e.exited_on,"
            " e.exit_reason, e.id FROM e JOIN intake_participant p ON p.id = e.participant_id"
            " LEFT JOIN core_user u ON u.id = e.referent_id ORDER BY e.entered_on DESC, e.id DESC",
            *given,
        )
        keys = [row[-1] for row in rows]
        modules = fetch(
            "SELECT episode_id, code, ends_on FROM episodes_episodemodule"
            f" WHERE episode_id IN ({marks(keys)})",
            *keys,
        )
        self.record_read("files", len(rows))
        return dumped(count, [opened(row) for row in rows], modules)

    def referrals(self, asked: dict) -> str:
        where = (
            "FROM intake_referral r JOIN network_site s ON s.id = r.site_id"
            " WHERE r.organisation_id = %s AND r.status = %s AND s.slug = %s"
            " AND r.referrer_category = %s"
        )
        given = (self.branch, asked["state"], asked["site"], asked["category"])
        [[count]] = fetch(f"SELECT count(*) {where}", *given)
        rows = fetch(
            f"WITH r AS (SELECT r.*, s.name AS site {where}"
            " ORDER BY r.received_on DESC, r.id DESC LIMIT 50)"
            f" SELECT {PERSON}, r.site, r.received_on, r.status, r.legal_framework,"
            " r.referrer_category, o.name, r.is_urgent, r.due_on"
            " FROM r JOIN intake_participant p ON p.id = r.participant_id"
            " LEFT JOIN network_organisation o ON o.id = r.referrer_id"
            " ORDER BY r.received_on DESC, r.id DESC",
            *given,
        )
        self.record_read("referrals", len(rows))
        return dumped(count, [opened(row) for row in rows])

    def search(self, typed: str) -> str:
        words = [word[:10].lower() for word in typed.split()]
        found = fetch(
            f"SELECT {PERSON}, p.id FROM intake_participant p WHERE p.organisation_id = %s"
            + " AND p.id IN (SELECT participant_id FROM intake_namekey WHERE digest = %s)"
            * len(words)
            + " ORDER BY p.id DESC LIMIT 51",
            self.branch,
            *(blind(f"p:{word}", SCOPE, self.owner) for word in words),
        )
        keys = [row[-1] for row in found[:50]]
        last = (
            fetch(
                "SELECT r.participant_id, r.number, r.status, r.received_on, s.name, e.entered_on,"
                " e.exited_on, e.last_contact_on FROM intake_referral r"
                " LEFT JOIN network_site s ON s.id = r.site_id"
                " LEFT JOIN episodes_episode e ON e.referral_id = r.id"
                f" WHERE r.participant_id IN ({marks(keys)})",
                *keys,
            )
            if keys
            else []
        )
        self.record_read("search", len(keys))
        return dumped([opened(row) for row in found[:50]], last)

    def file(self, uid: str) -> str:
        [person] = fetch(
            f"SELECT {PERSON}, p.phone, p.id FROM intake_participant p"
            " WHERE p.uid = %s AND p.organisation_id = %s",
            *(uid, self.branch),
        )
        key = person[-1]
        referrals = fetch(
            "SELECT r.*, e.*, s.name, u.name FROM intake_referral r"
            " LEFT JOIN episodes_episode e ON e.referral_id = r.id"
            " LEFT JOIN network_site s ON s.id = e.site_id"
            " LEFT JOIN core_user u ON u.id = e.referent_id WHERE r.participant_id = %s",
            key,
        )
        ids = [row[0] for row in referrals]
        facts = [
            fetch(f"SELECT * FROM {table} WHERE referral_id IN ({marks(ids)})", *ids)
            for table in ("intake_obligation", "intake_requestedmodule", "intake_referralstep")
        ]
        facts.append(
            fetch(
                "SELECT m.* FROM episodes_episodemodule m JOIN episodes_episode e"
                " ON e.id = m.episode_id WHERE e.participant_id = %s",
                key,
            )
        )
        meetings = fetch(
            "SELECT a.*, u.name, s.name FROM episodes_appointment a"
            " JOIN core_user u ON u.id = a.practitioner_id"
            " LEFT JOIN network_site s ON s.id = a.site_id WHERE a.participant_id = %s"
            " ORDER BY a.starts_at DESC LIMIT 31",
            key,
        )
        notes = fetch(
            'SELECT n."on", n.kind, u.name, n.text FROM episodes_note n'
            ' JOIN core_user u ON u.id = n.by_id WHERE n.participant_id = %s ORDER BY "on" DESC',
            key,
        )
        told = [(*row[:-1], clear(row[-1], "episodes_note.text")) for row in notes]
        self.record_read("file", 1, uid)
        phone = clear(person[5], "intake_participant.phone")
        return dumped(opened(person), phone, referrals, facts, meetings, told)

    @transaction.atomic
    def register(self, form: dict) -> str:
        """The person, their blind indexes, the referral and its lines, the step and the trail."""
        now, today, uid = timezone.now(), timezone.localdate(), make_uid()
        day, month, year = map(int, form["birth_date"].split("/"))
        birth_date = date(year, month, day)
        run("SELECT id FROM network_organisation WHERE id = %s" + _lock(), self.branch)
        [[last]] = fetch(
            "SELECT reference FROM intake_participant WHERE organisation_id = %s"
            " AND reference LIKE %s ORDER BY length(reference) DESC, reference DESC LIMIT 1",
            *(self.branch, f"{today.year}-%"),
        )
        texts = {
            "last_name": form["last_name"],
            "first_name": form["first_name"],
            "birth_date": birth_date.isoformat(),
            **dict.fromkeys(("town", "phone", "email", "language"), ""),
        }
        sealed = [
            seal(text.encode(), f"intake_participant.{column}", self.owner)
            for column, text in texts.items()
        ]
        [[person]] = fetch(
            "INSERT INTO intake_participant (organisation_id, uid, reference, person_key, sex,"
            f" phone_is_shared, version, created_at, {', '.join(texts)})"
            f" VALUES (%s, %s, %s, %s, %s, false, 1, %s, {marks(sealed)}) RETURNING id",
            *(
                self.branch,
                uid,
                f"{last[:5]}{int(last[5:]) + 1:04}",
                uuid.uuid4().hex,
                "H",
                now,
                *sealed,
            ),
        )
        keys = digests(self.branch, form["last_name"], form["first_name"], birth_date)
        pairs = [value for digest in keys for value in (person, digest)]
        run(
            "INSERT INTO intake_namekey (participant_id, digest)"
            f" VALUES {', '.join(['(%s, %s)'] * len(keys))}",
            *pairs,
        )
        [[referral]] = fetch(
            "INSERT INTO intake_referral (organisation_id, participant_id, uid, number, status,"
            " received_on, return_reason, is_urgent, referrer_category, referrer_contact,"
            " legal_framework, motivation, marital_status, employment, resources, comment, version,"
            " created_at) VALUES (%s, %s, %s, 1, 'received', %s, '', false, 'spip', %s,"
            " 'presentenciel', 'non_precise', 'celibataire', 'en_emploi', 'salaires', %s, 1, %s)"
            " RETURNING id",
            *(self.branch, person, uid, today, b""),
            *(seal(form["comment"].encode(), "intake_referral.comment", self.owner), now),
        )
        for table, code in (("obligation", "interdiction_contact"), ("requestedmodule", "stage")):
            run(f"INSERT INTO intake_{table} (referral_id, code) VALUES (%s, %s)", referral, code)
        run(
            "INSERT INTO intake_referralstep"
            ' (referral_id, status, "on", recorded_at, by_id, reason)'
            " VALUES (%s, 'received', %s, %s, %s, %s)",
            *(referral, today, now, self.user, b""),
        )
        self.record_act("referral_registered", uid)
        return dumped(uid)

    def waiting_list(self) -> str:
        [[count]] = fetch(
            "SELECT count(*) FROM intake_referral"
            " WHERE organisation_id = %s AND status = 'waiting'",
            self.branch,
        )
        sites = fetch(
            "SELECT s.name, s.slug, count(*) FROM intake_referral r"
            " JOIN network_site s ON s.id = r.site_id"
            " WHERE r.organisation_id = %s AND r.status = 'waiting' GROUP BY 1, 2 ORDER BY 1",
            self.branch,
        )
        rows = fetch(
            "WITH r AS (SELECT r.*, s.name AS site, row_number() OVER (PARTITION BY r.site_id"
            " ORDER BY r.is_urgent DESC, r.received_on, r.id) AS rank FROM intake_referral r"
            " LEFT JOIN network_site s ON s.id = r.site_id"
            " WHERE r.organisation_id = %s AND r.status = 'waiting'"
            " ORDER BY s.name, r.is_urgent DESC, r.received_on, r.id LIMIT 50)"
            f" SELECT {PERSON}, r.site, r.rank, r.is_urgent, r.received_on, r.due_on,"
            " (SELECT count(*) FROM intake_contactattempt c WHERE c.referral_id = r.id), r.id"
            " FROM r JOIN intake_participant p ON p.id = r.participant_id"
            " ORDER BY r.site, r.rank",
            self.branch,
        )
        keys = [row[-1] for row in rows]
        lines = [
            fetch(f"SELECT * FROM {table} WHERE referral_id IN ({marks(keys)})", *keys)
            for table in ("intake_requestedmodule", "intake_contactattempt")
        ]
        self.record_read("waiting_list", len(rows))
        return dumped(count, sites, [opened(row) for row in rows], lines)

    def today(self, user: int) -> str:
        today = timezone.localdate()
        start, end = midnight(today), midnight(today + timedelta(days=1))
        meeting = (
            f"SELECT {PERSON}, a.id, a.kind, a.starts_at, a.minutes, a.status, s.name"
            " FROM episodes_appointment a JOIN intake_participant p ON p.id = a.participant_id"
            " LEFT JOIN network_site s ON s.id = a.site_id WHERE a.practitioner_id = %s"
        )
        meetings = [
            *fetch(
                f"{meeting} AND a.starts_at >= %s AND a.starts_at < %s"
                " AND a.status NOT IN ('postponed', 'cancelled') ORDER BY a.starts_at",
                *(user, start, end),
            ),
            *fetch(
                f"{meeting} AND a.starts_at < %s AND a.status = 'planned'"
                " ORDER BY a.starts_at DESC LIMIT 11",
                *(user, start),
            ),
            *fetch(
                f"{meeting} AND a.starts_at >= %s AND a.starts_at < %s AND a.status = 'planned'"
                " ORDER BY a.starts_at",
                *(user, end, end + timedelta(days=7)),
            ),
        ]
        mine = "e.referent_id = %s AND e.exited_on IS NULL"
        others = [
            *fetch(
                f"SELECT {PERSON}, r.due_on FROM intake_referral r"
                " JOIN intake_participant p ON p.id = r.participant_id"
                " WHERE r.organisation_id = %s AND r.status IN ('received', 'to_assess', 'waiting')"
                " AND r.due_on <= %s ORDER BY r.due_on LIMIT 11",
                *(self.branch, today + timedelta(days=7)),
            ),
            *fetch(
                f"SELECT {PERSON}, o.code, o.ends_on FROM intake_obligation o"
                " JOIN episodes_episode e ON e.referral_id = o.referral_id"
                f" JOIN intake_participant p ON p.id = e.participant_id WHERE {mine}"
                " AND o.ends_on BETWEEN %s AND %s ORDER BY o.ends_on LIMIT 11",
                *(user, today, today + timedelta(days=7)),
            ),
            *fetch(
                f"SELECT {PERSON}, e.last_contact_on FROM episodes_episode e"
                f" JOIN intake_participant p ON p.id = e.participant_id WHERE {mine}"
                " AND e.last_contact_on < %s ORDER BY e.last_contact_on LIMIT 6",
                *(user, add_months(today, -4)),
            ),
            *fetch(
                f"SELECT {PERSON}, t.at, t.verb FROM core_trailentry t"
                " JOIN intake_participant p ON p.uid = t.file"
                " JOIN episodes_episode e ON e.participant_id = p.id"
                f" WHERE t.organisation = %s AND t.side = 'programme' AND t.at >= %s AND {mine}"
                " AND t.by_id <> %s ORDER BY t.id DESC LIMIT 10",
                *(self.slug, start - timedelta(days=7), user, user),
            ),
        ]
        self.record_read("today", len(meetings) + len(others))
        return dumped([opened(row) for row in meetings], [opened(row) for row in others])

    def team(self) -> str:
        loads = fetch(
            "SELECT u.name, e.site_id, count(*),"
            " sum(CASE WHEN e.last_contact_on < %s THEN 1 ELSE 0 END)"
            " FROM episodes_episode e LEFT JOIN core_user u ON u.id = e.referent_id"
            " WHERE e.organisation_id = %s AND e.exited_on IS NULL GROUP BY 1, 2",
            *(add_months(timezone.localdate(), -4), self.branch),
        )
        waiting = fetch(
            "SELECT site_id, count(*) FROM intake_referral"
            " WHERE organisation_id = %s AND status = 'waiting' GROUP BY 1",
            self.branch,
        )
        sites = fetch("SELECT * FROM network_site WHERE organisation_id = %s", self.branch)
        return dumped(loads, waiting, sites)


def _lock() -> str:
    return " FOR UPDATE" if connection.vendor == "postgresql" else ""
