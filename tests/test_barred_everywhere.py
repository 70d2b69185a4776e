"""A barred worker, and one who may not open a restricted file, at every page that could tell."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.barriers import actions as barriers
from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.models import Membership
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.programme.episodes.actions import appointments, follow
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.episodes.tests.counting import queries
from maillage.programme.episodes.tests.factories import AppointmentFactory, EpisodeFactory
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake import actions as intake
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.acts import GIVEN
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory
from maillage.support.reception.tests.factories import BeneficiaryFactory

pytestmark = pytest.mark.django_db

NAME, FIRST, BORN, REFERENCE = "Xylandre", "Ismérie", date(1981, 2, 3), "REF-SECRETE-7"
WHY = "La personne est menacée par un proche."


@dataclass
class House:
    person: Participant
    episode: Episode
    pending: Referral
    appointment: Appointment
    practitioner: Membership
    reception: Membership
    manager: Membership
    chief: Membership


@pytest.fixture
def house() -> House:
    """A file followed and referred anew, met today, silent, late: it shows wherever it can."""
    branch = OrganisationFactory(branch=True, slug="branch")
    practitioner = MembershipFactory(organisation=branch)
    person = ParticipantFactory(
        organisation=branch,
        last_name=NAME,
        first_name=FIRST,
        birth_date=BORN,
        reference=REFERENCE,
        phone="+33639981234",
    )
    episode = EpisodeFactory(
        referral=ReferralFactory(participant=person, accepted=True, received_on=date(2025, 9, 1)),
        site=SiteFactory(organisation=branch),
        referent=practitioner.user,
        silent=True,
    )
    pending = ReferralFactory(participant=person, number=2, waiting=True, due_on=date(2025, 9, 30))
    groups.enrolment(pending, user=practitioner.user)
    run = groups.group(branch, SiteFactory(organisation=branch), starts_on=date(2025, 10, 1))
    groups.enrolment(
        episode.referral, user=practitioner.user, group=run, status="absent", asked_on=run.starts_on
    )
    noon = timezone.localtime().replace(hour=12)
    return House(
        person=person,
        episode=episode,
        pending=pending,
        appointment=AppointmentFactory(
            referral=episode.referral, practitioner=practitioner.user, starts_at=noon
        ),
        practitioner=practitioner,
        reception=MembershipFactory(organisation=branch, reception=True),
        manager=MembershipFactory(organisation=branch, manager=True),
        chief=MembershipFactory(organisation=branch, manager=True),
    )


def browser(by: Membership) -> Client:
    client = Client()
    client.force_login(by.user)
    session = client.session
    session["membership"] = by.pk
    session.save()
    return client


def shut_out(house: House, by: Membership) -> None:
    barriers.bar(by=house.chief, file=house.person, user=by.user, reason=WHY)


LISTS = {
    "today": {},
    "files": {"state": "all"},
    "referrals": {},
    "waiting_list": {},
    "groups": {},
    "course_waiting_list": {},
    "enrolment_dues": {},
}
EXPORTS = {
    "files_export": ({}, {"layout": "csv"}),
    "referrals_export": ({"extension": "csv"}, {}),
    "waiting_list_export": ({"extension": "csv"}, {}),
    "course_waiting_list_export": ({"extension": "csv"}, {}),
}


def told(house: House, by: Membership) -> dict[str, str]:
    """Everything that the lists, the searches, the exports and the checks answer."""
    client, found = browser(by), {}
    for route, asked in LISTS.items():
        found[route] = client.get(reverse(route), asked)
    found["today of the branch"] = client.get(reverse("today"), {"de": "antenne"})
    for route, (where, sent) in EXPORTS.items():
        url = reverse(route, kwargs=where) + "?state=all"
        found[route] = client.post(url if route == "files_export" else url[:-10], sent)
    for typed in (NAME[:5], FIRST, "3/2/1981", REFERENCE, "06 39 98 12 34"):
        found[f"search {typed}"] = client.post(reverse("search"), {"q": typed})
    typed = {"last_name": NAME, "first_name": FIRST, "birth_date": "3/2/1981"}
    found["duplicates"] = client.post(reverse("referral_check"), typed)
    if by.role == "manager":
        found["team"] = client.get(reverse("team"))
        cell = ("branch", 2025, "default", "received-by-sex", "H", "total")
        found["report cell"] = client.get(reverse("report_cell", args=cell))
        found["protection"] = client.get(reverse("protection"))
    assert {answer.status_code for answer in found.values()} == {200}
    return {where: b"".join(answer).decode(errors="replace") for where, answer in found.items()}


def tells(text: str, house: House, searched: str = "") -> bool:
    """Whether a page names the person, but for what whoever asks has typed into it."""
    return (
        NAME.upper() in text
        or house.person.uid in text
        or house.pending.uid in text
        or (REFERENCE in text and searched != REFERENCE)
    )


@pytest.mark.parametrize("who", ["practitioner", "reception", "manager"])
class TestABarredWorker:
    def test_could_read_of_the_file_before(self, house, who):
        """The fault that shows the test below can fail."""
        found = {w for w, text in told(house, getattr(house, who)).items() if tells(text, house)}

        assert {"files", "referrals", "waiting_list", "duplicates", f"search {FIRST}"} <= found

    def test_reads_nothing_of_it_anywhere(self, house, who):
        shut_out(house, getattr(house, who))

        for where, text in told(house, getattr(house, who)).items():
            assert not tells(text, house, where.removeprefix("search ")), where

    def test_gets_404_at_each_of_its_addresses(self, house, who):
        by, followed, sent = getattr(house, who), house.episode.referral.uid, house.pending.uid
        shut_out(house, by)
        client = browser(by)
        addresses = [
            *(
                reverse(route, args=[house.person.uid])
                for route in (
                    *("file", "file_trail", "referral_add", "identity_edit"),
                    *("file_declare", "file_restrict", "file_bar"),
                )
            ),
            *(
                reverse(route, args=[followed])
                for route in (
                    *("episode_assign", "module_start", "situation_change", "note_new"),
                    *("contact_attempt_new", "appointment_new", "episode_exit"),
                )
            ),
            *(
                reverse(route, args=[sent])
                for route in (
                    *("referral_edit", "referral_wait", "referral_return", "referral_redirect"),
                    *("referral_close", "assessment_new", "episode_accept"),
                )
            ),
            reverse("appointment_postpone", args=[house.appointment.pk]),
        ]

        found = {address: client.get(address).status_code for address in addresses}
        marked = client.post(reverse("appointment_mark", args=[house.appointment.pk, "excuse"]))

        assert set(found.values()) == {404}, found
        assert marked.status_code == 404

    def test_writes_nothing_in_it(self, house, who):
        by = getattr(house, who)
        shut_out(house, by)
        before = TrailEntry.objects.count()

        with pytest.raises(Referral.DoesNotExist):
            follow.record_contact(
                by=by, referral=house.episode.referral, channel="phone", outcome="reached"
            )
        with pytest.raises(Participant.DoesNotExist):
            intake.update_identity(by=by, participant=house.person, version=1, town="Ici")

        assert TrailEntry.objects.count() == before

    def test_registers_the_same_person_as_if_unknown(self, house, who):
        by = getattr(house, who)
        shut_out(house, by)
        identity = {"last_name": NAME, "first_name": FIRST, "birth_date": BORN, "sex": "H"}

        made = intake.register_referral(by=by, identity=identity, referral=GIVEN)

        assert made.participant != house.person
        assert made.number == 1


class TestOracles:
    def test_a_form_sent_again_after_one_was_shut_out_opens_another_file(self, house):
        identity = {"last_name": "Belcastel", "sex": "H"}
        given = {"identity": identity, "referral": GIVEN, "uid": "b" * 12}
        first = intake.register_referral(by=house.reception, **given)
        barriers.declare(by=house.reception, file=first.participant)

        again = intake.register_referral(by=house.reception, **given)

        assert again.uid != first.uid
        assert again.participant != first.participant

    def test_the_trail_does_not_say_whether_the_reference_exists(self, house):
        shut_out(house, house.manager)
        client = browser(house.manager)

        def answer(reference: str) -> str:
            page = client.get(reverse("trail_find"), {"reference": reference}, follow=True)
            return page.content.decode().replace(reference, "")

        told = answer(REFERENCE)
        assert "Aucun dossier ne porte la référence" in told
        assert "Aucun dossier ne porte la référence" in answer("9999-9999")

    def test_the_data_protection_officer_reads_the_trail_of_a_restricted_file_but_not_barred(
        self, house
    ):
        dpo = MembershipFactory(organisation=house.person.organisation, dpo=True)
        barriers.restrict(by=house.chief, file=house.person, reason=WHY)
        url = reverse("file_trail", args=[house.person.uid])
        assert browser(dpo).get(url).status_code == 200

        house.person.barriers.create(
            user=dpo.user, by=house.chief.user, organisation=house.person.organisation
        )

        assert browser(dpo).get(url).status_code == 404

    def test_the_counts_of_a_list_are_those_of_its_rows(self, house):
        other = ParticipantFactory(organisation=house.person.organisation)
        EpisodeFactory(
            referral=ReferralFactory(participant=other, accepted=True), site=house.episode.site
        )
        shut_out(house, house.reception)

        page = browser(house.reception).get(reverse("files"))

        assert page.context["count"] == 1

    def test_the_figures_of_the_report_stay_those_of_everybody(self, house):
        url = reverse("report", args=["branch", 2025, "default"])
        before = browser(house.manager).get(url).context["report"]

        shut_out(house, house.manager)

        after = browser(house.manager).get(url).context["report"]
        assert [t.cells for t in after.tables] == [t.cells for t in before.tables]


class TestGivingTheFileToABarredWorker:
    @pytest.fixture
    def colleague(self, house) -> Membership:
        colleague = MembershipFactory(organisation=house.person.organisation)
        shut_out(house, colleague)
        return colleague

    def test_is_refused_as_referent(self, house, colleague):
        with pytest.raises(Refused):
            follow.assign(
                by=house.manager, episode=house.episode, version=1, referent=colleague.user
            )

    def test_is_refused_for_a_module(self, house, colleague):
        with pytest.raises(Refused):
            follow.start_module(
                by=house.manager,
                episode=house.episode,
                code="suivi_psychologique",
                starts_on=timezone.localdate(),
                practitioner=colleague.user,
            )

    def test_is_refused_for_an_appointment(self, house, colleague):
        with pytest.raises(Refused):
            appointments.plan(
                by=house.manager,
                referral=house.episode.referral,
                practitioner=colleague.user,
                starts_at=timezone.now() + timedelta(days=3),
            )


class TestARestrictedFile:
    @pytest.fixture(autouse=True)
    def _restricted(self, house):
        barriers.restrict(by=house.chief, file=house.person, reason=WHY)

    def test_is_read_of_nowhere_by_a_colleague(self, house):
        colleague = MembershipFactory(organisation=house.person.organisation)

        for where, text in told(house, colleague).items():
            assert not tells(text, house, where.removeprefix("search ")), where

    def test_is_told_to_reception_by_the_hour_and_the_reference_of_its_meeting_alone(self, house):
        found = told(house, house.reception)

        assert REFERENCE in found.pop("today")
        assert REFERENCE in found.pop("today of the branch")
        for where, text in found.items():
            assert not tells(text, house, where.removeprefix("search ")), where
        for text in told(house, house.reception).values():
            assert NAME.upper() not in text
            assert house.person.uid not in text

    def test_does_not_tell_of_its_meeting_to_a_barred_receptionist(self, house):
        shut_out(house, house.reception)

        assert REFERENCE not in told(house, house.reception)["today"]

    def test_stays_with_its_referent(self, house):
        assert tells(told(house, house.practitioner)["files"], house)


def test_a_list_costs_the_same_queries_with_and_without_barriers(house):
    by = MembershipFactory(organisation=house.person.organisation)
    client = browser(by)

    def visit() -> None:
        assert client.get(reverse("files")).status_code == 200

    before = len(queries(visit))
    for _ in range(3):
        other = ParticipantFactory(organisation=house.person.organisation)
        barriers.bar(by=house.chief, file=other, user=by.user, reason=WHY)
        barriers.restrict(by=house.chief, file=other, reason=WHY)

    assert len(queries(visit)) == before


def test_two_files_of_one_human_on_two_sides_stay_unknown_to_each_other(house):
    """The same name, the same birth date, the same house: neither side finds the other's."""
    branch = house.person.organisation
    theirs = BeneficiaryFactory(
        organisation=branch, last_name=NAME, first_name=FIRST, birth_date=BORN
    )
    helper = MembershipFactory(organisation=branch, support=True, manager=True)
    client = browser(helper)

    found = client.post(reverse("beneficiary_search"), {"q": f"{NAME} {FIRST}"})
    assert found.content.decode().count(f"/personnes/{theirs.uid}/") == 1
    for secret in (house.person.uid, REFERENCE):
        assert secret not in found.content.decode()
    for where, text in told(house, house.manager).items():
        assert theirs.uid not in text, where
        assert theirs.reference not in text, where

    ours = set(house.person.name_keys.values_list("digest", flat=True))
    assert ours
    assert not ours & set(theirs.name_keys.values_list("digest", flat=True))
    for route, uid in (("file", theirs.uid), ("beneficiary", house.person.uid)):
        for by in (house.manager, helper):
            assert browser(by).get(reverse(route, args=[uid])).status_code == 404
