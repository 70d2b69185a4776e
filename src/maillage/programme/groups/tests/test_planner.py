"""Who is convened, by rules that a person can read: each choice and each non-choice explained."""

from datetime import date, timedelta

import pytest
from bench.planner import compare
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.programme.groups.planner import (
    RISK,
    Run,
    Waiting,
    bounds,
    chance,
    distribution,
    propose,
)

DAY = date(2026, 3, 12)


def person(key: int, **told) -> Waiting:
    """Somebody who asked long ago in the order of the keys, in time until the end of the year."""
    given = {"asked_on": date(2026, 1, 1) + timedelta(days=key), "limit_on": date(2026, 12, 31)}
    return Waiting(key=key, **given | told)


def run(key: int = 1, day: date = DAY, **told) -> Run:
    return Run(**{"key": key, "starts_on": day, "capacity": 3, "smallest": 1, "most": 3} | told)


def chosen(plan, rank: int = 0) -> list[int]:
    return [choice.waiting.key for choice in plan.runs[rank].choices]


def why(plan, key: int) -> tuple:
    for filled in plan.runs:
        for choice in filled.choices:
            if choice.waiting.key == key:
                return choice.reasons
    return plan.left[key]


class TestTheOrder:
    def test_is_that_of_arrival(self):
        plan = propose([person(5), person(2), person(9), person(4)], [run()])

        assert chosen(plan) == [2, 4, 5]
        assert why(plan, 9) == (("full", 4),)

    def test_puts_first_whoever_justice_sent_back_then_the_urgent_ones(self):
        people = [person(1), person(2), person(3, is_urgent=True), person(4, is_returned=True)]

        plan = propose(people, [run(), run(2, DAY + timedelta(days=30))])

        assert chosen(plan)[:2] == [4, 3]
        assert ("returned",) in why(plan, 4)
        assert ("urgent",) in why(plan, 3)

    def test_puts_before_all_whoever_would_pass_their_limit_at_the_next_run(self):
        people = [person(1), person(2), person(3), person(4, limit_on=DAY + timedelta(days=5))]

        plan = propose(people, [run(), run(2, DAY + timedelta(days=30))])

        assert chosen(plan)[0] == 4
        assert ("last_before_limit", "2026-03-17") in why(plan, 4)

    def test_gives_every_second_place_to_those_past_their_limit_already(self):
        late = [person(key, limit_on=date(2026, 2, 1)) for key in (1, 2, 3)]
        soon = [person(key, limit_on=DAY + timedelta(days=1)) for key in (7, 8, 9)]

        plan = propose([*soon, *late], [run(most=4, capacity=6)])

        assert chosen(plan) == [1, 7, 2, 8]
        assert ("limit_passed", "2026-02-01") in why(plan, 1)


class TestWhoIsNot:
    def test_a_couple_is_never_in_one_run(self):
        people = [person(1, apart=frozenset({2})), person(2, apart=frozenset({1})), person(3)]

        plan = propose(people, [run(), run(2, DAY + timedelta(days=30))])

        assert chosen(plan) == [1, 3]
        assert plan.first_left[2] == (("apart",),)
        assert chosen(plan, 1) == [2]

    def test_nor_with_somebody_who_sits_there_already(self):
        plan = propose([person(2, apart=frozenset({1}))], [run(seated={1: 0.7})])

        assert chosen(plan) == []

    def test_before_the_day_they_asked_for(self):
        plan = propose([person(1, not_before=DAY + timedelta(days=1))], [run()])

        assert why(plan, 1) == (("postponed_until", "2026-03-13"),)

    def test_a_man_to_a_run_for_women(self):
        plan = propose([person(1), person(2, sex="F")], [run(audience="women")])

        assert chosen(plan) == [2]
        assert why(plan, 1) == (("audience", "women"),)

    def test_a_woman_while_a_run_for_women_comes_in_time(self):
        women = run(2, DAY + timedelta(days=30), audience="women")
        people = [person(1, sex="F"), person(2, shows=1.0)]

        plan = propose(people, [run(), women])

        assert chosen(plan) == [2]
        assert plan.first_left[1] == (("women_run", "2026-04-11"),)
        assert chosen(plan, 1) == [1]

    def test_but_a_woman_who_would_pass_her_limit_before_it_is(self):
        women = run(2, DAY + timedelta(days=30), audience="women")
        plan = propose([person(1, sex="F", limit_on=DAY + timedelta(days=9))], [run(), women])

        assert chosen(plan) == [1]

    def test_elsewhere_while_a_run_comes_where_they_wait(self):
        near = run(2, DAY + timedelta(days=30), site=7)

        plan = propose([person(1, site=7), person(2, site=8, shows=1.0)], [run(site=8), near])

        assert chosen(plan) == [2]
        assert plan.first_left[1] == (("nearer_run", "2026-04-11"),)

    def test_unless_the_run_would_be_too_small_without_them(self):
        near = run(2, DAY + timedelta(days=30), site=7)

        plan = propose([person(1, site=7)], [run(site=8), near])

        assert chosen(plan) == [1]


class TestHowMany:
    def test_as_many_as_the_places_hold_given_who_comes(self):
        """At one in two, of eight who are convened more than six come 3.5 % of the times, of nine
        9 %, of ten 17 %."""
        people = [person(key, shows=0.5) for key in range(20)]

        plan = propose(people, [run(capacity=6, most=60)], risk=0.1)

        assert len(chosen(plan)) == 9
        assert plan.runs[0].expected == pytest.approx(4.5)

    def test_never_more_than_the_run_convenes_at_most(self):
        plan = propose([person(key, shows=0.1) for key in range(20)], [run(most=3)])

        assert len(chosen(plan)) == 3

    def test_a_run_that_stays_too_small_says_so(self):
        plan = propose([person(1, shows=0.5)], [run(smallest=2)])

        assert plan.runs[0].is_small

    def test_the_spread_holds_eight_times_in_ten(self):
        """Ten tosses of a coin: 3 to 7 heads."""
        assert bounds(distribution([0.5] * 10)) == (3, 7)

    def test_the_distribution_is_exact(self):
        assert distribution([0.5, 0.2]) == pytest.approx([0.4, 0.5, 0.1])

    def test_a_chance_is_learned_from_those_who_came(self):
        assert chance(0, 0) == pytest.approx(2 / 3)
        assert chance(152, 101) == pytest.approx(103 / 155)
        with pytest.raises(ValueError, match="3 came of 2"):
            chance(2, 3)


people = st.lists(
    st.builds(
        dict,
        asked=st.integers(0, 300),
        limit=st.integers(20, 400),
        sex=st.sampled_from("HF"),
        urgent=st.booleans(),
        returned=st.booleans(),
        later=st.one_of(st.none(), st.integers(0, 300)),
        other=st.integers(0, 40),
        site=st.one_of(st.none(), st.integers(0, 2)),
        shows=st.floats(0.05, 0.95),
    ),
    max_size=40,
)
runs = st.lists(
    st.builds(
        dict,
        day=st.integers(0, 300),
        capacity=st.integers(1, 14),
        extra=st.integers(0, 8),
        audience=st.sampled_from(("mixed", "mixed", "women", "men")),
        site=st.one_of(st.none(), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(people, runs)
def test_whatever_waits_and_comes_the_rules_hold(listed, coming):
    first = date(2026, 1, 1)
    pairs = [{rank, told["other"]} for rank, told in enumerate(listed) if told["other"] < rank]
    waiting = [
        Waiting(
            key=rank,
            asked_on=first + timedelta(days=told["asked"]),
            limit_on=first + timedelta(days=told["asked"] + told["limit"]),
            sex=told["sex"],
            is_urgent=told["urgent"],
            is_returned=told["returned"],
            not_before=None if told["later"] is None else first + timedelta(days=told["later"]),
            apart=frozenset(k for pair in pairs if rank in pair for k in pair - {rank}),
            site=told["site"],
            shows=told["shows"],
        )
        for rank, told in enumerate(listed)
    ]
    planned = [
        Run(
            key=rank,
            starts_on=first + timedelta(days=told["day"]),
            capacity=told["capacity"],
            smallest=1,
            most=told["capacity"] + told["extra"],
            audience=told["audience"],
            site=told["site"],
        )
        for rank, told in enumerate(coming)
    ]

    plan = propose(waiting, planned)

    seated = [choice.waiting.key for filled in plan.runs for choice in filled.choices]
    assert sorted([*seated, *plan.left]) == list(range(len(waiting)))
    assert all(plan.left.values())
    for filled in plan.runs:
        there = {choice.waiting.key for choice in filled.choices}
        chances = [choice.waiting.shows for choice in filled.choices]
        assert not any(choice.waiting.apart & there for choice in filled.choices)
        assert len(there) <= filled.run.most
        assert sum(distribution(chances)[filled.run.capacity + 1 :]) <= RISK + 1e-9
        assert filled.low <= filled.expected + 1
        for choice in filled.choices:
            one = choice.waiting
            assert choice.reasons
            assert one.not_before is None or filled.run.starts_on >= one.not_before
            assert filled.run.audience in ("mixed", "women" if one.sex == "F" else "men")


@pytest.mark.slow
def test_against_order_of_arrival_fewer_wait_fewer_pass_six_months_and_no_couple_meets():
    told = compare(years=10, seed=2024)
    planned, plain = told["planner"], told["arrival_order"]

    assert planned["waiting"] < plain["waiting"]
    assert planned["over_six_months"] < plain["over_six_months"]
    assert planned["couples_together"] == 0 < plain["couples_together"]
    assert planned["smallest_expected"] >= 6


class TestTransport:
    """Who has no transport goes to no other place than the one where they wait."""

    def test_keeps_for_their_own_place_whoever_cannot_go_elsewhere(self):
        here, far = person(1, site=1, stays_near=True), person(2, site=2, stays_near=True)

        plan = propose([here, far, person(3, site=2)], [run(site=1)])

        assert chosen(plan) == [1, 3]
        assert why(plan, 2) == (("too_far",),)

    def test_asks_nothing_where_the_place_is_not_known(self):
        assert chosen(propose([person(1, site=None, stays_near=True)], [run(site=1)])) == [1]
