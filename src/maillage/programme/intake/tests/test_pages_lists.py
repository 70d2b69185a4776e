"""The lists, what they are narrowed to, and the files that leave with exactly their rows."""

import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from maillage.core.calendar import add_months
from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import (
    ContactAttemptFactory,
    ObligationFactory,
    ReferralFactory,
    RequestedModuleFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def desk(browse, reception):
    return browse(reception)


@pytest.fixture
def make(branch):
    def referral(name="Salamandre", **given):
        return ReferralFactory(
            participant__organisation=branch, participant__last_name=name, **given
        )

    return referral


def shown(answer) -> list[Referral]:
    return list(answer.context["page"].object_list)


def today():
    return timezone.localdate()


class TestTheListOfReferrals:
    def test_begins_with_the_newest_and_counts_in_its_title(self, desk, make):
        old, new = make(received_on=today() - timedelta(9)), make(received_on=today())

        answer = desk.get(reverse("referrals"))

        assert shown(answer) == [new, old]
        assert 'Orientations <span class="count">2</span>' in answer.content.decode()

    def test_records_that_names_were_read(self, desk, make):
        make()
        desk.get(reverse("referrals"))

        assert [(r.what, r.count) for r in ReadEntry.objects.all()] == [("referrals", 1)]

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"state": "pending"}, "waiting received urgent"),
            ({"state": "waiting"}, "waiting"),
            ({"state": "closed"}, "closed"),
            ({"site": "bourg"}, "waiting"),
            ({"framework": "volontaire"}, "urgent"),
            ({"category": "avocat"}, "received"),
            ({"urgent": "on"}, "urgent"),
            ({"late": "on"}, "waiting"),
            ({"older": "6"}, "waiting"),
            ({"since": "aujourd’hui"}, "urgent"),
            ({"until": "hier"}, "waiting received closed"),
            ({"state": "pending", "urgent": "on"}, "urgent"),
            ({"state": "pending", "sort": "received"}, "waiting received urgent"),
        ],
    )
    def test_is_narrowed_by_what_its_address_says(self, desk, make, site, asked, expected):
        day = today()
        made = {
            "waiting": make(waiting=True, site=site, received_on=add_months(day, -7)),
            "received": make(received_on=add_months(day, -1), referrer_category="avocat"),
            "urgent": make(received_on=day, is_urgent=True, legal_framework="volontaire"),
            "closed": make(closed=True, received_on=add_months(day, -3), ended=day),
        }

        answer = desk.get(reverse("referrals") + "?" + urlencode(asked))

        found = shown(answer)
        assert {r.pk for r in found} == {made[name].pk for name in expected.split()}
        assert answer.context["page"].paginator.count == len(expected.split())
        if "sort" in asked:
            assert found == [made[name] for name in expected.split()]

    def test_says_its_filters_as_sentences_that_can_be_taken_away(self, desk, make, site):
        make(waiting=True, site=site)
        address = reverse("referrals") + "?state=pending&site=bourg&older=4&page=3"

        page = desk.get(address)

        assert list(page.context["filters"].sentences) == [
            ("Bourg-le-Neuf", "?state=pending&older=4"),
            ("à traiter", "?site=bourg&older=4"),
            ("reçues il y a plus de 4\u00a0mois", "?state=pending&site=bourg"),
        ]

    @pytest.mark.parametrize(
        "asked", ["state=lost", "site=nowhere", "since=32/13/2025", "older=7", "sort=name"]
    )
    def test_narrows_nothing_by_what_it_does_not_understand(self, desk, make, asked):
        make()

        answer = desk.get(reverse("referrals") + "?" + asked)

        assert len(shown(answer)) == 1
        assert answer.context["filters"].errors

    def test_knows_no_site_of_another_branch(self, desk, make):
        SiteFactory(slug="ailleurs")

        assert "site" in desk.get(reverse("referrals") + "?site=ailleurs").context["filters"].errors

    def test_shows_fifty_rows_a_page(self, desk, make):
        for _ in range(51):
            make()

        first, second = desk.get(reverse("referrals")), desk.get(reverse("referrals") + "?page=2")

        assert (len(shown(first)), len(shown(second))) == (50, 1)
        assert shown(second)[0] not in shown(first)

    def test_costs_the_same_queries_for_one_row_as_for_many(self, desk, make, site, flat):
        spip = OrganisationFactory(referrer=True)

        def grow(rows):
            for _ in range(rows):
                make(waiting=True, site=site, referrer=spip, received_on=today())

        flat(lambda: desk.get(reverse("referrals")), grow)

    def test_says_what_to_do_when_it_is_empty(self, desk, make):
        empty = desk.get(reverse("referrals")).content.decode()
        make()
        narrowed = desk.get(reverse("referrals") + "?urgent=on").content.decode()

        assert "Chercher, puis créer" in empty
        assert "Aucune orientation ne répond à ces filtres" in narrowed

    def test_warns_of_minors_of_urgency_and_of_the_limit(self, desk, make):
        make(participant__minor=True, is_urgent=True, received_on=add_months(today(), -7))

        page = desk.get(reverse("referrals")).content.decode()

        for word in ("mineur·e", "urgente", "limite dépassée"):
            assert word in page

    def test_holds_nobody_of_another_branch(self, browse, stranger, make):
        make()

        answer = browse(stranger).get(reverse("referrals"))

        assert shown(answer) == []
        assert "SALAMANDRE" not in answer.content.decode()


class TestTheWaitingList:
    def test_ranks_each_site_by_arrival_urgent_ones_first(self, desk, make, branch, site):
        other = SiteFactory(organisation=branch, name="Autre", slug="autre")
        day = today()
        third = make(waiting=True, site=site, received_on=day - timedelta(2))
        first = make(waiting=True, site=site, received_on=day, is_urgent=True)
        second = make(waiting=True, site=site, received_on=day - timedelta(5))
        alone = make(waiting=True, site=other, received_on=day)
        make()

        rows = shown(desk.get(reverse("waiting_list")))

        assert rows == [alone, first, second, third]
        assert [row.rank for row in rows] == [1, 1, 2, 3]

    def test_keeps_the_rank_when_it_is_narrowed(self, desk, make, site):
        make(waiting=True, site=site, received_on=today(), is_urgent=True)
        late = make(waiting=True, site=site, received_on=add_months(today(), -7))

        rows = shown(desk.get(reverse("waiting_list") + "?late=on"))

        assert rows == [late]
        assert rows[0].rank == 2

    def test_tells_the_limit_in_a_word(self, desk, make, site):
        make(waiting=True, site=site, received_on=add_months(today(), -7))
        make(waiting=True, site=site, received_on=add_months(today(), -5))

        page = desk.get(reverse("waiting_list")).content.decode()

        assert "dépassée</span>" in page
        assert "proche</span>" in page

    def test_tells_how_often_and_when_one_tried_to_reach_the_person(self, desk, make, site):
        waits = make(waiting=True, site=site)
        now = timezone.now()
        for days, outcome in ((9, "voicemail"), (2, "no_answer"), (30, "sent")):
            ContactAttemptFactory(referral=waits, at=now - timedelta(days), outcome=outcome)

        [row] = shown(desk.get(reverse("waiting_list")))

        assert (row.attempts, row.tried) == (3, "Sans réponse")
        assert timezone.localdate(row.tried_at) == timezone.localdate(now - timedelta(2))

    def test_counts_each_site_and_offers_it(self, desk, make, site):
        make(waiting=True, site=site)

        page = desk.get(reverse("waiting_list")).content.decode()

        assert 'href="?site=bourg"' in page
        assert reverse("contact_attempt_new", args=[Referral.objects.get().uid]) in page

    def test_costs_the_same_queries_for_one_row_as_for_many(self, desk, make, site, flat):
        def grow(rows):
            for _ in range(rows):
                waits = make(waiting=True, site=site)
                ContactAttemptFactory(referral=waits)
                RequestedModuleFactory(referral=waits)
                ObligationFactory(referral=waits)

        flat(lambda: desk.get(reverse("waiting_list")), grow)


class TestAListThatLeaves:
    def test_holds_exactly_the_rows_of_the_page_in_their_order(self, desk, make, site):
        kept = make("Salamandre", waiting=True, site=site, received_on=today())
        older = make("Basilic", waiting=True, site=site, received_on=today() - timedelta(4))
        make("Phénix", closed=True)

        answer = desk.post(reverse("referrals_export", args=["csv"]) + "?state=waiting")

        lines = answer.content.decode("utf-8-sig").splitlines()
        assert [line.split(";")[1] for line in lines] == ["Nom", "Salamandre", "Basilic"]
        assert lines[1].split(";")[0] == kept.participant.reference
        assert lines[2].split(";")[0] == older.participant.reference

    def test_leaves_more_than_one_page_of_rows(self, desk, make):
        for _ in range(52):
            make()

        answer = desk.post(reverse("referrals_export", args=["xlsx"]))

        rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
        assert len(rows.to_python()) == 53

    def test_is_in_the_trail_with_its_filters_and_its_rows_and_no_name(
        self, desk, make, site, reception
    ):
        make(waiting=True, site=site)

        desk.post(reverse("waiting_list_export", args=["xlsx"]) + "?site=bourg&page=2&x=Salamandre")

        entry = TrailEntry.objects.get()
        assert (entry.verb, entry.by) == ("waiting_list_exported", reception.user)
        assert entry.details == {"filters": {"site": "bourg"}, "rows": 1, "format": "xlsx"}

    def test_has_no_name_in_the_name_of_the_file(self, desk, make):
        make()

        answer = desk.post(reverse("referrals_export", args=["csv"]))

        assert answer["Content-Disposition"] == (
            f'attachment; filename="orientations-{today():%Y-%m-%d}.csv"'
        )

    def test_does_not_leave_when_the_trail_cannot_be_written(self, desk, make, monkeypatch):
        make()

        def broken(*args, **kwargs):
            raise RuntimeError("the trail is full")

        monkeypatch.setattr("maillage.core.trail.record", broken)
        with pytest.raises(RuntimeError, match="the trail is full"):
            desk.post(reverse("referrals_export", args=["csv"]))

    def test_does_not_leave_by_an_address_alone(self, desk):
        assert desk.get(reverse("referrals_export", args=["csv"])).status_code == 405

    def test_neutralises_what_a_spreadsheet_would_compute(self, desk, make):
        make("=1+1")

        answer = desk.post(reverse("referrals_export", args=["csv"]))

        assert "'=1+1" in answer.content.decode()

    def test_holds_the_rank_the_number_and_the_attempts_of_the_waiting_list(self, desk, make, site):
        waits = make(waiting=True, site=site, participant__phone="+33639981234")
        ContactAttemptFactory(referral=waits)

        answer = desk.post(reverse("waiting_list_export", args=["csv"]))

        header, row = [line.split(";") for line in answer.content.decode().splitlines()]
        told = dict(zip(header, row, strict=True))
        assert told["Rang"] == "1"
        assert told["Téléphone"] == "06 39 98 12 34"
        assert (told["Tentatives"], told["Résultat"]) == ("1", "Sans réponse")
