"""Registering a referral, completing an identity, correcting either."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry, make_uid
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.programme.intake import actions, names
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.acts import GIVEN
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ParticipantFactory,
    ReferralFactory,
)

pytestmark = pytest.mark.django_db
WHO = {"last_name": "Rivière", "first_name": "Ange", "sex": "H", "birth_date": date(1981, 2, 3)}


def register(by, identity=WHO, participant=None, **changes):
    codes = {key: changes.pop(key) for key in ("obligations", "modules", "uid") if key in changes}
    given = {**GIVEN, **changes}
    return actions.register_referral(
        by=by, identity=identity, participant=participant, referral=given, **codes
    )


class TestRegisteringSomebodyNew:
    def test_opens_a_file_with_the_first_reference_of_the_year(self, reception):
        referral = register(reception)

        person = referral.participant
        assert person.reference == "2025-0001"
        assert (person.last_name, person.birth_date) == ("Rivière", date(1981, 2, 3))
        assert (referral.status, referral.number) == (Referral.Status.RECEIVED, 1)
        assert [(s.status, s.on) for s in referral.steps.all()] == [("received", date(2025, 9, 1))]

    def test_counts_references_by_branch_and_by_year(self, reception, stranger):
        register(reception)
        register(stranger)
        second = register(reception)
        other_year = register(reception, received_on=date(2026, 1, 2))

        assert second.participant.reference == "2025-0002"
        assert other_year.participant.reference == "2026-0001"

    def test_goes_on_counting_after_the_ten_thousandth_and_past_foreign_references(
        self, reception, branch
    ):
        for reference in ("2025-9999", "2025-12bis", "2025-10000"):
            ParticipantFactory(organisation=branch, reference=reference)

        assert register(reception).participant.reference == "2025-10001"

    def test_takes_somebody_of_whom_only_the_sex_is_told(self, reception):
        person = register(reception, {"sex": "X"}).participant

        assert person.display_name == "Dossier 2025-0001"
        assert person.birth_date is None

    def test_keeps_each_obligation_and_each_module_on_its_own(self, reception):
        referral = register(
            reception, obligations=["arme", "eviction"], modules=["stage"], care_obligation=True
        )

        assert set(referral.obligations.values_list("code", flat=True)) == {"arme", "eviction"}
        assert set(referral.requested_modules.values_list("code", flat=True)) == {"stage"}
        assert referral.care_obligation is True

    def test_keeps_frame_referrer_and_motivation_apart(self, reception):
        referral = register(
            reception,
            legal_framework="presentenciel",
            referrer_category="avocat",
            motivation="adhesion",
        )

        assert referral.legal_framework == "presentenciel"
        assert referral.referrer_category == "avocat"
        assert referral.motivation == "adhesion"

    @pytest.mark.parametrize(
        ("identity", "given", "field"),
        [
            ({}, {"received_on": date(2199, 1, 1)}, "received_on"),
            ({"birth_date": date(2025, 9, 2)}, {}, "birth_date"),
            ({"birth_date": date(1914, 1, 1)}, {}, "birth_date"),
            ({}, {"due_on": date(2025, 8, 31)}, "due_on"),
        ],
    )
    def test_refuses_dates_that_do_not_hold(self, reception, identity, given, field):
        with pytest.raises(Refused) as refusal:
            register(reception, {**WHO, **identity}, **given)

        assert refusal.value.field == field
        assert not Participant.objects.exists()

    def test_refuses_the_site_of_another_organisation(self, reception):
        with pytest.raises(Refused) as refusal:
            register(reception, site=SiteFactory())

        assert refusal.value.field == "site"

    @pytest.mark.parametrize("category", ["spip", "antenne"])
    def test_refuses_a_referrer_of_another_category(self, reception, category):
        referrer = OrganisationFactory(referrer=True, referrer_category="avocat")

        with pytest.raises(Refused) as refusal:
            register(reception, referrer_category=category, referrer=referrer)

        assert refusal.value.field == "referrer"

    def test_takes_a_referrer_of_the_category_or_another_branch(self, reception):
        spip = OrganisationFactory(referrer=True)
        branch = OrganisationFactory(branch=True)

        assert register(reception, referrer=spip).referrer == spip
        assert register(reception, referrer=branch, referrer_category="antenne").referrer == branch

    def test_refuses_ones_own_branch_as_the_referrer(self, reception, branch):
        with pytest.raises(Refused):
            register(reception, referrer=branch, referrer_category="antenne")

    def test_refuses_a_column_that_no_form_gives(self, reception):
        with pytest.raises(TypeError, match="status"):
            register(reception, status="accepted")


class TestTheSameFormSentTwice:
    def test_gives_the_same_referral_and_one_trail_entry(self, reception):
        uid = make_uid()

        first, second = register(reception, uid=uid), register(reception, uid=uid)

        assert first == second
        assert first.uid == uid
        assert Participant.objects.count() == TrailEntry.objects.count() == 1

    def test_gives_it_also_for_somebody_known(self, reception, branch):
        uid, person = make_uid(), ParticipantFactory(organisation=branch)

        first = register(reception, participant=person, uid=uid)
        second = register(reception, participant=person, uid=uid)

        assert first == second

    def test_never_gives_the_referral_of_another_branch(self, reception, stranger):
        from django.db import IntegrityError, transaction

        theirs = register(stranger)

        with pytest.raises(IntegrityError), transaction.atomic():
            register(reception, uid=theirs.uid)


class TestRegisteringSomebodyKnown:
    def test_adds_a_referral_after_an_end(self, reception, branch):
        before = ReferralFactory(participant__organisation=branch, closed=True)

        again = register(reception, participant=before.participant, received_on=date(2025, 12, 1))

        assert (again.participant, again.number) == (before.participant, 2)

    def test_is_refused_while_one_is_pending(self, reception, branch):
        before = ReferralFactory(participant__organisation=branch, waiting=True)

        with pytest.raises(Refused, match="déjà en cours"):
            register(reception, participant=before.participant)

    def test_fills_what_the_file_does_not_say_and_changes_nothing_it_says(self, reception, branch):
        person = ParticipantFactory(
            organisation=branch, last_name="Rivière", first_name="", birth_date=None, phone=""
        )
        typed = {**WHO, "last_name": "Riviere", "phone": "+33639981234", "phone_is_shared": True}

        register(reception, typed, person)

        person.refresh_from_db()
        assert (person.last_name, person.first_name) == ("Rivière", "Ange")
        assert (person.birth_date, person.phone) == (date(1981, 2, 3), "+33639981234")
        assert person.phone_is_shared
        assert names.search("ange", by=reception) == [person]
        assert TrailEntry.objects.get().details == {
            "completed": ["birth_date", "first_name", "phone", "phone_is_shared"]
        }

    def test_leaves_a_number_that_is_known_as_it_was(self, reception, branch):
        person = ParticipantFactory(organisation=branch, phone="+33639980000")

        register(reception, {"phone": "+33639981234", "phone_is_shared": True}, person)

        person.refresh_from_db()
        assert (person.phone, person.phone_is_shared) == ("+33639980000", False)

    def test_numbers_on_after_a_gap(self, reception, branch):
        person = ParticipantFactory(organisation=branch)
        ReferralFactory(participant=person, number=4, closed=True)

        assert register(reception, participant=person).number == 5


class TestCorrectingAnIdentity:
    def test_files_the_person_under_the_new_name_alone(self, reception, branch):
        person = ParticipantFactory(organisation=branch, last_name="Ancien")

        actions.update_identity(by=reception, participant=person, version=1, last_name="Nouveau")

        assert names.search("nouveau", by=reception) == [person]
        assert names.search("ancien", by=reception) == []

    def test_tells_the_trail_which_fields_changed(self, reception, branch):
        person = ParticipantFactory(organisation=branch)
        same = {"last_name": person.last_name, "town": "Ville-Neuve"}

        actions.update_identity(by=reception, participant=person, version=1, **same)

        assert TrailEntry.objects.get().details == {"fields": ["town"]}

    def test_tells_the_second_of_two_people_who_edit_at_once(self, reception, manager, branch):
        person = ParticipantFactory(organisation=branch)
        actions.update_identity(by=manager, participant=person, version=1, town="Agde")

        with pytest.raises(Stale):
            actions.update_identity(by=reception, participant=person, version=1, town="Sète")

        person.refresh_from_db()
        assert (person.town, person.version) == ("Agde", 2)

    def test_refuses_a_birth_after_the_first_referral(self, reception, branch):
        person = ReferralFactory(participant__organisation=branch).participant

        with pytest.raises(Refused) as refusal:
            actions.update_identity(
                by=reception, participant=person, version=1, birth_date=date(2025, 9, 2)
            )

        assert refusal.value.field == "birth_date"


class TestCorrectingAReferral:
    def correct(self, by, referral, **changes):
        codes = {"obligations": [], "modules": []} | {
            key: changes.pop(key) for key in ("obligations", "modules") if key in changes
        }
        version = changes.pop("version", referral.version)
        given = {**GIVEN, **changes}
        return actions.update_referral(by=by, referral=referral, version=version, **codes, **given)

    def test_leaves_exactly_the_obligations_and_modules_given(self, reception, branch):
        referral = register(reception, obligations=["arme", "stage"], modules=["stage"])

        self.correct(reception, referral, obligations=["arme", "eviction"], modules=[])

        assert set(referral.obligations.values_list("code", flat=True)) == {"arme", "eviction"}
        assert not referral.requested_modules.exists()
        corrected = TrailEntry.objects.filter(verb="referral_updated").get()
        assert corrected.details == {"fields": ["obligations", "modules"]}

    def test_tells_the_second_of_two_people_who_edit_at_once(self, reception, manager, branch):
        referral = ReferralFactory(participant__organisation=branch)
        self.correct(manager, referral, is_urgent=True)

        with pytest.raises(Stale):
            self.correct(reception, referral, version=1, is_urgent=False)

        referral.refresh_from_db()
        assert (referral.is_urgent, referral.version) == (True, 2)

    @pytest.mark.parametrize("trait", ["accepted", "returned", "closed"])
    def test_is_refused_once_it_is_decided(self, reception, branch, trait):
        referral = ReferralFactory(participant__organisation=branch, **{trait: True})

        with pytest.raises(PermissionDenied):
            self.correct(reception, referral)

    def test_refuses_a_reception_after_what_came_of_it(self, reception, practitioner, branch):
        referral = AssessmentFactory(referral__participant__organisation=branch).referral

        with pytest.raises(Refused) as refusal:
            self.correct(reception, referral, received_on=date(2025, 9, 16))

        assert refusal.value.field == "received_on"
        assert self.correct(reception, referral, received_on=date(2025, 9, 15))


def test_an_attempt_is_neither_to_come_nor_before_the_reception(reception, branch):
    referral = ReferralFactory(participant__organisation=branch)
    before = timezone.make_aware(datetime(2025, 8, 31, 23, 59))  # received on 1 September

    for at in (timezone.now() + timedelta(minutes=5), before):
        with pytest.raises(Refused) as refusal:
            actions.record_contact_attempt(
                by=reception, referral=referral, channel="sms", outcome="sent", at=at
            )
        assert refusal.value.field == "at"


def test_no_word_of_a_person_stands_readable_in_the_database(reception, branch):
    from django.db import connection

    from maillage.programme.intake.tests.acts import NAME

    typed = {
        **NAME,
        "sex": "F",
        "birth_date": date(1981, 2, 3),
        "town": "Bourgneuf-sous-Bois",
        "phone": "+33639981234",
        "email": "ondine@exemple.test",
        "language": "Occitan",
    }
    referral = register(reception, typed, comment="Phrase confidentielle", referrer_contact="Noria")
    actions.record_contact_attempt(
        by=reception, referral=referral, channel="sms", outcome="sent", comment="Mot discret"
    )
    tables = [name for name in connection.introspection.table_names() if name != "core_cache"]
    raw = b""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    is_bytes = isinstance(value, bytes | memoryview)
                    raw += bytes(value) if is_bytes else str(value).encode()

    words = ["salamandre", "ondine", "bourgneuf", "639981234", "occitan"]
    words += ["confidentielle", "noria", "discret", "1981-02-03", "ondine@"]
    assert [word for word in words if word.encode() in raw.lower()] == []


@pytest.mark.parametrize("who", ["other_side", "gone"])
def test_a_new_file_is_opened_by_nobody_who_is_not_of_the_branch_today(who, branch, request):
    with pytest.raises(PermissionDenied):
        register(request.getfixturevalue(who))

    assert not Participant.objects.exists()
