"""Durations, ages, groups and the shape of the tables of the second counter."""

from datetime import date

import pytest
from tests.independent_count import (
    age_class,
    count,
    duration_class,
    full_years,
    months_after,
    prescriber_group,
)
from tests.spreadsheet_rows import SITES, filled, row, stay


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
            "columns": ["agde", "beziers", "zone-ecluse", "sete"],
            "cells": [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            "row_totals": [0, 0, 0],
            "column_totals": [0, 0, 0, 0],
            "total": 0,
        }

    def test_put_sites_in_the_order_of_their_names_accents_apart(self):
        assert count([], SITES, 2024)["followed-by-site"]["columns"] == [
            "agde",
            "beziers",
            "zone-ecluse",
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
