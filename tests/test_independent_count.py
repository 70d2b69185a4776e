"""Each sentence of the counting rules, on one or two rows whose answer is known by hand."""

from datetime import date
from itertools import count as counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.independent_count import (
    age_class,
    count,
    duration_class,
    full_years,
    months_after,
    prescriber_group,
)

SITES = [("sete", "Sète"), ("agde", "Agde"), ("beziers", "Béziers"), ("ecluse", "Écluse")]
_numbers = counter(1)


def row(**given_values):
    """One valid row: a man sent by the SPIP, waiting since 8 January 2024."""
    values = {
        "dossier": f"D{next(_numbers)}",
        "episode": 1,
        "nom": None,
        "prenom": None,
        "sexe": "H",
        "date_naissance": None,
        "commune": None,
        "situation_conjugale": None,
        "situation_professionnelle": None,
        "ressources": None,
        "prescripteur": "spip",
        "cadre": "postsentenciel",
        "obligation_soins": None,
        "date_orientation": date(2024, 1, 8),
        "date_entree": None,
        "lieu": None,
        "module": None,
        "date_sortie": None,
        "motif_sortie": None,
    }
    return values | given_values


def stay(entry, exit=None, **others):
    """One episode at Béziers, referred on the day of entry unless told."""
    reason = None if exit is None else "concertee"
    given_values = {"date_orientation": entry, "lieu": "beziers", "motif_sortie": reason} | others
    return row(date_entree=entry, date_sortie=exit, **given_values)


def flow(rows, year=2024):
    table = count(rows, SITES, year)["flow"]
    return {code: cells[0] for code, cells in zip(table["rows"], table["cells"], strict=True)}


def filled(rows, table, year=2024):
    """The cells that are not zero, by row and column."""
    found = count(rows, SITES, year)[table]
    return {
        (code, column): n
        for code, cells in zip(found["rows"], found["cells"], strict=True)
        for column, n in zip(found["columns"], cells, strict=True)
        if n
    }


NOBODY = dict.fromkeys(
    ["received", "new", "resumed", "continuing", "exited", "followed", "waiting_at_end"], 0
)


class TestActiveInTheYear:
    def test_entered_on_its_last_day_counts(self):
        rows = [stay(date(2024, 12, 31))]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "followed": 1}

    def test_entered_the_day_after_is_still_waiting_if_referred_before(self):
        rows = [stay(date(2025, 1, 1), date_orientation=date(2024, 12, 31))]

        assert flow(rows) == NOBODY | {"waiting_at_end": 1}

    def test_referred_the_day_after_is_nowhere(self):
        assert flow([stay(date(2025, 1, 1))]) == NOBODY
        assert flow([row(date_orientation=date(2025, 1, 1))]) == NOBODY

    def test_out_on_its_first_day_is_received_and_exited(self):
        rows = [stay(date(2023, 5, 2), date(2024, 1, 1))]

        assert flow(rows) == NOBODY | {"received": 1, "continuing": 1, "exited": 1}

    def test_out_the_day_before_is_nowhere(self):
        assert flow([stay(date(2023, 5, 2), date(2023, 12, 31))]) == NOBODY

    def test_out_on_its_last_day_is_exited(self):
        rows = [stay(date(2023, 5, 2), date(2024, 12, 31))]

        assert flow(rows) == NOBODY | {"received": 1, "continuing": 1, "exited": 1}

    def test_out_after_its_end_is_followed_at_its_end(self):
        rows = [stay(date(2024, 5, 2), date(2025, 1, 1))]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "followed": 1}
        assert flow(rows, 2025) == NOBODY | {"received": 1, "continuing": 1, "exited": 1}

    def test_an_episode_that_lasts_no_day_counts(self):
        rows = [stay(date(2024, 5, 2), date(2024, 5, 2))]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "exited": 1}
        assert filled(rows, "exited-by-duration") == {("lt3", "total"): 1}

    def test_every_year_of_a_long_follow_up_receives_the_person(self):
        rows = [stay(date(2022, 6, 1), date(2025, 3, 1))]

        received = {year: flow(rows, year)["received"] for year in range(2021, 2027)}

        assert received == {2021: 0, 2022: 1, 2023: 1, 2024: 1, 2025: 1, 2026: 0}


class TestAPersonCountsOnce:
    def test_two_episodes_of_a_newcomer_in_one_year_are_one_new_person_by_the_latest(self):
        rows = [
            stay(date(2024, 2, 1), date(2024, 4, 1), dossier="A", lieu="agde"),
            stay(date(2024, 9, 2), dossier="A", episode=2, prescripteur="avocat"),
        ]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "followed": 1}
        assert filled(rows, "new-by-prescriber-and-site") == {("autres_partenaires", "beziers"): 1}
        assert filled(rows, "exited-by-reason-and-site") == {}

    def test_the_latest_is_by_date_whatever_the_order_of_the_rows_and_numbers(self):
        rows = [
            stay(date(2024, 9, 2), dossier="A", episode=1, sexe="F"),
            stay(date(2024, 2, 1), date(2024, 4, 1), dossier="A", episode=2, sexe="X"),
        ]

        assert filled(rows, "received-by-sex") == {("F", "total"): 1}

    def test_back_on_the_day_of_an_exit_counts_by_the_second_episode(self):
        rows = [
            stay(date(2024, 5, 2), dossier="A", episode=2),
            stay(date(2024, 5, 2), date(2024, 5, 2), dossier="A", episode=1),
        ]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "followed": 1}

    def test_an_episode_of_the_year_before_is_not_the_one_counted(self):
        rows = [
            stay(date(2023, 2, 1), date(2023, 4, 1), dossier="A"),
            stay(date(2024, 9, 2), dossier="A", episode=2),
        ]

        assert flow(rows) == NOBODY | {"received": 1, "resumed": 1, "followed": 1}
        assert flow(rows, 2023) == NOBODY | {"received": 1, "new": 1, "exited": 1}

    def test_an_episode_of_the_year_after_is_not_the_one_counted(self):
        rows = [
            stay(date(2024, 2, 1), date(2024, 4, 1), dossier="A"),
            stay(date(2025, 9, 1), dossier="A", episode=2),
        ]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "exited": 1}

    def test_from_last_year_and_back_this_year_is_resumed_and_by_the_latest(self):
        rows = [
            stay(date(2023, 2, 1), date(2024, 3, 1), dossier="A", lieu="agde"),
            stay(date(2024, 10, 1), dossier="A", episode=2, lieu="sete"),
        ]

        assert flow(rows) == NOBODY | {"received": 1, "resumed": 1, "followed": 1}
        assert filled(rows, "followed-by-site") == {("followed", "sete"): 1}

    def test_resumed_last_year_and_still_there_is_continuing(self):
        rows = [
            stay(date(2022, 2, 1), date(2022, 4, 1), dossier="A"),
            stay(date(2023, 9, 1), dossier="A", episode=2),
        ]

        assert flow(rows) == NOBODY | {"received": 1, "continuing": 1, "followed": 1}

    def test_a_referral_that_never_became_an_episode_does_not_make_anyone_known(self):
        rows = [
            row(dossier="A", date_orientation=date(2022, 3, 1)),
            stay(date(2024, 9, 2), dossier="A", episode=2),
        ]

        assert flow(rows) == NOBODY | {
            "received": 1,
            "new": 1,
            "followed": 1,
            "waiting_at_end": 1,
        }


class TestWaitingAtTheEnd:
    def test_referred_on_the_last_day_waits(self):
        assert flow([row(date_orientation=date(2024, 12, 31))])["waiting_at_end"] == 1

    def test_who_waits_counts_nowhere_else(self):
        rows = [row(lieu="agde", sexe="F")]
        tables = count(rows, SITES, 2024)

        assert flow(rows) == NOBODY | {"waiting_at_end": 1}
        assert [t["total"] for t in tables.values()] == [None] + [0] * 11

    def test_who_went_out_this_year_and_waits_again_counts_in_both(self):
        rows = [
            stay(date(2023, 2, 1), date(2024, 3, 1), dossier="A"),
            row(dossier="A", episode=2, date_orientation=date(2024, 11, 4)),
        ]

        assert flow(rows) == NOBODY | {
            "received": 1,
            "continuing": 1,
            "exited": 1,
            "waiting_at_end": 1,
        }

    def test_who_went_out_the_year_before_and_waits_again_only_waits(self):
        rows = [
            stay(date(2022, 2, 1), date(2023, 3, 1), dossier="A"),
            row(dossier="A", episode=2, date_orientation=date(2024, 11, 4)),
        ]

        assert flow(rows) == NOBODY | {"waiting_at_end": 1}

    def test_two_referrals_of_one_person_are_one_person_who_waits(self):
        rows = [row(dossier="A"), row(dossier="A", episode=2)]

        assert flow(rows)["waiting_at_end"] == 1

    def test_waiting_lasts_over_the_years_until_the_entry(self):
        rows = [stay(date(2026, 1, 5), date_orientation=date(2024, 6, 3))]

        waiting = {year: flow(rows, year)["waiting_at_end"] for year in range(2023, 2027)}

        assert waiting == {2023: 0, 2024: 1, 2025: 1, 2026: 0}


class TestDuration:
    @pytest.mark.parametrize(
        ("entry", "months", "expected"),
        [
            (date(2023, 11, 30), 3, date(2024, 2, 29)),
            (date(2022, 11, 30), 3, date(2023, 2, 28)),
            (date(2024, 2, 29), 3, date(2024, 5, 29)),
            (date(2024, 2, 29), 12, date(2025, 2, 28)),
            (date(2023, 8, 31), 6, date(2024, 2, 29)),
            (date(2024, 3, 31), 6, date(2024, 9, 30)),
            (date(2024, 10, 15), 3, date(2025, 1, 15)),
            (date(2023, 12, 31), 12, date(2024, 12, 31)),
        ],
    )
    def test_months_after_a_day_fall_on_that_day_or_on_the_last_of_the_month(
        self, entry, months, expected
    ):
        assert months_after(entry, months) == expected

    @pytest.mark.parametrize(
        ("entry", "end", "expected"),
        [
            (date(2024, 3, 4), date(2024, 3, 4), "lt3"),
            (date(2024, 3, 4), date(2024, 6, 3), "lt3"),
            (date(2024, 3, 4), date(2024, 6, 4), "3to6"),
            (date(2024, 3, 4), date(2024, 9, 3), "3to6"),
            (date(2024, 3, 4), date(2024, 9, 4), "6to12"),
            (date(2023, 3, 4), date(2024, 3, 3), "6to12"),
            (date(2023, 3, 4), date(2024, 3, 4), "ge12"),
            (date(2023, 11, 30), date(2024, 2, 28), "lt3"),
            (date(2023, 11, 30), date(2024, 2, 29), "3to6"),
            (date(2024, 2, 29), date(2025, 2, 27), "6to12"),
            (date(2024, 2, 29), date(2025, 2, 28), "ge12"),
            (date(2023, 8, 31), date(2024, 2, 28), "3to6"),
            (date(2023, 8, 31), date(2024, 2, 29), "6to12"),
        ],
    )
    def test_classes_are_half_open_in_calendar_months(self, entry, end, expected):
        assert duration_class(entry, end) == expected

    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            (date(2024, 12, 31), "lt3"),
            (date(2024, 10, 1), "lt3"),
            (date(2024, 9, 30), "3to6"),
            (date(2024, 7, 1), "3to6"),
            (date(2024, 6, 30), "6to12"),
            (date(2024, 1, 1), "6to12"),
            (date(2023, 12, 31), "ge12"),
        ],
    )
    def test_of_the_followed_is_measured_on_31_december(self, entry, expected):
        rows = [stay(entry, date(2025, 6, 2))]

        assert filled(rows, "followed-by-duration") == {(expected, "total"): 1}
        assert filled(rows, "exited-by-duration") == {}

    def test_of_the_exited_is_measured_at_the_exit(self):
        rows = [stay(date(2024, 1, 2), date(2024, 4, 1))]

        assert filled(rows, "exited-by-duration") == {("lt3", "total"): 1}
        assert filled(rows, "followed-by-duration") == {}

    def test_restarts_with_a_new_episode(self):
        rows = [
            stay(date(2021, 2, 1), date(2023, 4, 3), dossier="A"),
            stay(date(2024, 11, 4), dossier="A", episode=2),
        ]

        assert filled(rows, "followed-by-duration") == {("lt3", "total"): 1}


class TestAge:
    @pytest.mark.parametrize(
        ("birth", "day", "years"),
        [
            (date(1990, 5, 14), date(2024, 5, 13), 33),
            (date(1990, 5, 14), date(2024, 5, 14), 34),
            (date(2004, 2, 29), date(2023, 2, 28), 18),
            (date(2004, 2, 29), date(2023, 3, 1), 19),
            (date(2004, 2, 29), date(2024, 2, 29), 20),
        ],
    )
    def test_is_in_full_years(self, birth, day, years):
        assert full_years(birth, day) == years

    @pytest.mark.parametrize(
        ("birth", "expected"),
        [
            (date(2006, 6, 4), "lt18"),
            (date(2006, 6, 3), "18to25"),
            (date(1998, 6, 4), "18to25"),
            (date(1998, 6, 3), "26to34"),
            (date(1989, 6, 4), "26to34"),
            (date(1989, 6, 3), "35to44"),
            (date(1979, 6, 4), "35to44"),
            (date(1979, 6, 3), "45to54"),
            (date(1969, 6, 4), "45to54"),
            (date(1969, 6, 3), "ge55"),
            (None, "non_precise"),
        ],
    )
    def test_falls_in_one_class(self, birth, expected):
        assert age_class(stay(date(2024, 6, 3), date_naissance=birth)) == expected

    def test_is_taken_at_the_entry_not_at_the_referral_nor_at_the_end_of_the_year(self):
        turns_26_in_february = date(1998, 2, 10)
        rows = [
            stay(
                date(2024, 2, 9),
                date_orientation=date(2024, 1, 8),
                date_naissance=turns_26_in_february,
            ),
            stay(
                date(2024, 2, 12),
                date_orientation=date(2024, 1, 8),
                date_naissance=turns_26_in_february,
                lieu="sete",
            ),
        ]

        assert filled(rows, "new-by-age-and-site") == {
            ("18to25", "beziers"): 1,
            ("26to34", "sete"): 1,
        }

    def test_of_a_person_counted_by_the_second_episode_is_taken_at_the_second_entry(self):
        born = date(1998, 6, 3)
        rows = [
            stay(date(2024, 2, 1), date(2024, 3, 1), dossier="A", date_naissance=born),
            stay(date(2024, 9, 2), dossier="A", episode=2, date_naissance=born),
        ]

        assert filled(rows, "new-by-age-and-site") == {("26to34", "beziers"): 1}


class TestGroupsOfPrescribers:
    @pytest.mark.parametrize(
        ("code", "group"),
        [
            ("spip", "spip"),
            ("spontane", "spontanee"),
            ("proche", "spontanee"),
            ("jap", "autres_partenaires"),
            ("antenne", "autres_partenaires"),
            ("plateforme_ecoute", "autres_partenaires"),
            ("association", "autres_partenaires"),
        ],
    )
    def test_are_three(self, code, group):
        assert prescriber_group(row(prescripteur=code)) == group


class TestTables:
    def test_are_twelve_in_the_order_of_the_contract(self):
        assert list(count([], SITES, 2024)) == [
            "flow",
            "received-by-sex",
            "received-by-prescriber-and-site",
            "new-by-prescriber-and-site",
            "new-by-age-and-site",
            "received-by-resources",
            "received-by-employment",
            "received-by-marital-status",
            "exited-by-reason-and-site",
            "exited-by-duration",
            "followed-by-site",
            "followed-by-duration",
        ]

    def test_keep_every_code_and_site_when_nobody_came(self):
        table = count([], SITES, 2024)["received-by-prescriber-and-site"]

        assert table == {
            "rows": ["spip", "spontanee", "autres_partenaires"],
            "columns": ["agde", "beziers", "ecluse", "sete"],
            "cells": [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            "row_totals": [0, 0, 0],
            "column_totals": [0, 0, 0, 0],
            "total": 0,
        }

    def test_put_sites_in_the_order_of_their_names_accents_apart(self):
        assert count([], SITES, 2024)["followed-by-site"]["columns"] == [
            "agde",
            "beziers",
            "ecluse",
            "sete",
        ]

    def test_of_one_way_have_one_column(self):
        table = count([stay(date(2024, 5, 2), sexe="F")], SITES, 2024)["received-by-sex"]

        assert table == {
            "rows": ["F", "H", "X"],
            "columns": ["total"],
            "cells": [[1], [0], [0]],
            "row_totals": [1, 0, 0],
            "column_totals": [1],
            "total": 1,
        }

    def test_of_flow_adds_nothing_up(self):
        table = count([stay(date(2024, 5, 2))], SITES, 2024)["flow"]

        assert table["row_totals"] == [1, 1, 0, 0, 0, 1, 0]
        assert table["column_totals"] is None
        assert table["total"] is None

    @pytest.mark.parametrize(
        "table",
        ["received-by-resources", "received-by-employment", "received-by-marital-status"],
    )
    def test_count_an_empty_situation_as_not_stated(self, table):
        assert filled([stay(date(2024, 5, 2))], table) == {("non_precise", "total"): 1}

    def test_an_unknown_code_stops_the_count(self):
        with pytest.raises(ValueError, match="patron"):
            count([stay(date(2024, 5, 2), ressources="patron")], SITES, 2024)


@st.composite
def caseloads(draw):
    """Up to six people with up to three episodes that do not overlap, the last perhaps open."""
    rows = []
    for person in range(draw(st.integers(0, 6))):
        days = draw(
            st.lists(
                st.dates(date(2022, 1, 1), date(2026, 12, 31)), min_size=1, max_size=6, unique=True
            )
        )
        days.sort()
        for number, start in enumerate(days[::2], start=1):
            end = days[2 * number - 1] if 2 * number <= len(days) else None
            rows.append(stay(start, end, dossier=f"P{person}", episode=number))
    return rows


@given(caseloads(), st.integers(2022, 2026))
def test_every_figure_closes(rows, year):
    tables = count(rows, SITES, year)
    n = flow(rows, year)

    assert n["received"] == n["new"] + n["resumed"] + n["continuing"]
    assert n["received"] == n["exited"] + n["followed"]
    bases = {
        "received": n["received"],
        "new": n["new"],
        "exited": n["exited"],
        "followed": n["followed"],
    }
    for name, table in tables.items():
        if name != "flow":
            assert table["total"] == bases[name.split("-")[0]]
            assert table["total"] == sum(table["row_totals"]) == sum(table["column_totals"])


@given(caseloads())
def test_the_followed_of_a_year_are_the_continuing_of_the_next_unless_back_again(rows):
    after, before = flow(rows, 2025), flow(rows, 2024)
    back_again = {
        r["dossier"]
        for r in rows
        if r["date_entree"].year == 2025
        for earlier in rows
        if earlier["dossier"] == r["dossier"]
        and earlier["date_entree"].year < 2025
        and (earlier["date_sortie"] or date.max).year >= 2025
    }

    assert before["followed"] == after["continuing"] + len(back_again)
