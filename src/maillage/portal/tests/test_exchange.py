"""What leaves as open data, what comes in, and the file of the offer."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from maillage.core.errors import Refused
from maillage.network.load import load as load_directory
from maillage.network.models import Organisation
from maillage.network.tests.factories import OrganisationFactory
from maillage.portal import actions, exchange, offer
from maillage.portal.actions import LinkHolder
from maillage.portal.models import Closure, Service

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 3)
VIOLENCE = "famille--surmonter-conflits-separation-violence"


class TestWhatLeaves:
    def test_names_each_service_as_the_schema_does(self, publish):
        publish("Béziers", name="Écoute", phone="01 99 00 12 34", cost="Gratuit", needs=["talk"])

        content = exchange.data_inclusion(exchange.offered(), TODAY)

        [structure], [service] = content["structures"], content["services"]
        assert structure["nom"] == "La Maison des Ormes"
        assert structure["code_insee"] == "34032"
        assert structure["code_postal"] == "34500"
        assert service["structure_id"] == structure["id"]
        assert service["id"].startswith("maillage--")
        assert service["thematiques"] == [VIOLENCE, "sante--sante-mentale"]
        assert service["zone_eligibilite"] == ["34"]
        assert service["frais_precisions"] == "Gratuit"

    def test_what_the_schema_does_not_admit_is_not_written(self, publish):
        publish(name="Écoute")
        exchange.write(TODAY)
        before = (exchange.folder() / "data-inclusion.json").read_text()
        publish("Agde", name="Ici")
        Service.objects.filter(name="Ici").update(name="Ic")  # three letters at least

        with pytest.raises(Refused, match="services, maillage--.*nom"):
            exchange.write(TODAY)
        assert (exchange.folder() / "data-inclusion.json").read_text() == before

    def test_the_whole_offer_is_valid(self):
        load_directory()
        offer.load()

        told = exchange.write(date.today())

        assert told["data-inclusion"] > 0

    def test_a_protected_place_is_in_no_output(self, publish, settings):
        publish("Narbonne", "11", name="Accueil secret", protected=True, phone="01 99 00 12 34")
        shown = publish("Agde", name="Écoute")
        shown.site.is_protected = True  # protected since it was published
        shown.site.save()

        exchange.write(TODAY)

        for name in exchange.FILES:
            written = (exchange.folder() / f"{name}.json").read_text()
            for secret in ("Accueil secret", "Narbonne", "Écoute", "01 99 00 12 34", "Agde"):
                assert secret not in written

    def test_what_is_not_public_or_withdrawn_stays(self, publish, organisation):
        publish(organisation=OrganisationFactory(is_public=False))
        gone = publish()
        actions.withdraw(service=gone, by=LinkHolder(organisation), version=0)

        assert list(exchange.offered()) == []

    def test_no_name_and_no_address_of_a_person_has_a_place_in_it(self, publish):
        publish()
        content = json.dumps(exchange.data_inclusion(exchange.offered(), TODAY))

        assert "contact_nom_prenom" not in content
        assert "courriel" not in content

    def test_hsds_tells_the_same_services(self, publish):
        service = publish(phone="01 99 00 12 34")

        [row] = exchange.hsds(exchange.offered())

        assert row["id"] == service.uid
        assert row["organization"]["name"] == "La Maison des Ormes"
        assert row["phones"][0]["number"] == "01 99 00 12 34"
        assert row["status"] == "active"

    def test_the_nightly_command_writes_both_files_whole(self, publish, client, capsys):
        publish()
        call_command("offer", "export")

        for name in exchange.FILES:
            answer = client.get(f"/donnees/{name}.json")
            assert answer.status_code == 200
            assert json.loads(answer.content)
        assert not list(exchange.folder().glob("*.part"))

    @pytest.mark.parametrize("name", ["keys", "autre", "hsds"])
    def test_no_other_file_is_given(self, client, name):
        assert client.get(f"/donnees/{name}.json").status_code == 404


class TestWhatComesIn:
    @pytest.fixture
    def given(self) -> dict:
        structure = {
            "source": "dora",
            "id": "dora--1",
            "nom": "Maison d’accueil",
            "date_maj": "2026-02-01",
            "code_insee": "34003",
            "adresse": "Place du Marché",
            "courriel": "alma@example.org",
        }
        service = {
            "source": "dora",
            "id": "dora--s1",
            "structure_id": "dora--1",
            "nom": "Écoute des victimes",
            "description": "Un entretien avec une juriste, sans rendez-vous.",
            "date_maj": "2026-02-01",
            "thematiques": [VIOLENCE],
            "telephone": "01 99 00 12 34",
            "contact_nom_prenom": "Alma Rivoire",
        }
        return {"structures": [structure], "services": [service]}

    def read(self, tmp_path, given) -> tuple[int, int]:
        path = tmp_path / "inclusion.json"
        path.write_text(json.dumps(given))
        return exchange.read_data_inclusion(path)

    def test_becomes_an_entry_that_nobody_vouches_for_yet(self, tmp_path, given):
        assert self.read(tmp_path, given) == (1, 0)

        service = Service.objects.published().get()
        assert (service.name, service.town, service.department) == (
            "Écoute des victimes",
            "Agde",
            "34",
        )
        assert [need.need for need in service.needs.all()] == ["talk"]
        assert service.is_overdue(TODAY)

    def test_brings_nothing_of_a_person(self, tmp_path, given):
        self.read(tmp_path, given)

        kept = str(list(Service.objects.values())) + str(list(Organisation.objects.values()))
        assert "Alma" not in kept
        assert "alma@" not in kept

    def test_read_twice_changes_nothing(self, tmp_path, given):
        self.read(tmp_path, given)
        self.read(tmp_path, given)

        assert Service.objects.count() == 1

    def test_leaves_what_answers_none_of_our_needs(self, tmp_path, given):
        given["services"][0]["thematiques"] = ["mobilite--acceder-a-un-vehicule"]

        assert self.read(tmp_path, given) == (0, 1)

    @pytest.mark.parametrize(
        ("where", "change", "told"),
        [
            ("structures", {"code_insee": None, "commune": "zz"}, "commune"),
            ("structures", {"code_insee": "340"}, "structures, dora--1.*code_insee"),
            ("services", {"date_maj": "hier"}, "services, dora--s1.*date_maj"),
            ("services", {"thematiques": ["inconnue"]}, "thematiques"),
            ("services", {"structure_id": "dora--9"}, "structure que le fichier n’a pas"),
            ("services", {"telephone": "0800 300 30"}, "ne s’appelle pas"),
        ],
    )
    def test_is_refused_whole_with_the_reason(self, tmp_path, given, where, change, told):
        good = dict(given["services"][0], id="dora--s0")
        given["services"].insert(0, good)
        given[where][-1] |= change

        with pytest.raises(Refused, match=told):
            self.read(tmp_path, given)
        assert not Service.objects.exists()


class TestOpenReferral:
    @pytest.fixture
    def row(self) -> dict:
        return {
            "id": "s1",
            "name": "Permanence juridique",
            "status": "active",
            "organization": {"id": "o1", "name": "Maison du droit"},
            "attributes": [{"id": "a", "taxonomy_term": {"code": "complaint"}}],
            "service_at_locations": [
                {"location": {"addresses": [{"city": "Agde", "country": "FR"}]}}
            ],
            "phones": [{"number": "01 99 00 12 34"}],
            "contacts": [{"name": "Alma Rivoire", "email": "alma@example.org"}],
        }

    def read(self, tmp_path, content) -> tuple[int, int]:
        path = tmp_path / "hsds.json"
        path.write_text(json.dumps(content))
        return exchange.read_hsds(path)

    def test_becomes_an_entry_that_nobody_vouches_for_yet(self, tmp_path, row):
        assert self.read(tmp_path, {"contents": [row]}) == (1, 0)

        service = Service.objects.published().get()
        assert (service.name, service.town, service.department) == (
            "Permanence juridique",
            "Agde",
            "34",
        )
        assert [need.need for need in service.needs.all()] == ["complaint"]
        assert service.is_overdue(TODAY)
        assert "Alma" not in str(list(Service.objects.values()))

    def test_what_leaves_comes_in_again_with_its_needs_its_place_and_its_number(
        self, tmp_path, publish
    ):
        publish("Béziers", name="Écoute", phone="01 99 00 12 34", cost="Gratuit", needs=["talk"])
        given = exchange.hsds(exchange.offered())

        assert self.read(tmp_path, given) == (1, 0)

        ours, theirs = Service.objects.order_by("pk")
        for field in ("name", "town", "department", "phone", "cost", "latitude", "longitude"):
            assert getattr(theirs, field) == getattr(ours, field), field
        assert [need.need for need in theirs.needs.all()] == ["talk"]

    def test_leaves_what_answers_no_need_or_is_not_active(self, tmp_path, row):
        given = [row | {"attributes": []}, row | {"id": "s2", "status": "defunct"}]

        assert self.read(tmp_path, given) == (0, 2)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"name": ""}, "name"),
            ({"service_at_locations": []}, "commune"),
            ({"phones": [{"number": "0800 300 30"}]}, "ne s’appelle pas"),
        ],
    )
    def test_is_refused_whole_with_the_reason(self, tmp_path, row, change, told):
        with pytest.raises(Refused, match=told):
            self.read(tmp_path, [row | {"id": "s0"}, row | change])
        assert not Service.objects.exists()

    def test_the_command_knows_which_of_the_two_it_is_given(self, tmp_path, row, capsys):
        path = tmp_path / "x.json"
        path.write_text(json.dumps([row]))
        call_command("offer", "import", path)

        assert "1 services repris" in capsys.readouterr().out


class TestTheFileOfTheOffer:
    def test_is_of_the_directory_and_protects_what_it_protects(self):
        load_directory()

        assert offer.load() == 14
        assert Service.objects.get(code="soutien-agde").town == "Agde"
        hidden = Service.objects.get(organisation__slug="udaf-11")
        assert (hidden.town, hidden.latitude, hidden.is_protected) == ("", None, True)

    def test_does_not_write_over_what_an_organisation_vouched_for(self):
        load_directory()
        offer.load()
        mine = Service.objects.get(code="accompagnement-mende")
        by = LinkHolder(mine.organisation)
        actions.vouch(service=mine, by=by, version=0, verifier="La Traverse", cost="Gratuit")

        assert offer.load() == 13
        mine.refresh_from_db()
        assert mine.cost == "Gratuit"

    def test_the_command_tells_what_is_due_with_its_link(self, capsys):
        load_directory()
        call_command("offer", "load")
        call_command("offer", "due")

        told = capsys.readouterr().out
        assert "14 fiches écrites" in told
        assert told.count("/fiche/") == 14

    def test_an_organisation_that_is_not_public_is_refused(self):
        with pytest.raises(CommandError, match="n’est pas une organisation montrée"):
            call_command("offer", "load")


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("service_state_known", {"state": "lost"}),
        ("service_point_is_whole", {"latitude": 43.0}),
        (
            "service_protected_has_no_point",
            {"is_protected": True, "latitude": 43.0, "longitude": 3.0},
        ),
        ("service_protected_has_no_point", {"is_protected": True, "town": "Agde"}),
        ("service_verifying_is_whole", {"verified_on": TODAY}),
        ("service_due_after_it_was_verified", {"verified_on": TODAY, "due_on": TODAY}),
    ],
)
def test_the_database_refuses(organisation, constraint, broken):
    given = {"organisation": organisation, "code": "x", "name": "X", "department": "34"}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Service.objects.create(**given | broken)


def test_the_database_refuses_a_closure_that_ends_before_it_starts(organisation):
    with pytest.raises(IntegrityError, match="closure_ends"), transaction.atomic():
        Closure.objects.create(organisation=organisation, starts_on=TODAY, ends_on=date(2026, 3, 2))


def test_the_database_refuses_a_need_of_no_name(publish):
    with pytest.raises(IntegrityError, match="service_need_known"), transaction.atomic():
        publish().needs.update(need="autre")
