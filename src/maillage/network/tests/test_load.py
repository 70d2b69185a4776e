import json

import pytest
from django.core.management import CommandError, call_command

from maillage.core.models import TrailEntry
from maillage.network.directory import find_referrer, network_branches, site_spellings
from maillage.network.entries import DIRECTORY, DirectoryError, published_phone, read_entries
from maillage.network.load import load
from maillage.network.models import (
    Agreement,
    Contact,
    Mandate,
    Opening,
    Organisation,
    Site,
    SiteAddress,
)

KINDS = (Organisation, Mandate, Contact, Site, SiteAddress, Opening, Agreement)


def entry(**more):
    return {"slug": "arc", "name": "Arc", "mandates": [], "source": "Affiche, L1"} | more


@pytest.fixture
def written(tmp_path):
    """Writes the given organisations as a directory's file."""

    def write(*organisations):
        path = tmp_path / "directory.json"
        path.write_text(json.dumps({"organisations": organisations}), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def project_file():
    return json.loads(DIRECTORY.read_text(encoding="utf-8"))


@pytest.mark.django_db
class TestTheProjectsOwnFile:
    def test_names_the_six_branches_and_their_lead(self):
        load()

        assert {branch.slug for branch in network_branches()} == {
            *("aers", "apex", "la-clede", "la-traverse", "udaf-11", "via-voltaire")
        }
        assert [m.organisation.slug for m in Mandate.objects.filter(kind="lead")] == ["aers"]

    def test_gives_via_voltaire_its_seven_sites_one_of_them_with_two_doors(self):
        load()

        sites = Site.objects.filter(organisation__slug="via-voltaire")
        assert {site.slug: site.name for site in sites} == {
            "agde": "Agde",
            "beziers": "Béziers",
            "clermont-l-herault": "Clermont-l’Hérault",
            "lunel": "Lunel",
            "montpellier": "Montpellier",
            "pezenas": "Pézenas",
            "sete": "Sète",
        }
        doors = SiteAddress.objects.filter(site=sites.get(slug="beziers"))
        assert {door.label for door in doors} == {"Locaux de l’antenne", "Maison René Cassin"}

    @pytest.mark.parametrize(
        ("spelling", "site"),
        [
            ("AGDE", "agde"),
            ("PZ", "pezenas"),
            ("PEZENAS", "pezenas"),
            ("BZ", "beziers"),
            ("BEZIERS", "beziers"),
            ("CH", "clermont-l-herault"),
            ("CLERMONT L'HERAULT", "clermont-l-herault"),
            ("Clermont l’Hérault", "clermont-l-herault"),
            ("MTP", "montpellier"),
            ("Montpellier", "montpellier"),
            ("LUNEL", "lunel"),
            ("SETE", "sete"),
        ],
    )
    def test_knows_each_spelling_of_the_report(self, spelling, site):
        from maillage.core.text import squash

        load()

        found = site_spellings(Organisation.objects.get(slug="via-voltaire"))
        assert found[squash(spelling)].slug == site

    @pytest.mark.parametrize(
        ("slug", "category"),
        [
            ("spip-perpignan", "spip"),
            ("tj-perpignan", "tribunal"),
            ("tj-exterieur", "tribunal"),
            ("parquet-ales", "parquet"),
            ("delegues-perpignan", "delegue_procureur"),
            ("jap-perpignan", "jap"),
            ("fnacav", "plateforme_ecoute"),
            ("aers", "antenne"),
        ],
    )
    def test_names_the_referrers(self, slug, category):
        load()

        assert find_referrer(slug).referrer_category == category

    def test_protects_the_dwellings_of_the_aude(self):
        load()

        sites = Site.objects.filter(organisation__slug="udaf-11")
        assert all(site.is_protected for site in sites)
        assert sites.count() == 4
        assert not SiteAddress.objects.filter(site__in=sites).exists()

    def test_keeps_the_malformed_helpline_out_and_says_why(self, project_file):
        load()

        numbers = Contact.objects.filter(kind="phone").values_list("value", flat=True)
        assert not [n for n in numbers if n.replace(" ", "").startswith("0800")]
        [helpline] = [o for o in project_file["kept_out"] if "ligne belge" in o["name"]]
        assert "neuf chiffres" in helpline["note"]

    def test_says_where_each_organisation_and_opening_comes_from(self):
        load()

        assert not Organisation.objects.filter(source="").exists()
        assert not Opening.objects.filter(source="").exists()
        assert not Contact.objects.filter(source="").exists()

    def test_a_second_run_changes_nothing(self):
        load()
        before = [list(kind.objects.order_by("pk").values()) for kind in KINDS]

        counts = load()

        assert [(c.created, c.changed) for c in counts] == [(0, 0)] * 7
        assert [list(kind.objects.order_by("pk").values()) for kind in KINDS] == before
        assert TrailEntry.objects.filter(verb="directory_loaded").count() == 1

    def test_costs_a_fixed_number_of_queries(self, django_assert_max_num_queries):
        load()

        with django_assert_max_num_queries(12):
            load()


@pytest.mark.django_db
class TestLoading:
    def test_corrects_what_differs_and_leaves_what_the_file_does_not_say(self, written):
        load(written(entry(), entry(slug="autre", name="Autre")))
        Organisation.objects.filter(slug="arc").update(siret="12345678900011", name="Arcc")
        Site.objects.create(
            organisation=Organisation.objects.get(slug="arc"), slug="local", name="Local"
        )

        counts = load(written(entry()))

        arc = Organisation.objects.get(slug="arc")
        assert (arc.name, arc.siret) == ("Arc", "12345678900011")
        assert arc.sites.count() == 1
        assert Organisation.objects.count() == 2
        assert (counts[0].created, counts[0].changed, counts[0].same) == (0, 1, 0)

    def test_changes_the_ranks_of_an_opening_in_its_place(self, written):
        def with_ranks(*ranks):
            opening = {"purpose": "Permanence", "days": ["mardi"], "half_day": "morning"}
            return entry(openings=[opening | {"ranks": list(ranks), "source": "Affiche"}])

        load(written(with_ranks(3)))
        load(written(with_ranks(3, 4)))

        assert [(o.weekday, o.ranks) for o in Opening.objects.all()] == [(1, [3, 4])]

    def test_one_line_of_several_days_makes_an_opening_a_day(self, written):
        hours = {"purpose": "Accueil", "days": ["lundi", "jeudi"], "hours": ["09:00", "12:00"]}

        load(written(entry(openings=[hours | {"source": "Affiche"}])))

        assert [o.weekday for o in Opening.objects.order_by("weekday")] == [0, 3]

    def test_is_whole_or_nothing(self, written):
        with pytest.raises(DirectoryError):
            load(written(entry(), entry(slug="b", name="B", referrer_category="maire")))

        assert not Organisation.objects.exists()

    def test_the_command_counts_in_french(self, written, capsys):
        call_command("network", "load", file=written(entry()))

        assert capsys.readouterr().out.splitlines()[0] == (
            "   1 organisations\u00a0: 1 ajout, 0 correction, 0 sans changement"
        )

    def test_the_command_names_the_faulty_entry(self, written):
        with pytest.raises(
            CommandError, match="«\u202farc\u202f»\u00a0: mandat inconnu, «\u202froi\u202f»"
        ):
            call_command("network", "load", file=written(entry(mandates=["roi"])))


OPENING = {"purpose": "Permanence", "days": ["lundi"], "source": "Affiche"}
SITE = {"slug": "agde", "name": "Agde"}


class TestChecking:
    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ({"referrer_category": "maire", "mandates": ["referrer"]}, "catégorie d’orienteur"),
            ({"referrer_category": "spip"}, "vont ensemble"),
            ({"mandates": ["referrer"]}, "vont ensemble"),
            ({"nam": "Arc"}, "clé inconnue, «\u202fnam"),
            ({"name": ""}, "name"),
            ({"slug": "L’arc"}, "slug"),
            ({"mandates": ["lead", "lead"]}, "deux fois"),
            ({"mandates": 3}, "mal formée"),
            ({"openings": [OPENING | {"site": "sete"}]}, "site inconnu, «\u202fsete"),
            (
                {"sites": [SITE], "openings": [OPENING | {"site": "agde", "address": "Ici"}]},
                "adresse inconnue",
            ),
            ({"openings": [OPENING | {"days": ["monday"]}]}, "jours inconnus"),
            ({"openings": [OPENING | {"days": []}]}, "jours inconnus"),
            ({"openings": [OPENING | {"hours": ["9 h", "12 h"]}]}, "heures impossibles"),
            ({"openings": [OPENING | {"hours": ["12:00", "09:00"]}]}, "heures impossibles"),
            ({"openings": [OPENING | {"hours": ["09:00"]}]}, "heures impossibles"),
            ({"openings": [OPENING | {"ranks": [6]}]}, "rangs"),
            ({"openings": [OPENING | {"ranks": [4, 3]}]}, "rangs"),
            ({"openings": [OPENING | {"half_day": "night"}]}, "half_day"),
            (
                {"openings": [OPENING | {"half_day": "morning", "hours": ["09:00", "10:00"]}]},
                "pas les deux",
            ),
            ({"openings": [OPENING, OPENING]}, "deux fois"),
            ({"sites": [SITE, SITE]}, "deux fois"),
            ({"sites": [SITE, SITE | {"slug": "b"}]}, "nomme deux sites"),
            (
                {
                    "sites": [
                        SITE | {"is_protected": True, "addresses": [{"label": "a", "town": "b"}]}
                    ]
                },
                "protégé",
            ),
            ({"agreements": [{"partner": "loin", "title": "Accord"}]}, "partenaire inconnu"),
            ({"agreements": [{"partner": "arc", "title": "Accord"}]}, "partenaire inconnu"),
            (
                {"agreements": [{"partner": "loin", "title": "A", "starts_on": "2016"}]},
                "date impossible",
            ),
            (
                {"contacts": [{"kind": "email", "value": "a@", "source": "x"}]},
                "pas une adresse électronique",
            ),
            (
                {"contacts": [{"kind": "phone", "value": "0800 300 30", "source": "x"}]},
                "ne s’appelle pas",
            ),
            ({"contacts": [{"kind": "fax", "value": "1", "source": "x"}]}, "kind"),
        ],
    )
    def test_refuses_and_names_the_entry(self, written, broken, said):
        with pytest.raises(DirectoryError) as refusal:
            read_entries(written(entry(**broken)))

        assert said in str(refusal.value)
        assert "arc" in str(refusal.value) or "L’arc" in str(refusal.value)

    def test_refuses_two_organisations_of_one_code(self, written):
        with pytest.raises(DirectoryError, match="deux organisations"):
            read_entries(written(entry(), entry(name="Autre")))

    def test_tells_every_fault_at_once(self, written):
        with pytest.raises(DirectoryError) as refusal:
            read_entries(written(entry(mandates=["roi"]), entry(slug="b", name="B", nam="B")))

        assert len(refusal.value.errors) == 2

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"organisations": 3}', '{"organisations": ["arc"]}']
    )
    def test_refuses_a_file_that_is_not_a_directory(self, tmp_path, text):
        path = tmp_path / "directory.json"
        path.write_text(text)

        with pytest.raises(DirectoryError, match="illisible"):
            read_entries(path)

    def test_refuses_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(DirectoryError, match="illisible"):
            read_entries(tmp_path / "absent.json")


class TestPhoneNumbers:
    @pytest.mark.parametrize(
        ("given", "published"),
        [
            ("0465710000", "04 65 71 00 00"),
            ("+33 4 65 71 00 00", "04 65 71 00 00"),
            ("3919", "3919"),
            ("115", "115"),
            ("17", "17"),
        ],
    )
    def test_are_published_as_they_are_dialled(self, given, published):
        assert published_phone(given) == published

    @pytest.mark.parametrize("number", ["0800 300 30", "0800 30 030", "12", "abc", ""])
    def test_that_nobody_here_could_dial_are_refused(self, number):
        with pytest.raises(ValueError, match="numéro"):
            published_phone(number)

    def test_of_another_country_need_their_territory(self):
        assert published_phone("0800 30 030", "BE") == "0800 30 030"
