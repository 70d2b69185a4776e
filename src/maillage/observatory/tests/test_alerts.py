"""What the data cannot say is said, with its n/N."""

from datetime import date

from maillage.observatory.tests.people import fact


def plain(report):
    return {
        alert.code: alert.text.replace("\u202f", " ").replace("\xa0", " ")
        for alert in report.alerts
    }


def many(start: int, n: int, **known):
    return [fact(i, i, **known) for i in range(start, start + n)]


def test_a_situation_known_of_too_few_is_told_above_the_threshold_only(report_on):
    known, not_known = many(1, 18), many(50, 2, employment="non_precise")

    assert "not-known-employment" not in plain(report_on(known + not_known))

    told = plain(report_on(known[:17] + not_known))
    assert told["not-known-employment"] == (
        "Situation professionnelle non précisée pour 10,5 % (2/19) des personnes reçues,"
        " au-delà du seuil de 10 %."
    )


def test_an_unknown_age_is_told_of_the_received(report_on):
    told = plain(report_on(many(1, 3) + many(10, 1, age_at_entry=None)))

    assert told["not-known-age"].startswith("Âge non précisé pour 25,0 % (1/4)")


class TestFewExits:
    OUT = {"exited_on": date(2024, 6, 1)}

    def test_a_site_far_below_the_branch_is_told(self, report_on):
        facts = many(1, 20, **self.OUT) + many(50, 9, site="sete")
        facts += many(90, 1, site="sete", **self.OUT)

        assert plain(report_on(facts))["few-exits"] == (
            "Sète : 1 sortie pour 10 personnes reçues, soit 10,0 % (1/10), contre 70,0 % (21/30)"
            " pour l’ensemble. Des sorties restent peut-être à saisir."
        )

    def test_a_site_with_under_ten_people_is_left_alone(self, report_on):
        facts = many(1, 20, **self.OUT) + many(50, 9, site="sete")

        assert "few-exits" not in plain(report_on(facts))

    def test_a_third_of_the_branch_s_rate_is_not_yet_far_below(self, report_on):
        facts = many(1, 16, **self.OUT) + many(30, 4) + many(50, 8, site="sete")
        facts += many(90, 2, site="sete", **self.OUT)

        assert "few-exits" not in plain(report_on(facts))


class TestWithoutContact:
    def test_months_without_news_at_the_year_s_end_are_told(self, report_on):
        facts = [
            fact(1, 1, last_contact_on=date(2024, 8, 30)),
            fact(2, 2, last_contact_on=date(2024, 8, 31)),
            fact(3, 3, last_contact_on=None, entered_on=date(2024, 3, 1)),
            fact(4, 4, last_contact_on=None, entered_on=date(2024, 10, 1)),
            fact(5, 5, last_contact_on=date(2024, 4, 1), exited_on=date(2024, 12, 30)),
        ]

        assert plain(report_on(facts))["without-contact"] == (
            "50,0 % (2/4) des personnes suivies sont sans contact enregistré depuis plus de 4 mois"
            " au 31 décembre 2024. Des sorties restent peut-être à saisir."
        )

    def test_no_contact_in_the_whole_snapshot_is_told_once_instead(self, report_on):
        told = plain(report_on(many(1, 3)))

        assert "without-contact" not in told
        assert told["no-contacts"].startswith("Aucun contact n’est enregistré :")


def test_minors_are_told(report_on):
    told = plain(report_on(many(1, 3) + many(10, 1, age_at_entry=17)))

    assert told["minors"].startswith(
        "1 personne reçue était mineure à l’entrée, soit 25,0 % (1/4) :"
    )


def test_a_year_that_is_not_over_is_told_provisional(report_on):
    during = report_on([fact()], computed_on=date(2024, 12, 31))
    after = report_on([fact()], computed_on=date(2025, 1, 1))

    assert "unfinished-year" in plain(during)
    assert "unfinished-year" not in plain(after)


def test_an_empty_year_raises_no_doubt(report_on):
    assert report_on([]).alerts == ()
