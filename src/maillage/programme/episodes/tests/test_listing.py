"""The list of follow-ups: filters as sentences, the same rows in the file that leaves."""

import csv
import io
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from maillage.core.calendar import short_date
from maillage.core.models import ReadEntry, TrailEntry
from maillage.core.tables import read_table
from maillage.network.tests.factories import SiteFactory
from maillage.programme.episodes.reading.team import read_team
from maillage.programme.episodes.tests.counting import assert_flat
from maillage.programme.episodes.tests.factories import EpisodeModuleFactory
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(house, signed_in):
    client = signed_in(house.practitioner)
    return lambda **asked: client.get(reverse("files"), asked)


def listed(answer) -> list:
    return [line.episode for line in answer.context["lines"]]


class TestTheList:
    def test_shows_the_open_follow_ups_newest_entry_first(self, house, ask):
        old = house.episode(entered_on=date(2025, 10, 1))
        new = house.episode(entered_on=date(2025, 11, 1))
        house.episode(exited=True)

        answer = ask()

        assert listed(answer) == [new, old]
        assert answer.context["count"] == 2

    def test_is_narrowed_by_each_condition(self, house, ask):
        elsewhere = SiteFactory(organisation=house.branch, slug="sete")
        plain = house.episode()
        in_a_course = EpisodeModuleFactory(episode=house.episode(), code="stage").episode
        others = {
            "site": (house.episode(site=elsewhere), "sete"),
            "referent": (house.episode(referent=None), "none"),
            "silent": (house.episode(silent=True), "on"),
            "framework": (
                house.episode(referral=house.referral(accepted=True, legal_framework="volontaire")),
                "volontaire",
            ),
            "module": (in_a_course, "stage"),
            "reason": (
                house.episode(exited_on=date(2026, 2, 3), exit_reason="deces"),
                "deces",
            ),
            "entered_until": (house.episode(entered_on=date(2025, 9, 2)), "2025-09-30"),
            "exited_since": (
                house.episode(exited_on=date(2026, 4, 1), exit_reason="autre"),
                "2026-03-15",
            ),
        }

        for condition, (expected, value) in others.items():
            assert listed(ask(**{condition: value})) == [expected], condition
        ended = listed(ask(state="exited"))
        assert [e.is_open for e in ended] == [False, False]
        assert plain in listed(ask(referent=house.practitioner.user.pk))
        assert plain in listed(ask(referent="me"))

    def test_conditions_add_up(self, house, ask):
        house.episode(silent=True)
        both = house.episode(silent=True, referent=None)
        house.episode(referent=None)

        assert listed(ask(silent="on", referent="none")) == [both]

    def test_tells_its_conditions_as_words_with_the_way_to_take_each_away(self, house, ask):
        answer = ask(referent="none", silent="on", site=house.site.slug)

        sentences = dict(answer.context["filters"].sentences)

        assert set(sentences) == {
            house.site.name,
            "sans référent·e",
            "sans contact depuis 4\u00a0mois",
        }
        assert sentences["sans référent·e"] == f"?silent=on&site={house.site.slug}"

    def test_tells_what_it_does_not_understand(self, house, ask):
        plain = house.episode()

        answer = ask(entered_since="le jour d’après", referent="9999999")

        assert listed(answer) == [plain]
        assert "n’est pas une date comprise" in answer.content.decode()

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [("", "ba"), ("entered", "ab"), ("contact", "ba"), ("site", "ba"), ("referent", "ab")],
    )
    def test_is_sorted_as_asked(self, house, ask, sort, expected):
        first = SiteFactory(organisation=house.branch, name="Agde")
        last = SiteFactory(organisation=house.branch, name="Sète")
        house.practitioner.user.name, house.colleague.user.name = "Anne", "Zoé"
        house.practitioner.user.save()
        house.colleague.user.save()
        a = house.episode(site=last, last_contact_on=timezone.localdate())
        b = house.episode(
            site=first,
            entered_on=date(2025, 11, 1),
            last_contact_on=date(2025, 11, 1),
            referent=house.colleague.user,
        )

        assert listed(ask(sort=sort)) == [{"a": a, "b": b}[each] for each in expected]

    def test_comes_by_fifty_with_an_address_for_each_page(self, house, ask):
        for _ in range(51):
            house.episode(participant=ParticipantFactory(organisation=house.branch))

        assert (len(listed(ask())), len(listed(ask(page=2)))) == (50, 1)
        assert "?page=2" in ask().content.decode()

    def test_says_what_to_do_when_it_is_empty(self, house, ask):
        assert "Aucun dossier ne répond à ces conditions" in ask().content.decode()

    def test_holds_no_name_in_its_addresses(self, house, ask):
        house.episode()

        told = ask(referent="me").content.decode()

        addresses = [part.split('"')[0] for part in told.split('href="')[1:]]
        assert not [a for a in addresses if "INVENT" in a.upper()]

    def test_records_how_many_names_were_read(self, house, ask):
        house.episode()
        house.episode()

        ask()

        entry = ReadEntry.objects.get()
        assert (entry.what, entry.count) == ("files", 2)

    def test_costs_the_same_queries_however_long(self, house, ask):
        def grow():
            EpisodeModuleFactory(episode=house.episode())

        assert_flat(ask, grow)


class TestTheExport:
    def test_carries_every_row_of_the_list_as_shown(self, house, signed_in):
        person = ParticipantFactory(
            organisation=house.branch,
            reference="2025-0107",
            last_name="Garance",
            first_name="=Paul",
            birth_date=None,
        )
        episode = house.episode(participant=person, referent=None)
        EpisodeModuleFactory(episode=episode, code="stage")
        house.episode()

        answer = signed_in(house.reception).post(
            f"{reverse('files_export')}?referent=none", {"layout": "csv"}
        )

        text = answer.content.decode("utf-8-sig")
        today = short_date(timezone.localdate())
        assert list(csv.reader(io.StringIO(text), delimiter=";")) == [
            [
                "Dossier",
                "Nom",
                "Prénom",
                "Âge",
                "Lieu",
                "Référent·e",
                "Modules",
                "Entrée",
                "Dernier contact",
                "Sortie",
                "État",
            ],
            [
                "2025-0107",
                "GARANCE",
                "'=Paul",
                "",
                house.site.name,
                "",
                "Stage de responsabilisation",
                "01/10/2025",
                today,
                "",
                "En cours",
            ],
        ]

    def test_is_the_same_in_xlsx(self, house, signed_in, tmp_path):
        house.episode()
        house.episode(silent=True)

        answer = signed_in(house.reception).post(reverse("files_export"), {"layout": "xlsx"})

        path = tmp_path / "dossiers.xlsx"
        path.write_bytes(answer.content)
        rows = list(read_table(path).rows)
        assert len(rows) == 2

    def test_is_recorded_once_with_its_filter_and_its_rows_and_no_name(
        self, house, signed_in, one_entry
    ):
        house.episode(referent=None)

        with one_entry() as trail:
            signed_in(house.reception).post(
                f"{reverse('files_export')}?referent=none&sort=site", {"layout": "csv"}
            )

        assert trail.entry.verb == "files_exported"
        assert trail.entry.details == {
            "asked": {"referent": "none", "sort": "site"},
            "rows": 1,
            "layout": "csv",
        }
        assert ReadEntry.objects.get().count == 1

    def test_names_its_file_by_the_day_alone(self, house, signed_in):
        answer = signed_in(house.reception).post(reverse("files_export"), {"layout": "csv"})

        day = timezone.localdate().isoformat()
        assert answer["Content-Disposition"] == f'attachment; filename="dossiers-{day}.csv"'

    def test_refuses_another_layout_and_a_mere_visit(self, house, signed_in):
        client = signed_in(house.reception)

        assert client.post(reverse("files_export"), {"layout": "pdf"}).status_code == 400
        assert client.get(reverse("files_export")).status_code == 405
        assert not TrailEntry.objects.exists()


class TestTheTeam:
    def test_counts_the_open_files_by_referent_and_site(self, house):
        sete = SiteFactory(organisation=house.branch, name="Zète")
        house.episode()
        house.episode(silent=True)
        house.episode(site=sete)
        house.episode(site=sete, referent=None)
        house.episode(exited=True)
        house.referral(waiting=True, site=sete)

        team = read_team(house.manager)

        assert team.sites == [house.site, sete]
        by_name = {load.name: load for load in team.loads}
        mine = by_name[house.practitioner.user.name]
        assert ([n for _, n in mine.cells], mine.total, mine.silent) == ([2, 1], 3, 1)
        assert by_name["Sans référent·e"].total == 1
        assert by_name[house.colleague.user.name].total == 0
        assert [n for _, n in team.totals] == [2, 2]
        assert (team.total, team.silent) == (4, 1)
        assert ([n for _, n in team.waiting], team.waiting_total) == ([0, 1], 1)

    def test_still_counts_those_of_who_left_the_branch(self, house):
        house.episode(referent=house.ended.user)

        team = read_team(house.manager)

        assert {load.name: load.total for load in team.loads}[house.ended.user.name] == 1

    def test_each_number_is_the_length_of_the_list_it_opens(self, house, signed_in):
        sete = SiteFactory(organisation=house.branch)
        house.episode()
        house.episode(site=sete, silent=True)
        house.episode(referent=None, site=sete)
        house.episode(referent=house.ended.user)
        client = signed_in(house.manager)

        for load in read_team(house.manager).loads:
            for site, n in load.cells:
                asked = {"referent": load.key, "site": site.slug}
                assert client.get(reverse("files"), asked).context["count"] == n, load.name
            silent = {"referent": load.key, "silent": "on"}
            assert client.get(reverse("files"), silent).context["count"] == load.silent

    def test_costs_the_same_queries_however_large(self, house, signed_in):
        client = signed_in(house.manager)

        def grow():
            site = SiteFactory(organisation=house.branch)
            house.episode(site=site)
            house.referral(waiting=True, site=site)

        assert_flat(lambda: client.get(reverse("team")), grow)
