"""A day's work through the real pages and commands, connected as the role that serves them."""

import io
import sys
from datetime import timedelta

import pytest
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone

from maillage.accounts.tests.signing import sign_in
from maillage.config.urls import (  # noqa: F401 — these pages stand beside the real ones
    handler400,
    handler403,
    handler404,
    handler500,
    urlpatterns,
)
from maillage.core import rowlock
from maillage.core.models import Draft, ReadEntry, TrailEntry, User, make_uid
from maillage.core.tests.roles import APPLICATION, connected_as
from maillage.network.actors import CommandLine
from maillage.network.models import Membership
from maillage.network.tests.factories import (
    PASSWORD,
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)
from maillage.programme.episodes.models import Episode, Note
from maillage.programme.intake.models import Participant, Referral

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")
TODAY = timezone.localdate()
SITUATION = {"marital_status": "marie", "employment": "retraite", "resources": "retraite"}


@pytest.fixture
def served(transactional_db):
    """Nothing is written yet; every connection is the application's once the people are there."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row-level security")

    def become():
        return connected_as(APPLICATION)

    return become


class Desk:
    """Somebody at work; every answer is one that was expected."""

    def __init__(self, by: Membership):
        self.by, self.client = by, Client()
        sign_in(self.client, by)

    def get(self, route: str, *args, **query) -> str:
        answer = self.client.get(reverse(route, args=args), query)
        assert answer.status_code == 200, (route, answer.status_code)
        return answer.content.decode()

    def post(self, route: str, *args, status: int = 302, **fields) -> HttpResponse:
        answer = self.client.post(reverse(route, args=args), fields)
        assert answer.status_code == status, (
            route,
            getattr(answer.context and answer.context.get("form"), "errors", ""),
        )
        return answer


def registered(desk: Desk, name: str) -> Referral:
    desk.post(
        "referral_new",
        once=make_uid(),
        last_name=name,
        first_name=f"{name}-Ondine",
        sex="F",
        birth_date=f"3/2/{1970 + len(name)}",
        received_on=f"{TODAY - timedelta(days=10):%d/%m/%Y}",
        referrer_category="spip",
        legal_framework="presentenciel",
        motivation="non_precise",
        obligations=["interdiction_contact"],
        modules=["stage"],
        comment="Convocation remise à l’audience.",
        **SITUATION,
    )
    with rowlock.acting(desk.by):
        return Referral.objects.select_related("participant").latest("pk")


def test_a_day_of_work(served):
    branch, other = OrganisationFactory(branch=True), OrganisationFactory(branch=True)
    site = SiteFactory(organisation=branch)

    def member(organisation=branch, **given):
        return MembershipFactory(organisation=organisation, user__password=PASSWORD, **given)

    reception, practitioner, manager = member(reception=True), member(), member(manager=True)
    dpo, elsewhere = member(dpo=True), member(other, manager=True)
    coordinator = member(OrganisationFactory(lead=True), coordinator=True)
    helper = member(support=True, manager=True)

    with served():
        desk = Desk(reception)
        referral = registered(desk, "Salamandre")
        file = referral.participant.uid
        assert "SALAMANDRE" in desk.post("search", q="salam", status=200).content.decode()
        assert "SALAMANDRE" in desk.get("file", file)
        desk.post("referral_wait", referral.uid, on="aujourd’hui", site=site.pk)
        assert "SALAMANDRE" in desk.get("waiting_list")
        desk.post(
            "contact_attempt_new",
            referral.uid,
            on=f"{TODAY:%d/%m/%Y}",
            time="09:00",
            channel="phone",
            outcome="reached",
        )

        desk = Desk(practitioner)
        desk.post(
            "episode_accept",
            referral.uid,
            version=2,
            entered_on=f"{TODAY - timedelta(days=3):%d/%m/%Y}",
            site=site.pk,
            referent=practitioner.user.pk,
            modules=["stage"],
            **SITUATION,
        )
        desk.post("note_new", referral.uid, kind="factual", on="aujourd’hui", text="Vu ce jour.")
        desk.post(
            "save_draft", _draft="note:x", _as=str(practitioner.pk), text="à suivre", status=204
        )
        assert "SALAMANDRE" in desk.get("files")
        desk.get("today")
        desk.post("episode_exit", referral.uid, version=1, on="aujourd’hui", reason="concertee")
        second = registered(Desk(reception), "Ouragan")
        desk.post("referral_redirect", second.uid, on="aujourd’hui", to=other.pk, comment="")

        assert "OURAGAN" in Desk(elsewhere).get("referrals")
        assert "SALAMANDRE" not in Desk(elsewhere).get("referrals")
        assert Desk(elsewhere).client.get(reverse("file", args=[file])).status_code == 404
        desk = Desk(manager)
        desk.get("team")
        year = TODAY.year
        for reader in (desk, Desk(coordinator)):
            assert f"{year}" in reader.get("reports")
            assert "Total" in reader.get("report", branch.slug, year, "default")
        desk.post("report_file", branch.slug, year, "default", "xlsx", status=200)
        desk.post("files_export", layout="csv", status=200)
        assert "Orientation enregistrée" in Desk(dpo).get("file_trail", file)
        Desk(helper).get("support_today")
        Desk(helper).get("beneficiaries")

        with rowlock.acting(manager):
            assert Episode.objects.get().exit_reason == "concertee"
            assert (Note.objects.count(), Participant.objects.count()) == (1, 2)
            assert ReadEntry.objects.filter(file=file).exists()
            verbs = set(TrailEntry.objects.values_list("verb", flat=True))
        assert {"referral_registered", "referral_accepted", "referral_redirected"} <= verbs
        with rowlock.acting(elsewhere):
            assert (
                TrailEntry.objects.exclude(verb="enrolment_asked").get().verb
                == "referral_received_from_branch"
            )
        with rowlock.acting(practitioner):
            assert Draft.objects.count() == 1


def test_the_commands_of_a_host(served, tmp_path, monkeypatch):
    branch = OrganisationFactory(branch=True, slug="branch")
    SiteFactory(organisation=branch, slug="agde", name="Agde")
    header = "dossier;episode;sexe;prescripteur;cadre;date_orientation;date_entree;lieu;nom"
    rows = [f"A{n};1;H;spip;volontaire;01/02/2024;15/02/2024;Agde;Nom{n}" for n in range(1100)]
    sheet = tmp_path / "suivis.csv"
    sheet.write_text("\n".join((header, *rows)), encoding="utf-8")

    with served():
        call_command("network", "load", stdout=io.StringIO())
        monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
        made = ("createuser", "a@exemple.test", "--name", "A", "--role", "manager")
        call_command(*made, organisation="branch", stdout=io.StringIO())
        call_command("import", "follow-ups", str(sheet), organisation="branch")
        report = tmp_path / "rapport.json"
        call_command(
            "report", "branch", organisation="branch", year=2024, output=report, format="json"
        )

        assert Membership.objects.get().role == "manager"
        assert Participant.objects.count() == 0
        with rowlock.acting(CommandLine(branch)):
            assert (Participant.objects.count(), Episode.objects.count()) == (1100, 1100)
        assert '"value": 1100' in report.read_text() or "1100" in report.read_text()


@pytest.mark.django_db(transaction=True)
class TestWhatFailsIsUndoneAsAWhole:
    """Pages made for this, that write and then answer in every way a page can."""

    @pytest.fixture
    def answer(self, served, settings):
        by = MembershipFactory()
        settings.ROOT_URLCONF = __name__
        with served():
            client = Client(raise_request_exception=False)
            client.force_login(by.user)
            yield lambda how: client.get(f"/{how}/"), by

    @pytest.mark.parametrize(
        ("how", "status", "kept"),
        [
            ("well", 200, 1),
            ("refused_politely", 409, 1),
            ("forbidden", 403, 0),
            ("absent", 404, 0),
            ("broken", 500, 0),
            ("says_500", 500, 0),
            ("broken_sql", 500, 0),
            ("streamed", 500, 0),
        ],
    )
    def test_by_its_answer(self, answer, how, status, kept):
        ask, by = answer

        response = ask(how)

        assert response.status_code == status
        with rowlock.acting(by):
            assert Draft.objects.count() == kept
        assert Draft.objects.count() == 0


def _writing(end):
    def view(request):
        Draft.objects.create(
            user=request.user,
            organisation_id=request.membership.organisation_id,
            side=request.membership.side,
            form=f"x/{make_name()}",
            data="{}",
        )
        messages.success(request, "Fait.")
        return end()

    return view


def make_name() -> str:
    return timezone.now().isoformat()


def _raising(error: type[Exception]):
    def end():
        raise error

    return end


def _broken_sql():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


ENDS = {
    "well": lambda: HttpResponse("oui"),
    "refused_politely": lambda: HttpResponse("non", status=409),
    "forbidden": _raising(PermissionDenied),
    "absent": _raising(Http404),
    "broken": _raising(ValueError),
    "says_500": lambda: HttpResponse("panne", status=500),
    "broken_sql": _broken_sql,
    "streamed": lambda: StreamingHttpResponse(str(User.objects.count()) for _ in range(2)),
}
urlpatterns = [*urlpatterns, *(path(f"{how}/", _writing(end)) for how, end in ENDS.items())]
