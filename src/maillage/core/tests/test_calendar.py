from contextlib import contextmanager
from datetime import date, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from maillage.core.calendar import (
    Period,
    add_months,
    add_working_days,
    age_of_thing,
    full_years,
    hour,
    is_working_day,
    long_date,
    months_between,
    parse_french_date,
    public_holidays,
    short_date,
)

TODAY = date(2026, 2, 3)  # a Tuesday
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
months = st.integers(-600, 600)


class TestMonths:
    @pytest.mark.parametrize(
        ("day", "n", "expected"),
        [
            (date(2024, 1, 15), 3, date(2024, 4, 15)),
            (date(2024, 1, 31), 1, date(2024, 2, 29)),
            (date(2023, 1, 31), 1, date(2023, 2, 28)),
            (date(2024, 10, 31), 6, date(2025, 4, 30)),
            (date(2024, 2, 29), 12, date(2025, 2, 28)),
            (date(2024, 3, 31), -1, date(2024, 2, 29)),
            (date(2024, 1, 5), -1, date(2023, 12, 5)),
            (date(2024, 5, 5), 0, date(2024, 5, 5)),
        ],
    )
    def test_months_later_is_the_same_day_or_that_months_last(self, day, n, expected):
        assert add_months(day, n) == expected

    def test_a_month_out_of_the_calendar_is_refused(self):
        with pytest.raises(ValueError, match="out of the calendar"):
            add_months(date(9999, 12, 1), 1)

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (date(2024, 1, 15), date(2024, 4, 14), 2),
            (date(2024, 1, 15), date(2024, 4, 15), 3),
            (date(2024, 11, 30), date(2025, 2, 28), 3),
            (date(2024, 11, 30), date(2025, 2, 27), 2),
            (date(2024, 1, 15), date(2024, 1, 15), 0),
            (date(2024, 1, 15), date(2024, 1, 14), -1),
        ],
    )
    def test_months_between_counts_whole_calendar_months(self, start, end, expected):
        assert months_between(start, end) == expected

    @given(days, months)
    def test_the_month_is_always_n_further_and_the_day_never_later(self, day, n):
        moved = add_months(day, n)

        assert (moved.year - day.year) * 12 + moved.month - day.month == n
        assert moved.day <= day.day
        assert moved.day == day.day or (moved + timedelta(days=1)).day == 1

    @given(days, days)
    def test_months_between_is_the_last_n_not_after_the_end(self, start, end):
        n = months_between(start, end)

        assert add_months(start, n) <= end < add_months(start, n + 1)


class TestAge:
    @pytest.mark.parametrize(
        ("birth", "on", "expected"),
        [
            (date(1980, 6, 15), date(2024, 6, 14), 43),
            (date(1980, 6, 15), date(2024, 6, 15), 44),
            (date(2004, 2, 29), date(2022, 2, 28), 17),
            (date(2004, 2, 29), date(2022, 3, 1), 18),
            (date(2004, 2, 29), date(2024, 2, 28), 19),
            (date(2004, 2, 29), date(2024, 2, 29), 20),
            (date(2024, 5, 5), date(2024, 5, 5), 0),
        ],
    )
    def test_years_are_full_on_the_birthday(self, birth, on, expected):
        assert full_years(birth, on) == expected

    @given(days, days)
    def test_age_grows_by_exactly_one_a_year_and_never_falls(self, birth, on):
        assume(on < date(2099, 1, 1))

        assert 0 <= full_years(birth, on + timedelta(days=1)) - full_years(birth, on) <= 1
        if (on.month, on.day) != (2, 29):
            assert full_years(birth, on.replace(year=on.year + 1)) == full_years(birth, on) + 1


class TestPeriod:
    def test_a_year_goes_from_its_first_day_to_its_last_both_included(self):
        year = Period.year(2024)

        assert year.contains(date(2024, 1, 1))
        assert year.contains(date(2024, 12, 31))
        assert not year.contains(date(2023, 12, 31))
        assert not year.contains(date(2025, 1, 1))

    def test_one_common_day_is_an_overlap(self):
        june = Period(date(2024, 6, 1), date(2024, 6, 30))

        assert june.overlaps(Period(date(2024, 6, 30), date(2024, 7, 2)))
        assert not june.overlaps(Period(date(2024, 7, 1), date(2024, 7, 2)))

    def test_a_period_that_ends_before_it_starts_is_refused(self):
        with pytest.raises(ValueError, match="before it starts"):
            Period(date(2024, 6, 2), date(2024, 6, 1))

    @given(days, st.integers(0, 60), days, st.integers(0, 60))
    def test_overlap_means_that_some_day_is_in_both(self, start, length, other, other_length):
        ours = Period(start, start + timedelta(days=length))
        theirs = Period(other, other + timedelta(days=other_length))

        common = any(theirs.contains(start + timedelta(days=n)) for n in range(length + 1))

        assert ours.overlaps(theirs) == theirs.overlaps(ours) == common


class TestWorkingDays:
    def test_metropolitan_france_has_eleven_holidays_with_french_names(self):
        found = public_holidays(2024)

        assert len(found) == 11
        assert found[date(2024, 5, 20)] == "Lundi de Pentecôte"
        assert found[date(2024, 7, 14)] == "Fête nationale"
        assert list(found) == sorted(found)

    @pytest.mark.parametrize("department", ["57", "67", "68"])
    def test_alsace_and_moselle_rest_on_good_friday_and_saint_stephens(self, department):
        found = public_holidays(2024, department)

        assert date(2024, 3, 29) in found
        assert date(2024, 12, 26) in found

    def test_la_reunion_has_its_abolition_day_and_herault_the_national_list(self):
        assert date(2024, 12, 20) in public_holidays(2024, "974")
        assert public_holidays(2024, "34") == public_holidays(2024)

    @pytest.mark.parametrize("code", ["", "20", "00", "Zone A", "3"])
    def test_what_is_not_a_department_is_refused(self, code):
        with pytest.raises(ValueError, match="department"):
            public_holidays(2024, code)

    def test_the_list_of_holidays_cannot_be_changed_by_a_caller(self):
        with pytest.raises(TypeError):
            public_holidays(2024)[date(2024, 2, 2)] = "Chandeleur"

    @pytest.mark.parametrize(
        ("day", "worked"),
        [
            (date(2024, 5, 7), True),
            (date(2024, 5, 8), False),  # Victory day, a Wednesday
            (date(2024, 5, 11), False),  # Saturday
            (date(2024, 5, 12), False),  # Sunday
        ],
    )
    def test_monday_to_friday_is_worked_but_for_holidays(self, day, worked):
        assert is_working_day(day) is worked

    @pytest.mark.parametrize(
        ("day", "n", "expected"),
        [
            (date(2024, 5, 7), 1, date(2024, 5, 10)),  # over 8 May and Ascension
            (date(2024, 5, 7), 2, date(2024, 5, 13)),
            (date(2024, 5, 13), -2, date(2024, 5, 7)),
            (date(2024, 5, 11), 0, date(2024, 5, 11)),
            (date(2024, 12, 31), 1, date(2025, 1, 2)),
        ],
    )
    def test_working_days_are_counted_over_holidays_and_weekends(self, day, n, expected):
        assert add_working_days(day, n) == expected

    @given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(1, 30))
    def test_n_working_days_lie_between_a_day_and_the_nth(self, day, n):
        end = add_working_days(day, n)

        assert is_working_day(end)
        between = [day + timedelta(days=i) for i in range(1, (end - day).days + 1)]
        assert sum(map(is_working_day, between)) == n


class TestFrenchWriting:
    def test_the_first_of_a_month_is_ordinal(self):
        assert long_date(date(2026, 2, 3)) == "mardi 3 février 2026"
        assert long_date(date(2026, 3, 1)) == "dimanche 1er mars 2026"

    def test_a_short_date_has_two_two_and_four_digits(self):
        assert short_date(date(2026, 2, 3)) == "03/02/2026"

    def test_hours_keep_together_and_drop_empty_minutes(self):
        assert hour(time(18, 15)) == "18\u00a0h\u00a015"
        assert hour(time(9)) == "9\u00a0h"
        assert hour(time(0, 5)) == "0\u00a0h\u00a005"

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (date(2026, 2, 3), "aujourd’hui"),
            (date(2026, 2, 2), "hier"),
            (date(2026, 2, 4), "demain"),
            (date(2026, 1, 31), "il y a 3\u00a0jours"),
            (date(2026, 1, 10), "il y a 3\u00a0semaines"),
            (date(2025, 12, 4), "il y a 8\u00a0semaines"),
            (date(2025, 12, 3), "il y a 2\u00a0mois"),
            (date(2025, 9, 3), "il y a 5\u00a0mois"),
            (date(2024, 2, 4), "il y a 23\u00a0mois"),
            (date(2024, 2, 3), "il y a 2\u00a0ans"),
            (date(2026, 2, 6), "dans 3\u00a0jours"),
            (date(2026, 4, 3), "dans 2\u00a0mois"),
        ],
    )
    def test_distance_is_told_in_the_unit_that_fits(self, day, expected):
        assert age_of_thing(day, TODAY) == expected

    @given(days)
    def test_a_distance_of_one_is_always_a_word(self, day):
        told = age_of_thing(day, TODAY)

        assert " 1\u00a0" not in told
        assert "\u00a00" not in told


class TestTypedDates:
    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("3/2/81", date(1981, 2, 3)),
            ("3/2/26", date(2026, 2, 3)),
            ("3/2/31", date(2031, 2, 3)),
            ("3/2/32", date(1932, 2, 3)),
            ("03022026", date(2026, 2, 3)),
            ("030281", date(1981, 2, 3)),
            ("03-02-2026", date(2026, 2, 3)),
            ("3.2.2026", date(2026, 2, 3)),
            (" 03 02 2026 ", date(2026, 2, 3)),
            ("03 / 02 / 2026", date(2026, 2, 3)),
            ("2026-02-03", date(2026, 2, 3)),
            ("3 février 2026", date(2026, 2, 3)),
            ("3 FEVRIER 2026", date(2026, 2, 3)),
            ("3 févr. 26", date(2026, 2, 3)),
            ("le 14 juillet 1981", date(1981, 7, 14)),
            ("mardi 3 février 2026", date(2026, 2, 3)),
            ("1er mars", date(2026, 3, 1)),
            ("1ᵉʳ août 2026", date(2026, 8, 1)),
            ("3/2", date(2026, 2, 3)),
            ("20 décembre", date(2025, 12, 20)),
            ("demain", date(2026, 2, 4)),
            ("Aujourd’hui", date(2026, 2, 3)),
            ("aujourd'hui", date(2026, 2, 3)),
            ("hier", date(2026, 2, 2)),
            ("avant-hier", date(2026, 2, 1)),
            ("après demain", date(2026, 2, 5)),
            ("lundi", date(2026, 2, 9)),
            ("lundi prochain", date(2026, 2, 9)),
            ("mardi", date(2026, 2, 10)),
            ("mercredi", date(2026, 2, 4)),
            ("mardi dernier", date(2026, 1, 27)),
            ("lundi dernier", date(2026, 2, 2)),
            ("jeudi en huit", date(2026, 2, 12)),
            ("dans 2 semaines", date(2026, 2, 17)),
            ("dans une semaine", date(2026, 2, 10)),
            ("dans 10 jours", date(2026, 2, 13)),
            ("dans 1 mois", date(2026, 3, 3)),
            ("dans un an", date(2027, 2, 3)),
            ("il y a 3 mois", date(2025, 11, 3)),
            ("dans\u00a02\u202fsemaines", date(2026, 2, 17)),
        ],
    )
    def test_a_date_is_understood_as_typed(self, typed, expected):
        assert parse_french_date(typed, TODAY) == expected

    @pytest.mark.parametrize("blank", ["", "   ", "\u00a0"])
    def test_a_blank_is_no_date(self, blank):
        assert parse_french_date(blank, TODAY) is None

    def test_a_missing_year_takes_the_nearest_day_across_the_new_year(self):
        assert parse_french_date("5 janvier", date(2025, 12, 28)) == date(2026, 1, 5)
        assert parse_french_date("28/12", date(2026, 1, 5)) == date(2025, 12, 28)

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            (
                "31/02/2026",
                "«\u202f31/02/2026\u202f» n’existe pas\u00a0: février 2026 a 28\u00a0jours. "
                "Corrigez le jour ou le mois.",
            ),
            (
                "2/13/2026",
                "«\u202f2/13/2026\u202f» n’existe pas\u00a0: il n’y a pas de mois 13. "
                "Écrivez le jour, puis le mois, puis l’année\u00a0: 03/02/2026.",
            ),
            (
                "un de ces jours",
                "«\u202fun de ces jours\u202f» n’est pas une date comprise. Écrivez-la par exemple "
                "03/02/2026, «\u202f3 février 2026\u202f» ou «\u202fdemain\u202f».",
            ),
            (
                "lundi 3 février 2026",
                "«\u202flundi 3 février 2026\u202f»\u00a0: ce jour est un mardi 3 février 2026. "
                "Corrigez le jour de la semaine ou la date.",
            ),
            (
                "3/2/202",
                "«\u202f3/2/202\u202f»\u00a0: l’année a deux ou quatre chiffres. "
                "Corrigez l’année, par exemple 2026.",
            ),
            (
                "29/02",
                "«\u202f29/02\u202f» n’existe ni cette année, ni la précédente, ni la suivante. "
                "Corrigez le jour ou ajoutez l’année.",
            ),
            (
                "3/2/0026",
                "«\u202f3/2/0026\u202f»\u00a0: l’année 26 est hors d’atteinte. Écrivez une année "
                "entre 1900 et 2076.",
            ),
        ],
    )
    def test_a_refusal_says_what_to_do(self, typed, sentence):
        with pytest.raises(ValueError, match=".") as refusal:
            parse_french_date(typed, TODAY)

        assert str(refusal.value) == sentence

    @pytest.mark.parametrize(
        "typed", ["dans 999 ans", "il y a 999 ans", "dans 9999 jours", "0/1/2026", "3 foo"]
    )
    def test_what_lies_out_of_reach_is_refused_in_french(self, typed):
        with pytest.raises(ValueError, match="Écrivez|Corrigez"):
            parse_french_date(typed, TODAY)

    @given(st.dates(date(1900, 1, 1), date(2076, 12, 31)))
    def test_every_day_written_by_us_is_read_back(self, day):
        assert parse_french_date(short_date(day), TODAY) == day
        assert parse_french_date(long_date(day), TODAY) == day
        assert parse_french_date(day.isoformat(), TODAY) == day
        assert parse_french_date(f"{day:%d%m%Y}", TODAY) == day

    @given(st.dates(date(2000, 1, 1), date(2094, 12, 31)), st.integers(0, 99))
    def test_a_two_digit_year_lies_less_than_95_years_ago_and_at_most_5_ahead(self, today, year):
        found = parse_french_date(f"1/6/{year:02}", today)

        assert found.year % 100 == year
        assert today.year - 95 < found.year <= today.year + 5

    @given(st.text(max_size=25))
    def test_any_text_is_a_date_a_blank_or_a_refusal_in_french(self, text):
        with suppress_refusal() as refusal:
            found = parse_french_date(text, TODAY)
            assert found is None or found.year >= 1900
        assert not refusal or any(word in refusal[0] for word in ("Écrivez", "Corrigez"))


@contextmanager
def suppress_refusal():
    told = []
    try:
        yield told
    except ValueError as refusal:
        told.append(str(refusal))
