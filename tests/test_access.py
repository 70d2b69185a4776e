"""Every route, every role, every relation to the file: written by hand, read by the auditor.

Columns: nobody signed in; a manager of another branch; a manager of the same organisation on the
support side; a practitioner whose membership ended; then, all of the branch itself: reception, a
practitioner of other files, the referent of the file, the manager, the coordinator of the network,
the data protection officer, the technical administrator.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from maillage.network.models import Membership, Site
from maillage.network.tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
    NoteFactory,
)
from maillage.programme.intake.tests.factories import (
    DocumentFactory,
    ParticipantFactory,
    ReferralFactory,
)

pytestmark = pytest.mark.django_db

WHO = (
    "nobody",
    "stranger",
    "other_side",
    "ended",
    "reception",
    "practitioner",
    "referent",
    "manager",
    "coordinator",
    "dpo",
    "administrator",
)
NAME, REFERENCE, CLINICAL = "Xylandre", "REF-SECRETE-7", "propos cliniques secrets"

# fmt: off
ACCESS: dict[str, tuple[str, tuple[int, ...]]] = {
    # route                        nobd strg othr endd rece prac refe mana coor dpo  admi
    "home":                 ("GET",  (200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200)),
    "login":                ("GET",  (200, 302, 302, 302, 302, 302, 302, 302, 302, 302, 302)),
    "logout":               ("POST", (302, 302, 302, 302, 302, 302, 302, 302, 302, 302, 302)),
    "choose_membership":    ("GET",  (302, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200)),
    "save_draft":           ("POST", (302, 409, 409, 302, 409, 409, 409, 409, 409, 409, 409)),
    "fresh_token":          ("GET",  (302, 409, 409, 302, 409, 409, 409, 409, 409, 409, 409)),
    "read_date":            ("POST", (302, 200, 200, 302, 200, 200, 200, 200, 200, 200, 200)),
    "network":              ("GET",  (302, 200, 200, 302, 200, 200, 200, 200, 200, 200, 200)),
    "organisation":         ("GET",  (302, 200, 200, 302, 200, 200, 200, 200, 200, 200, 200)),
    "today":                ("GET",  (302, 200, 200, 302, 200, 200, 200, 200, 200, 200, 200)),
    "search":               ("POST", (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "files":                ("GET",  (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "files_export":         ("POST", (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "team":                 ("GET",  (302, 200, 403, 302, 403, 403, 403, 200, 403, 403, 403)),
    "referrals":            ("GET",  (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "referrals_export":     ("POST", (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "waiting_list":         ("GET",  (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "waiting_list_export":  ("POST", (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "referral_new":         ("GET",  (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "referral_check":       ("POST", (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "referrers":            ("GET",  (302, 200, 403, 302, 200, 200, 200, 200, 403, 403, 403)),
    "file":                 ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "file_trail":           ("GET",  (302, 404, 404, 302, 404, 404, 404, 200, 404, 200, 404)),
    "trail_find":           ("GET",  (302, 302, 403, 302, 403, 403, 403, 302, 403, 302, 403)),
    "referral_add":         ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "identity_edit":        ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "referral_edit":        ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "referral_wait":        ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "referral_assess_plan": ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "assessment_new":       ("GET",  (302, 404, 404, 302, 403, 200, 200, 403, 404, 404, 404)),
    "referral_return":      ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "referral_redirect":    ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "referral_close":       ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "referral_reopen":      ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "episode_accept":       ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "episode_assign":       ("GET",  (302, 404, 404, 302, 403, 403, 403, 200, 404, 404, 404)),
    "module_start":         ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "module_end":           ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "situation_change":     ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "note_new":             ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "contact_attempt_new":  ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "appointment_new":      ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "appointment_mark":     ("POST", (302, 404, 404, 302, 302, 302, 302, 302, 404, 404, 404)),
    "appointment_postpone": ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "document_new":         ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "document":             ("GET",  (302, 404, 404, 302, 200, 200, 200, 200, 404, 404, 404)),
    "document_remove":      ("GET",  (302, 404, 404, 302, 403, 403, 200, 200, 404, 404, 404)),
    "episode_exit":         ("GET",  (302, 404, 404, 302, 403, 200, 200, 200, 404, 404, 404)),
    "episode_exit_cancel":  ("GET",  (302, 404, 404, 302, 403, 403, 403, 200, 404, 404, 404)),
    "reports":              ("GET",  (302, 200, 403, 302, 403, 403, 403, 200, 200, 403, 403)),
    "report":               ("GET",  (302, 404, 403, 302, 403, 403, 403, 200, 200, 403, 403)),
    "report_file":          ("POST", (302, 404, 403, 302, 403, 403, 403, 200, 200, 403, 403)),
    "report_cell":          ("GET",  (302, 404, 403, 302, 403, 403, 403, 200, 403, 403, 403)),
}
# fmt: on
MAY_SEE_THE_NAME = {"reception", "practitioner", "referent", "manager"}
MAY_SEE_THE_REFERENCE = MAY_SEE_THE_NAME | {"dpo"}


@dataclass
class Situation:
    people: dict[str, Membership | None]
    where: dict[str, dict[str, Any]]
    posted: dict[str, dict[str, Any]]


@pytest.fixture
def situation() -> Situation:
    branch = OrganisationFactory(slug="branch", branch=True)
    elsewhere = OrganisationFactory(slug="elsewhere", branch=True)
    site: Site = SiteFactory(organisation=branch, slug="site")
    people: dict[str, Membership | None] = {
        "nobody": None,
        "stranger": MembershipFactory(organisation=elsewhere, manager=True),
        "other_side": MembershipFactory(organisation=branch, manager=True, support=True),
        "ended": MembershipFactory(
            organisation=branch,
            starts_on=date(2020, 1, 1),
            ends_on=timezone.localdate() - timedelta(days=1),
        ),
        "reception": MembershipFactory(organisation=branch, reception=True),
        "practitioner": MembershipFactory(organisation=branch),
        "referent": MembershipFactory(organisation=branch),
        "manager": MembershipFactory(organisation=branch, manager=True),
        "coordinator": MembershipFactory(organisation=branch, coordinator=True),
        "dpo": MembershipFactory(organisation=branch, dpo=True),
        "administrator": MembershipFactory(organisation=branch, administrator=True),
    }
    referent = people["referent"]
    assert referent is not None
    person = ParticipantFactory(organisation=branch, last_name=NAME, reference=REFERENCE)
    episode = EpisodeFactory(
        referral=ReferralFactory(participant=person, accepted=True, received_on=date(2025, 9, 1)),
        site=site,
        referent=referent.user,
    )
    NoteFactory(referral=episode.referral, clinical=True, text=CLINICAL, by=referent.user)
    document = DocumentFactory(
        referral=episode.referral, title=f"Attestation de {NAME}", added_by=referent.user
    )
    module = EpisodeModuleFactory(episode=episode)
    appointment = AppointmentFactory(referral=episode.referral, practitioner=referent.user)
    pending = ReferralFactory(participant=ParticipantFactory(organisation=branch))
    closed = ReferralFactory(participant=ParticipantFactory(organisation=branch), closed=True)
    left = EpisodeFactory(
        referral=ReferralFactory(
            participant=ParticipantFactory(organisation=branch), accepted=True
        ),
        site=site,
        exited=True,
    )
    known, followed, sent = ({"uid": r} for r in (person.uid, episode.referral.uid, pending.uid))
    report = {"slug": "branch", "year": 2025, "grid": "default"}
    cell = {"table": "received-by-sex", "row": "H", "column": "total"}
    decided = ("edit", "wait", "assess_plan", "return", "redirect", "close")
    acts = ("episode_assign", "module_start", "situation_change", "note_new", "appointment_new")
    where: dict[str, dict[str, Any]] = {
        "organisation": {"slug": "branch"},
        "referrals_export": {"extension": "csv"},
        "waiting_list_export": {"extension": "xlsx"},
        "file": known,
        "file_trail": known,
        "referral_add": known,
        "identity_edit": known,
        **{f"referral_{act}": sent for act in decided},
        "assessment_new": sent,
        "episode_accept": sent,
        "referral_reopen": {"uid": closed.uid},
        **dict.fromkeys(acts, followed),
        "module_end": followed | {"pk": module.pk},
        "contact_attempt_new": followed,
        "document_new": followed,
        "document": {"uid": document.uid},
        "document_remove": {"uid": document.uid},
        "episode_exit": followed,
        "episode_exit_cancel": {"uid": left.referral.uid},
        "appointment_mark": {"pk": appointment.pk, "mark": "excuse"},
        "appointment_postpone": {"pk": appointment.pk},
        "report": report,
        "report_file": report | {"kind": "json"},
        "report_cell": report | cell,
    }
    return Situation(people, where, {"search": {"q": NAME[:5]}, "files_export": {"layout": "csv"}})


def visit(situation: Situation, who: str, route: str):
    client = Client()
    membership = situation.people[who]
    if membership is not None:
        client.force_login(membership.user)
        session = client.session
        session["membership"] = membership.pk
        session.save()
    url = reverse(route, kwargs=situation.where.get(route, {}))
    if ACCESS[route][0] == "POST":
        return client.post(url, situation.posted.get(route, {}))
    return client.get(url)


def named_routes(resolver: URLResolver) -> set[str]:
    found: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            found |= named_routes(pattern)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} has no name"
            found.add(pattern.name)
    return found


def test_every_route_has_a_row_in_the_table():
    assert named_routes(get_resolver()) == set(ACCESS)


@pytest.mark.parametrize("route", ACCESS)
def test_the_table_holds_for_everybody(situation, route):
    expected = dict(zip(WHO, ACCESS[route][1], strict=True))
    if route == "appointment_mark":  # the first who may does it: each on a fresh appointment
        first = next(who for who in WHO if expected[who] == 302 and who in MAY_SEE_THE_NAME)
        expected = {who: code for who, code in expected.items() if who in (*WHO[:4], first)}

    found = {who: visit(situation, who, route).status_code for who in expected}

    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("who", [who for who in WHO if who not in MAY_SEE_THE_NAME])
def test_no_answer_shows_the_name_to_who_may_not_know_it(situation, who):
    for route in ACCESS:
        body = b"".join(visit(situation, who, route))

        assert NAME.encode() not in body, route
        assert NAME.upper().encode() not in body, route
        if who not in MAY_SEE_THE_REFERENCE:
            assert REFERENCE.encode() not in body, route


@pytest.mark.slow
@pytest.mark.parametrize("who", [who for who in WHO if who != "referent"])
def test_no_answer_shows_a_clinical_note_to_who_does_not_follow_the_file(situation, who):
    for route in ACCESS:
        assert CLINICAL.encode() not in b"".join(visit(situation, who, route)), route


def test_the_referent_reads_the_clinical_note_on_the_file(situation):
    assert CLINICAL.encode() in b"".join(visit(situation, "referent", "file"))


@pytest.mark.parametrize("route", [route for route in ACCESS if ACCESS[route][0] == "GET"])
def test_no_address_or_title_holds_a_name(situation, route):
    answer = visit(situation, "manager", route)
    if answer.status_code == 200 and b"<title>" in answer.content:
        title = answer.content.split(b"<title>")[1].split(b"</title>")[0].decode().lower()
        assert NAME.lower() not in title

    assert NAME.lower() not in answer.wsgi_request.get_full_path().lower()
