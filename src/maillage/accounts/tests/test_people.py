"""Accounts of others: who invites whom, what a link opens, and how somebody is shut out."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.accounts import factors, reading
from maillage.accounts.actions import others
from maillage.accounts.models import Invitation, UserSession
from maillage.accounts.tests.signing import sign_in
from maillage.core.errors import Refused
from maillage.core.models import TrailEntry, User
from maillage.network.models import Membership
from maillage.network.roles import Side
from maillage.network.tests.factories import PASSWORD, MembershipFactory, UserFactory

NEW = "nouvelle@exemple.test"
CHOSEN = {
    "name": "Noé Vidal",
    "password": "cinq mots sans rapport",
    "again": "cinq mots sans rapport",
}


def texts(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def invite(by: Membership, role: str = "reception", **given) -> Invitation:
    given = {"email": NEW, "until": others.a_year_ahead()} | given
    return others.invite(by=by, role=role, **given)


class TestWhoInvitesWhom:
    @pytest.mark.parametrize(
        ("who", "opened"),
        [
            ("manager", {"reception", "practitioner"}),
            ("administrator", {"manager", "coordinator", "dpo", "administrator"}),
            ("other_side", {"reception", "practitioner"}),
            ("practitioner", set()),
            ("dpo", set()),
        ],
    )
    def test_is_the_manager_for_the_team_and_the_administrator_for_the_rest(
        self, house, who, opened
    ):
        by = getattr(house, who)
        for role in ("reception", "practitioner", "manager", "coordinator", "dpo", "administrator"):
            if role in opened:
                assert invite(by, role).role == role
            else:
                with pytest.raises(PermissionDenied):
                    invite(by, role)

    def test_is_for_ones_own_organisation_and_ones_own_side(self, house):
        invitation = invite(house.other_side)

        assert (invitation.organisation, invitation.side) == (house.branch, Side.SUPPORT)
        assert not Invitation.objects.visible_to(house.manager).exists()
        assert not Invitation.objects.visible_to(house.stranger).exists()

    def test_is_never_for_oneself(self, house):
        with pytest.raises(Refused):
            invite(house.administrator, "manager", email=house.administrator.user.email.upper())

    def test_is_for_a_year_at_most(self, house):
        with pytest.raises(Refused):
            invite(house.manager, until=others.a_year_ahead() + timedelta(days=1))

    def test_answers_the_same_whether_the_address_has_an_account(self, house):
        client = sign_in(Client(), house.manager)
        known = client.post(
            reverse("invite"),
            {"email": house.stranger.user.email, "role": "reception", "until": "demain"},
        )
        unknown = client.post(
            reverse("invite"), {"email": NEW, "role": "reception", "until": "demain"}
        )

        assert known.status_code == unknown.status_code == 302
        assert known.url.startswith("/espace/comptes/lien/")
        pages = [texts(client.get(each.url)) for each in (known, unknown)]
        assert house.stranger.user.name not in pages[0]


class TestTheLink:
    def test_opens_an_account_once_then_asks_for_a_second_factor(self, house):
        invitation = invite(house.manager)
        address = reverse("invitation", args=[invitation.token])
        client = Client()

        assert client.get(address).status_code == 200
        answer = client.post(address, CHOSEN)

        assert answer.url == reverse("factor_add")
        member = Membership.objects.get(user__email=NEW)
        assert (member.role, member.side, member.ends_on) == (
            "reception",
            "programme",
            others.a_year_ahead(),
        )
        assert client.get("/espace/").url.startswith(reverse("factor_add"))
        again = Client().get(address)
        assert again.status_code == 410
        assert Client().post(address, CHOSEN).status_code == 410
        told = TrailEntry.objects.get(verb="invitation_accepted")
        assert (told.by, told.organisation) == (member.user, "val-clair")

    def test_opens_nothing_after_seven_days(self, house):
        invitation = invite(house.manager)
        week = timedelta(days=7)
        Invitation.objects.update(
            created_at=timezone.now() - week, expires_at=timezone.now() - timedelta(seconds=1)
        )

        address = reverse("invitation", args=[invitation.token])

        assert invitation.expires_at - invitation.created_at <= week + timedelta(seconds=1)
        assert Client().get(address).status_code == 410

    def test_opens_nothing_once_withdrawn_or_replaced(self, house):
        first = invite(house.manager)
        second = invite(house.manager)
        assert Invitation.objects.of_token(first.token) is None

        others.withdraw(by=house.manager, invitation=second)

        assert Invitation.objects.of_token(second.token) is None

    def test_is_not_guessed_from_what_the_database_keeps(self, house):
        invitation = invite(house.manager)

        assert invitation.token not in str(Invitation.objects.values())
        assert Client().get(reverse("invitation", args=[invitation.uid])).status_code == 410
        forged = f"{invitation.uid}:{'A' * 43}"
        assert Client().get(reverse("invitation", args=[forged])).status_code == 410

    def test_leads_who_has_an_account_to_sign_in_then_to_accept(self, house):
        known = UserFactory(email=NEW, password=PASSWORD)
        invitation = invite(house.manager)
        address = reverse("invitation", args=[invitation.token])
        assert Client().get(address).url.startswith("/connexion/?next=")
        client = Client()
        client.force_login(known)

        client.post(address)

        assert Membership.objects.get(user=known).role == "reception"

    def test_is_refused_to_another_account(self, house):
        client = sign_in(Client(), house.stranger)

        answer = client.post(reverse("invitation", args=[invite(house.manager).token]))

        assert answer.status_code == 409
        assert Membership.objects.filter(user=house.stranger.user).count() == 1
        assert Invitation.objects.open().count() == 1

    @pytest.mark.parametrize(
        ("password", "again", "said"),
        [
            ("court", "court", "au minimum 12 caractères"),
            ("motdepasse123", "autre chose ici", "diffèrent"),
            ("123456789012345", "123456789012345", "numérique"),
            ("nouvelle@exemple", "nouvelle@exemple", "semblable"),
        ],
    )
    def test_takes_no_weak_password(self, house, password, again, said):
        address = reverse("invitation", args=[invite(house.manager).token])
        sent = {"name": "Noé Vidal", "password": password, "again": again}

        answer = Client().post(address, sent)

        assert said in texts(answer)
        assert not User.objects.filter(email=NEW).exists()

    def test_is_mailed_where_mail_is_set_up_and_names_nobody(self, house, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        client = sign_in(Client(), house.manager)
        sent = {"email": NEW, "role": "reception", "until": "demain", "send": "1"}

        from django.test import TestCase

        with TestCase.captureOnCommitCallbacks(execute=True):
            client.post(reverse("invite"), sent)

        message = mail.outbox[0]
        assert message.to == [NEW]
        assert Invitation.objects.get().token in message.body
        for name in ("Vauban", "violence", "auteur", "victime", house.branch.name):
            assert name not in message.subject + message.body


class TestTheListOfAccounts:
    def test_holds_those_of_the_organisation_and_side_and_no_other(self, house):
        page = texts(sign_in(Client(), house.manager).get(reverse("accounts")))

        for inside in (house.practitioner, house.reception, house.dpo, house.administrator):
            assert inside.user.name in page
        for outside in (house.other_side, house.stranger):
            assert outside.user.name not in page

    def test_tells_first_what_ends_within_thirty_days(self, house):
        today = timezone.localdate()
        Membership.objects.filter(pk=house.practitioner.pk).update(
            ends_on=today + timedelta(days=30)
        )
        Membership.objects.filter(pk=house.reception.pk).update(ends_on=today + timedelta(days=31))

        first, *rest = reading.accounts_for(house.manager)

        assert first.membership == house.practitioner
        assert (first.state, first.kind) == ("prend fin dans 30\u00a0jours", "soon")
        assert {line.state for line in rest} == {"en cours"}

    def test_costs_the_same_number_of_queries_however_long(self, house, django_assert_num_queries):
        client = sign_in(Client(), house.manager)
        client.get(reverse("accounts"))
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as few:
            client.get(reverse("accounts"))
        for _ in range(4):
            MembershipFactory(organisation=house.branch)
        with CaptureQueriesContext(connection) as many:
            client.get(reverse("accounts"))

        assert len(many) == len(few)


class TestEnding:
    def test_refuses_the_very_next_request_and_ends_every_session(self, house):
        client = sign_in(Client(), house.practitioner)
        assert client.get("/espace/").status_code == 200

        others.end(by=house.manager, membership=house.practitioner)

        assert UserSession.objects.filter(user=house.practitioner.user).count() == 0
        answer = client.get("/espace/")
        assert answer.url.startswith("/connexion/?next=")
        assert "fin=fermee" in answer.url
        assert "_auth_user_id" not in client.session
        assert TrailEntry.objects.get(verb="membership_ended").by == house.manager.user

    def test_holds_even_for_a_session_that_would_go_on(self, house):
        others.end(by=house.manager, membership=house.practitioner)
        client = sign_in(Client(), house.practitioner)

        assert client.get("/espace/dossiers/").url == reverse("choose_membership")

    @pytest.mark.parametrize("who", ["stranger", "other_side"])
    def test_is_unknown_to_who_manages_elsewhere(self, house, who):
        with pytest.raises(Refused):
            others.end(by=getattr(house, who), membership=house.practitioner)

        house.practitioner.refresh_from_db()
        assert house.practitioner.ended_at is None

    def test_the_administrator_shuts_anybody_out_but_themselves(self, house):
        for membership in (house.practitioner, house.manager, house.dpo):
            others.end(by=house.administrator, membership=membership)

        with pytest.raises(PermissionDenied):
            others.end(by=house.administrator, membership=house.administrator)
        assert Membership.objects.filter(ended_at__isnull=False).count() == 3

    def test_a_manager_ends_no_manager(self, house):
        colleague = MembershipFactory(organisation=house.branch, manager=True)

        with pytest.raises(PermissionDenied):
            others.end(by=house.manager, membership=colleague)


class TestRenewing:
    def test_goes_a_year_ahead(self, house):
        others.renew(by=house.manager, membership=house.practitioner, until=others.a_year_ahead())

        house.practitioner.refresh_from_db()
        assert house.practitioner.ends_on == others.a_year_ahead()

    def test_brings_nobody_back_who_was_shut_out(self, house):
        others.end(by=house.manager, membership=house.practitioner)

        with pytest.raises(Refused):
            others.renew(
                by=house.manager, membership=house.practitioner, until=others.a_year_ahead()
            )


class TestANewStart:
    def test_by_a_link_changes_the_password_and_ends_the_sessions(self, house, with_totp):
        with_totp(house.practitioner)
        busy = sign_in(Client(), house.practitioner)
        invitation = others.open_password_reset(by=house.manager, membership=house.practitioner)
        address = reverse("invitation", args=[invitation.token])
        chosen = {"password": "un autre jour de pluie", "again": "un autre jour de pluie"}

        answer = Client().post(address, chosen)

        assert "fin=mot-de-passe" in answer.url
        assert busy.get("/espace/").status_code == 302
        client = Client()
        sent = {"email": house.practitioner.user.email, "password": "un autre jour de pluie"}
        assert client.post("/connexion/", sent).url.startswith("/connexion/second-facteur/")
        assert Client().get(address).status_code == 410

    def test_of_factors_asks_for_a_new_one_at_the_next_sign_in(
        self, house, with_totp, give_password
    ):
        with_totp(house.practitioner)

        others.reset_factors(by=house.manager, membership=house.practitioner)

        assert not factors.has_factor(house.practitioner.user)
        client, _ = give_password(house.practitioner)
        assert client.get("/espace/").url.startswith(reverse("factor_add"))

    @pytest.mark.parametrize("reset", [others.open_password_reset, others.reset_factors])
    def test_is_refused_for_who_also_works_where_one_does_not_manage(self, house, with_totp, reset):
        with_totp(house.practitioner)
        MembershipFactory(user=house.practitioner.user, organisation=house.branch, support=True)

        with pytest.raises(Refused, match="ne se rétablit pas d’ici"):
            reset(by=house.manager, membership=house.practitioner)

        assert factors.has_factor(house.practitioner.user)
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize("reset", [others.open_password_reset, others.reset_factors])
    @pytest.mark.parametrize("who", ["administrator", "practitioner", "dpo"])
    def test_is_given_by_the_manager_alone_to_the_team(self, house, reset, who):
        with pytest.raises((PermissionDenied, Refused)):
            reset(by=getattr(house, who), membership=house.reception)


class TestTheTechnicalAdministrator:
    def test_manages_accounts_and_opens_no_page_that_holds_a_name(self, house):
        client = sign_in(Client(), house.administrator)

        assert client.get(reverse("accounts")).status_code == 200
        for route in ("files", "referrals", "waiting_list", "team", "referral_new", "reports"):
            assert client.get(reverse(route)).status_code == 403


class TestOwnSessionsAndAccesses:
    def test_ends_another_one_and_stays(self, house):
        here, there = (sign_in(Client(), house.practitioner) for _ in range(2))
        uid = there.session["door"]

        here.post(reverse("sessions_end"), {"session": uid})

        assert there.get("/espace/").status_code == 302
        assert here.get("/espace/").status_code == 200

    def test_ends_all_others_at_once(self, house):
        here, *rest = (sign_in(Client(), house.practitioner) for _ in range(3))

        here.post(reverse("sessions_end"))

        assert [each.get("/espace/").status_code for each in (here, *rest)] == [200, 302, 302]

    def test_ends_none_of_somebody_else(self, house):
        theirs = sign_in(Client(), house.manager)
        mine = sign_in(Client(), house.practitioner)

        mine.post(reverse("sessions_end"), {"session": theirs.session["door"]})

        assert theirs.get("/espace/").status_code == 200

    def test_shows_what_one_looked_at_on_this_side_and_nothing_of_others(self, house):
        client = sign_in(Client(), house.practitioner)
        client.get(reverse("files"))
        other = sign_in(Client(), house.manager)
        other.get(reverse("waiting_list"))

        page = texts(client.get(reverse("account")))

        assert "Liste des dossiers" in page
        assert "Liste d’attente" not in page
        assert [access.what for access in reading.accesses_of(house.other_side)] == []


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        ("constraint", "broken"),
        [
            ("invitation_kind_known", {"kind": "autre"}),
            ("invitation_side_known", {"side": "autre"}),
            ("invitation_role_known", {"role": "autre"}),
            ("invitation_ends_after_it_starts", {"expires_at": timezone.now() - timedelta(days=1)}),
            ("invitation_of_a_password_is_of_an_account", {"kind": "password"}),
            (
                "invitation_used_or_withdrawn_not_both",
                {"used_at": timezone.now(), "withdrawn_at": timezone.now()},
            ),
        ],
    )
    def test_an_invitation_that_makes_no_sense(self, house, constraint, broken):
        invitation = invite(house.manager)

        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Invitation.objects.filter(pk=invitation.pk).update(**broken)


def test_the_server_gives_a_new_start_to_who_works_on_both_sides(house, with_totp, capsys):
    from django.core.management import call_command

    with_totp(house.practitioner)
    MembershipFactory(user=house.practitioner.user, organisation=house.branch, support=True)

    call_command("reset", house.practitioner.user.email, "--factors")

    token = capsys.readouterr().out.strip().split("/invitation/")[1].rstrip("/")
    assert Client().get(reverse("invitation", args=[token])).status_code == 200
    assert not factors.has_factor(house.practitioner.user)
    assert TrailEntry.objects.filter(verb="factors_reset").count() == 2
