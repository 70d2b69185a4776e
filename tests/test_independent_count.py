"""Who counts, on one or two rows whose answer is known by hand; and that every figure closes."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from tests.independent_count import count
from tests.spreadsheet_rows import SITES, filled, flow, row, stay

NOBODY = dict.fromkeys(
    ["received", "new", "resumed", "continuing", "exited", "followed", "waiting_at_end"], 0
)


class TestActiveInTheYear:
    def test_entered_on_its_last_day_counts(self):
        rows = [stay(date(2024, 12, 31))]

        assert flow(rows) == NOBODY | {"received": 1, "new": 1, "followed": 1}

    def test_entered_on_its_first_day_is_entered_in_it(self):
        rows = [
            stay(date(2024, 1, 1)),
            stay(date(2023, 2, 1), date(2023, 4, 3), dossier="A"),
            stay(date(2024, 1, 1), dossier="A", episode=2),
        ]

        assert flow(rows) == NOBODY | {"received": 2, "new": 1, "resumed": 1, "followed": 2}

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
