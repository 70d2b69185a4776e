"""Who steals the disk, the database or a backup reads no identity and no note."""

import base64
import tempfile
import zlib
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import raw

from maillage.core import keys
from maillage.network.models import Membership
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.models import Note
from maillage.programme.intake import actions
from maillage.programme.intake.models import Participant, Referral

IDENTITY = {
    "last_name": "Zorglubiskaïev",
    "first_name": "Quetzalinette",
    "birth_date": "29/11/1937",
    "town": "Xertignymontois",
    "phone": "06 39 98 12 34",
    "email": "courrielsecret@example.org",
    "language": "languebasquaise",
}
FORMS = ("1937-11-29", "29/11/1937", "29 novembre 1937", "639981234", "6 39 98 12 34")
WORDS = {
    word: f"{word} dit et confié à qui reçoit"
    for word in (
        "commentairesecret", "contactsecret", "notefactuelle", "noteclinique", "demandesecrete",
        "freinsecret", "partenairesecret", "synthesesecrete", "sortiesecrete", "renvoisecret",
        "transmissionsecrete", "reouverturesecrete", "interlocuteursecret", "brouillonsecret",
        "recherchesecrete", "verificationsecrete",
    )
}  # fmt: skip
IMPORTED = ("Frombolinard", "Ysolindette", "1941-12-07", "07/12/1941", "Villarimportée")
SECRETS = [
    *(value for name, value in IDENTITY.items() if name != "birth_date"), *FORMS, *WORDS, *IMPORTED
]  # fmt: skip


@pytest.mark.parametrize(
    "stored",
    [
        "Zorglubiskaïev".encode(),
        b"ZORGLUBISKA\xcfEV",
        "…Zorglubiskaïev…".encode("utf-16-le"),
        b'{"nom": "Zorglubiska\\u00efev"}',
        b"?q=Zorglubiska%C3%AFev",
        base64.b64encode("x Zorglubiskaïev".encode()),
        base64.urlsafe_b64encode(zlib.compress("dit : Zorglubiskaïev".encode())),
        b"\\\\x" + "Zorglubiskaïev".encode().hex().encode(),
        b"bruit" + zlib.compress("dit : Zorglubiskaïev".encode()) + b"bruit",
    ],
)
def test_a_name_is_found_however_it_is_wrapped(stored):
    assert raw.found(["Zorglubiskaïev", "Autre"], b"avant " + stored + b" fin") == {
        "Zorglubiskaïev"
    }


@dataclass
class Desk:
    manager: Membership
    practitioner: Membership
    browser: Client

    def post(self, route: str, *given, expected: int = 302, **fields):
        answer = self.browser.post(reverse(route, args=given), fields)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return answer


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    """An installation of its own: data, keys, temporary files."""
    settings.DATA_DIR = tmp_path / "data"
    settings.VAULT_DIR = tmp_path / "data" / "keys"
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    keys.forget()
    yield tmp_path
    keys.forget()


@pytest.fixture
def desk(transactional_db, folder):
    branch = OrganisationFactory(branch=True, slug="antenne-brute", name="Antenne brute")
    SiteFactory(organisation=branch, slug="lieu-brut")
    manager = MembershipFactory(organisation=branch, manager=True)
    browser = Client()
    browser.force_login(manager.user)
    return Desk(manager, MembershipFactory(organisation=branch), browser)


def arrive(desk: Desk) -> Referral:
    """Searched, checked, begun, registered: through the pages, with a message left unread."""
    given = {
        **IDENTITY, "sex": "H", "referrer_category": "spip", "legal_framework": "postsentenciel",
        "received_on": f"{timezone.localdate() - timedelta(days=60):%d/%m/%Y}",
        "care_obligation": "unknown", "motivation": "non_precise", "employment": "non_precise",
        "marital_status": "non_precise", "resources": "non_precise",
        "comment": WORDS["commentairesecret"], "referrer_contact": WORDS["interlocuteursecret"],
    }  # fmt: skip
    desk.post("search", expected=200, q=f"{IDENTITY['last_name']} recherchesecrete")
    desk.post(
        "referral_check", expected=200, last_name=IDENTITY["last_name"],
        first_name="verificationsecrete", birth_date=IDENTITY["birth_date"],
    )  # fmt: skip
    desk.post(
        "save_draft", expected=204, _draft="referral-add:autre", _as=desk.manager.pk,
        comment=WORDS["brouillonsecret"], **IDENTITY,
    )  # fmt: skip
    desk.post("referral_new", **given)
    return Referral.objects.get()


def follow_up(desk: Desk, referral: Referral) -> None:
    today, manager, by = timezone.localdate(), desk.manager, desk.practitioner
    actions.record_assessment(
        by=by, referral=referral, held_on=today - timedelta(days=50), position="partial",
        motivation="adhesion", conclusion="accept", request=WORDS["demandesecrete"],
        obstacles=WORDS["freinsecret"], care_partners=WORDS["partenairesecret"],
        summary=WORDS["synthesesecrete"],
    )  # fmt: skip
    follow.record_contact(
        by=manager, referral=referral, channel="phone", outcome="reached",
        comment=WORDS["contactsecret"],
    )  # fmt: skip
    actions.return_to_referrer(
        by=manager, referral=referral, on=today, reason="injoignable",
        comment=WORDS["renvoisecret"],
    )  # fmt: skip
    actions.reopen(by=manager, referral=referral, comment=WORDS["reouverturesecrete"])
    referral.refresh_from_db()
    episode = follow.accept(
        by=manager, referral=referral, version=referral.version, site=site_of(desk),
        entered_on=today - timedelta(days=2), referent=by.user,
    )  # fmt: skip
    for kind, word in (("factual", "notefactuelle"), ("clinical", "noteclinique")):
        follow.write_note(by=by, referral=referral, kind=kind, text=WORDS[word])
    follow.record_exit(
        by=by, episode=episode, version=episode.version, on=today, reason="concertee",
        comment=WORDS["sortiesecrete"],
    )  # fmt: skip


def site_of(desk: Desk):
    return desk.manager.organisation.sites.get()


def go_elsewhere(desk: Desk, person: Participant) -> None:
    """Comes back, and is passed to another branch, that has its own keys."""
    again = actions.register_referral(
        by=desk.manager, participant=person,
        referral={
            "received_on": timezone.localdate(), "referrer_category": "spip",
            "legal_framework": "postsentenciel",
        },
    )  # fmt: skip
    actions.redirect(
        by=desk.manager, referral=again, to=OrganisationFactory(branch=True),
        on=timezone.localdate(), comment=WORDS["transmissionsecrete"],
    )  # fmt: skip


def import_more(desk: Desk, folder) -> None:
    source = folder / "suivis.csv"
    source.write_text(
        "dossier;nom;prenom;sexe;date_naissance;commune;prescripteur;cadre;date_orientation\n"
        "A1;Frombolinard;Ysolindette;F;07/12/1941;Villarimportée;spip;volontaire;01/02/2024\n"
    )
    for options in (["--dry-run"], [], []):
        call_command(
            "import", "follow-ups", str(source), "--organisation", "antenne-brute", *options
        )
    source.unlink()  # it is the host's, not ours


def take_out(desk: Desk) -> None:
    """Every list, export and report; what is sent to the browser is not kept. It is another browser
    than that of the arrival, where a message waits to be read."""
    desk.browser = Client()
    desk.browser.force_login(desk.manager.user)
    for layout in ("csv", "xlsx"):
        desk.post("files_export", expected=200, layout=layout)
        desk.post("referrals_export", layout, expected=200)
    report = ("antenne-brute", timezone.localdate().year, "default")
    for person in Participant.objects.filter(organisation=desk.manager.organisation):
        assert desk.browser.get(reverse("file", args=[person.uid])).status_code == 200
    assert desk.browser.get(reverse("report", args=report)).status_code == 200
    for kind in ("json", "xlsx", "pdf", "docx"):
        desk.post("report_file", *report, kind, expected=200)


def test_no_identity_and_no_note_is_stored_in_clear(desk, folder, capsys, caplog):
    referral = arrive(desk)
    follow_up(desk, referral)
    go_elsewhere(desk, referral.participant)
    import_more(desk, folder)
    take_out(desk)
    assert Note.objects.count() == 2
    assert Participant.objects.count() == 3
    assert any("_messages" in session.get_decoded() for session in Session.objects.all())
    connection.close()

    stored = raw.database() | raw.files(folder)

    everything = b"\n".join(stored.values())
    control = ["antenne-brute", referral.participant.reference, "referral_registered"]
    assert raw.found(control, everything) == set(control)
    assert any(name.endswith(".parquet") for name in stored)
    for name, content in stored.items():
        assert raw.found(SECRETS, content) == set(), name
    assert raw.found(SECRETS, caplog.text.encode() + capsys.readouterr().err.encode()) == set()
