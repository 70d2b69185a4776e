"""Who reads a request to be called back, what is kept of it, and what is left of it after."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.actors import CommandLine
from maillage.network.models import Membership, Organisation
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.support.callbacks import actions
from maillage.support.callbacks.models import Callback, Desk, desk_for

pytestmark = pytest.mark.django_db
NUMBER, WORD = "+33639981234", "hirondelle"
NOW = timezone.now()


@pytest.fixture
def house() -> Organisation:
    organisation = OrganisationFactory(slug="maison")
    Desk.objects.create(organisation=organisation, department=34, need="housing")
    return organisation


@pytest.fixture
def reception(house) -> Membership:
    return MembershipFactory(organisation=house, support=True, reception=True)


def ask(uid: str = "a" * 12, **given) -> Callback:
    told = {"phone": NUMBER, "code_word": WORD, "hours": "le matin", "town": "Agde", "note": ""}
    told |= {"need": "housing", "department": "34", "may_leave_message": False}
    return actions.receive(uid=uid, **told | given)


def sign_in(membership: Membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    session = client.session
    session["membership"] = membership.pk
    session.save()
    return client


class TestWhoReadsIt:
    def test_the_counter_of_the_place_and_need_alone(self, house, reception):
        other_need = OrganisationFactory()
        Desk.objects.create(organisation=other_need, department=34, need="talk")
        callback = ask()

        assert callback.organisation == house
        assert list(Callback.objects.visible_to(reception)) == [callback]

    @pytest.mark.parametrize(
        "who",
        [
            {"support": True, "manager": True},  # a stranger: the highest role of another house
            {"same": True, "manager": True},  # the programme side of the same house
            {"same": True, "support": True, "dpo": True},
            {"same": True, "support": True, "manager": True, "ended": True},
        ],
    )
    def test_nobody_else_may_know_that_it_exists(self, house, who):
        same = {"organisation": house} if who.pop("same", False) else {}
        outsider = MembershipFactory(**same, **who)
        callback = ask()

        assert not Callback.objects.visible_to(outsider).exists()
        with pytest.raises(Callback.DoesNotExist):
            actions.handle(callback=callback, by=outsider, outcome="reached")

    def test_not_even_whoever_may_do_everything_on_the_other_side(self, house):
        ask()

        assert Callback.objects.visible_to(CommandLine(house, side="support")).exists()
        assert not Callback.objects.visible_to(CommandLine(house, side="programme")).exists()

    def test_looking_leaves_a_trail(self, reception):
        callback = ask()
        page = sign_in(reception).get(f"/espace/rappels/{callback.uid}/")

        told = page.content.decode()
        assert "06 39 98 12 34" in told.replace("\u00a0", " ")
        assert WORD in told
        assert "Ne laissez aucun message" in told
        assert ReadEntry.objects.filter(what="callback", file=callback.uid).count() == 1

    def test_the_list_shows_no_number(self, reception):
        ask()
        told = sign_in(reception).get("/espace/rappels/").content.decode()

        assert "Un toit" in told
        assert "639981234" not in told.replace(" ", "").replace("\u00a0", "")
        assert WORD not in told


class TestWhatIsKept:
    def test_is_encrypted(self, house):
        ask(note="demander Alma")

        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM support_callbacks_callback")
            raw = b"".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode()
                           for v in cursor.fetchone())  # fmt: skip
        for clear in (NUMBER, WORD, "le matin", "Agde", "Alma"):
            assert clear.encode() not in raw

    def test_is_emptied_when_it_was_handled_and_the_trail_says_what_came(self, reception):
        handled = actions.handle(callback=ask(), by=reception, outcome="unreached")

        handled.refresh_from_db()
        assert [getattr(handled, name) for name in actions.SEALED] == [None] * 5
        entry = TrailEntry.objects.get(verb="callback_handled")
        assert entry.details == {"outcome": "unreached"}

    def test_is_handled_once(self, reception):
        callback = ask()
        actions.handle(callback=callback, by=reception, outcome="reached")

        with pytest.raises(PermissionDenied):
            actions.handle(callback=callback, by=reception, outcome="wrong")

    @pytest.mark.parametrize("outcome", ["", "open", "autre"])
    def test_needs_an_outcome(self, reception, outcome):
        with pytest.raises(Refused):
            actions.handle(callback=ask(), by=reception, outcome=outcome)


class TestTheCounter:
    def test_nobody_is_asked_where_there_is_none(self, house):
        for place, need in (("11", "housing"), ("34", "talk")):
            with pytest.raises(Refused, match="Aucun guichet"):
                ask(department=place, need=need)

        assert not Callback.objects.exists()

    @pytest.mark.parametrize("department", ["34", "2A", "974"])
    def test_is_set_and_ended_from_the_command_line(self, department, capsys):
        OrganisationFactory(slug="guichet")
        call_command("callback_desk", "guichet", department, "--needs", "talk")
        assert desk_for(department, "talk").organisation.slug == "guichet"

        call_command("callback_desk", "guichet", department, "--needs", "talk", "--end")
        desk = Desk.objects.get()
        assert desk.ends_on == timezone.localdate()

    def test_is_not_taken_from_another(self, house):
        OrganisationFactory(slug="autre")

        with pytest.raises(CommandError, match="déjà tenu"):
            call_command("callback_desk", "autre", "34", "--needs", "housing")


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("callback_need_known", {"need": "stop"}),
        ("callback_outcome_known", {"outcome": "lost", "phone": None, "handled_at": NOW}),
        ("callback_handled_is_emptied", {"outcome": "reached"}),
        ("callback_handled_is_emptied", {"phone": None}),
    ],
)
def test_the_database_refuses(house, constraint, broken):
    given = {"organisation": house, "need": "talk", "phone": NUMBER} | broken
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Callback.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("desk_need_known", {"need": "stop"}),
        ("desk_one_a_place_and_need|department", {"need": "housing"}),
        ("desk_ends_after_it_starts", {"ends_on": "2000-01-01"}),
    ],
)
def test_the_database_refuses_a_counter(house, constraint, broken):
    given = {"organisation": house, "department": 34, "need": "talk"} | broken
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Desk.objects.create(**given)
