from calendar import monthrange
from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.calendar import public_holidays
from maillage.network.recurrence import LAST, RANKS, Recurrence, sentence, week

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

recurrences = st.builds(
    Recurrence,
    weekday=st.integers(0, 6),
    half_day=st.sampled_from([None, "matin", "après-midi"]),
    ranks=st.sets(st.sampled_from(RANKS)).map(lambda s: tuple(r for r in RANKS if r in s)),
)
starts = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def brute_force(recurrence, year, month):
    """The days of a month found by listing its weekdays and numbering them by hand."""
    month_days = [date(year, month, n) for n in range(1, monthrange(year, month)[1] + 1)]
    same = [day for day in month_days if day.weekday() == recurrence.weekday]
    if not recurrence.ranks:
        return same
    wanted = {same[-1]} if LAST in recurrence.ranks else set()
    wanted |= {day for rank, day in enumerate(same, start=1) if rank in recurrence.ranks}
    return sorted(wanted)


class TestOccurrences:
    def test_the_third_and_fourth_tuesdays_of_pezenas(self):
        tuesdays = Recurrence(TUESDAY, half_day="matin", ranks=(3, 4))  # R30

        assert tuesdays.next_dates(date(2024, 1, 1), 4) == [
            date(2024, 1, 16),
            date(2024, 1, 23),
            date(2024, 2, 20),
            date(2024, 2, 27),
        ]

    def test_the_first_friday_of_pezenas_falls_out_on_the_first_of_november(self):
        fridays = Recurrence(FRIDAY, half_day="après-midi", ranks=(1,))  # R30

        assert fridays.occurs_on(date(2024, 11, 1))
        assert fridays.next_dates(date(2024, 10, 5), 2) == [date(2024, 12, 6), date(2025, 1, 3)]
        assert fridays.next_dates(date(2024, 10, 5), 1, closed=lambda day: False) == [
            date(2024, 11, 1)
        ]

    def test_a_fifth_monday_is_not_in_every_month_but_a_last_one_is(self):
        fifth = Recurrence(MONDAY, ranks=(5,))
        last = Recurrence(MONDAY, ranks=(LAST,))

        assert fifth.next_dates(date(2024, 1, 1), 2) == [date(2024, 1, 29), date(2024, 4, 29)]
        assert last.next_dates(date(2024, 2, 1), 2) == [date(2024, 2, 26), date(2024, 3, 25)]

    def test_a_start_on_the_day_itself_counts(self):
        assert Recurrence(WEDNESDAY).next_dates(date(2024, 1, 3), 1) == [date(2024, 1, 3)]

    def test_outside_its_validity_nothing_occurs(self):
        dated = Recurrence(WEDNESDAY, valid_from=date(2024, 1, 10), valid_until=date(2024, 1, 24))

        assert dated.next_dates(date(2023, 6, 1), 9) == [
            date(2024, 1, 10),
            date(2024, 1, 17),
            date(2024, 1, 24),
        ]
        assert not dated.occurs_on(date(2024, 1, 3))
        assert not dated.occurs_on(date(2024, 1, 31))

    def test_a_search_that_finds_nothing_ends(self):
        assert Recurrence(MONDAY).next_dates(date(2024, 1, 1), 1, closed=lambda day: True) == []

    @given(recurrences, st.integers(2000, 2100), st.integers(1, 12))
    def test_a_month_has_the_days_that_counting_them_gives(self, recurrence, year, month):
        month_days = [date(year, month, n) for n in range(1, monthrange(year, month)[1] + 1)]

        found = [day for day in month_days if recurrence.occurs_on(day)]

        assert found == brute_force(recurrence, year, month)

    @given(recurrences, starts, st.integers(0, 12))
    def test_next_dates_are_the_first_that_occur_and_are_open(self, recurrence, start, count):
        found = recurrence.next_dates(start, count)
        last = found[-1] if found else start - timedelta(days=1)
        every = [start + timedelta(days=n) for n in range((last - start).days + 1)]

        assert len(found) == count
        assert found == [
            d for d in every if recurrence.occurs_on(d) and d not in public_holidays(d.year)
        ]


class TestSentences:
    @pytest.mark.parametrize(
        ("group", "expected"),
        [
            ([], ""),
            ([Recurrence(WEDNESDAY, half_day="matin")], "mercredi matin"),
            (
                [Recurrence(FRIDAY, half_day="après-midi", ranks=(1,))],
                "1er vendredi après-midi",
            ),
            (
                [Recurrence(TUESDAY, half_day="matin", ranks=(3, 4))],
                "3e et 4e mardis matin",
            ),
            (
                [
                    Recurrence(FRIDAY, half_day="après-midi", ranks=(1,)),
                    Recurrence(TUESDAY, half_day="matin", ranks=(3, 4)),
                ],
                "1er vendredi après-midi\u202f; 3e et 4e mardis matin",
            ),
            (
                [Recurrence(d) for d in (MONDAY, TUESDAY, THURSDAY, FRIDAY)],
                "lundi, mardi, jeudi et vendredi",
            ),
            (
                [Recurrence(d, time(9), time(12)) for d in (MONDAY, TUESDAY, THURSDAY, FRIDAY)],
                "lundi, mardi, jeudi et vendredi, 9\u00a0h–12\u00a0h",
            ),
            (
                [Recurrence(d, half_day="après-midi") for d in (FRIDAY, TUESDAY)],
                "mardi et vendredi, l’après-midi",
            ),
            (
                [Recurrence(d, time(a), time(b)) for d in range(5) for a, b in ((14, 17), (9, 12))],
                "du lundi au vendredi, 9\u00a0h–12\u00a0h et 14\u00a0h–17\u00a0h",
            ),
            (
                [Recurrence(d, time(9), time(18)) for d in range(7)],
                "tous les jours, 9\u00a0h–18\u00a0h",
            ),
            (
                [Recurrence(MONDAY), Recurrence(TUESDAY, half_day="matin")],
                "lundi\u202f; mardi matin",
            ),
            (
                [Recurrence(MONDAY, time(18, 15), time(19, 45))],
                "lundi, 18\u00a0h\u00a015–19\u00a0h\u00a045",
            ),
            ([Recurrence(MONDAY, time(18))], "lundi, à partir de 18\u00a0h"),
            (
                [Recurrence(THURSDAY, time(9), time(12), ranks=(1, LAST))],
                "1er et dernier jeudis, 9\u00a0h–12\u00a0h",
            ),
            ([Recurrence(SATURDAY, ranks=(LAST,))], "dernier samedi"),
            ([Recurrence(SUNDAY), Recurrence(SUNDAY)], "dimanche"),
        ],
    )
    def test_openings_read_as_the_network_writes_them(self, group, expected):
        assert sentence(group) == expected

    @given(st.lists(recurrences, max_size=6), st.randoms())
    def test_the_order_of_the_rows_changes_nothing(self, group, chance):
        shuffled = group.copy()
        chance.shuffle(shuffled)

        assert sentence(shuffled) == sentence(group)
        assert week(shuffled) == week(group)


def test_a_week_shows_its_days_in_order_with_their_hours():
    assert week(
        [
            Recurrence(FRIDAY, half_day="après-midi", ranks=(1,)),
            Recurrence(MONDAY, time(14), time(17)),
            Recurrence(TUESDAY, half_day="matin", ranks=(3, 4)),
            Recurrence(MONDAY, time(9), time(12)),
            Recurrence(FRIDAY, half_day="matin"),
            Recurrence(WEDNESDAY),
        ]
    ) == [
        ("lundi", ["9\u00a0h–12\u00a0h", "14\u00a0h–17\u00a0h"]),
        ("mardi", ["matin (3e et 4e du mois)"]),
        ("mercredi", ["horaires non précisés"]),
        ("vendredi", ["matin", "après-midi (1er du mois)"]),
    ]


def test_an_opening_of_the_directory_becomes_a_recurrence():
    opening = SimpleNamespace(
        weekday=FRIDAY,
        starts_at=None,
        ends_at=None,
        half_day="afternoon",
        ranks=[1],
        valid_from=date(2024, 1, 1),
        valid_until=None,
    )

    assert Recurrence.of(opening) == Recurrence(
        FRIDAY, half_day="après-midi", ranks=(1,), valid_from=date(2024, 1, 1)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekday": 7},
        {"weekday": 0, "half_day": "soir"},
        {"weekday": 0, "ranks": (6,)},
        {"weekday": 0, "ranks": (2, 1)},
        {"weekday": 0, "ranks": (1, 1)},
        {"weekday": 0, "ends": time(12)},
        {"weekday": 0, "starts": time(12), "ends": time(9)},
        {"weekday": 0, "starts": time(9), "half_day": "matin"},
        {"weekday": 0, "valid_from": date(2024, 2, 1), "valid_until": date(2024, 1, 1)},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        Recurrence(**wrong)
