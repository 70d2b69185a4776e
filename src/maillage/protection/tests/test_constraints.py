"""What the tables of this room and the statistical rows refuse, each by the name of its rule."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from maillage.network.tests.factories import OrganisationFactory, SiteFactory, UserFactory
from maillage.programme.episodes.models import StatisticalRow
from maillage.programme.episodes.tests.factories import NoteFactory
from maillage.protection.models import LegalHold, Passage, RightsRequest

pytestmark = pytest.mark.django_db


def a_hold(**known):
    given = {
        "side": "programme",
        "file": "abcdefgh2345",
        "reason": "r",
        "ends_on": date(2027, 1, 1),
    }
    given |= {"starts_on": date(2026, 1, 1), **known}
    return LegalHold.objects.create(organisation=OrganisationFactory(), by=UserFactory(), **given)


def a_request(**known):
    given = {"side": "programme", "file": "abcdefgh2345", "kind": "access"}
    given |= {"received_on": date(2026, 1, 5), "due_on": date(2026, 2, 5), **known}
    return RightsRequest.objects.create(organisation=OrganisationFactory(), **given)


def a_passage(**known):
    given = {"model": "episodes.Note", "row": 1, "column": "text", "decision": "give"}
    return Passage.objects.create(
        request=known.pop("request", None) or a_request(), **given | known
    )


def a_row(**known):
    given = {
        "organisation": OrganisationFactory(),
        "person": 7,
        "referred_on": date(2024, 1, 31),
        "sex": "H",
        "referrer_category": "spip",
        "legal_framework": "postsentenciel",
        "marital_status": "celibataire",
        "employment": "en_emploi",
        "resources": "salaires",
    }
    return StatisticalRow.objects.create(**given | known)


def twice(make, **known):
    make(**known)
    make(**known)


REFUSED = {
    "hold_side_known": lambda: a_hold(side="both"),
    "hold_ends_after_it_starts": lambda: a_hold(ends_on=date(2025, 12, 31)),
    "hold_lifted_after_it_starts": lambda: a_hold(lifted_on=date(2025, 12, 31)),
    "hold_once_a_file": lambda: twice(a_hold),
    "rights_side_known": lambda: a_request(side="both"),
    "rights_kind_known": lambda: a_request(kind="lunch"),
    "rights_state_known": lambda: a_request(state="lost"),
    "rights_how_known": lambda: a_request(answered_how="pigeon"),
    "rights_due_after_received": lambda: a_request(due_on=date(2026, 1, 4)),
    "rights_answered_iff_ended": lambda: a_request(state="refused"),
    "rights_only_a_copy_is_prepared": lambda: a_request(
        kind="objection", prepared_by=UserFactory()
    ),
    "rights_reviewed_by_another": lambda: a_request(reviewed_by=UserFactory()),
    "rights_copy_given_once_reviewed": lambda: a_request(
        state="granted", answered_on=date(2026, 1, 9)
    ),
    "passage_decision_known": lambda: a_passage(decision="burn", reason="third"),
    "passage_reason_known": lambda: a_passage(decision="withhold", reason="mood"),
    "passage_has_a_reason_unless_given_whole": lambda: a_passage(decision="withhold"),
    "passage_once_a_text": lambda: twice(a_passage, request=a_request()),
    "statistical_entry_is_whole": lambda: a_row(seq=1),
    "statistical_sex_known": lambda: a_row(sex="Z"),
    "statistical_exit_reason_known": lambda: a_row(exit_reason="ennui"),
    "statistical_referrer_category_known": lambda: a_row(referrer_category="voisin"),
    "statistical_legal_framework_known": lambda: a_row(legal_framework=""),
    "statistical_module_known": lambda: a_row(module="poterie"),
    "statistical_marital_status_known": lambda: a_row(marital_status="fiance"),
    "statistical_employment_known": lambda: a_row(employment="interim"),
    "statistical_resources_known": lambda: a_row(resources="loto"),
    "note_source_known": lambda: NoteFactory(source="rumour"),
}


@pytest.mark.parametrize("constraint", REFUSED)
def test_the_database_refuses(constraint):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        REFUSED[constraint]()

    if constraint in ("hold_once_a_file", "passage_once_a_text"):  # SQLite does not name these
        assert "unique" in str(refusal.value).lower()
    else:
        assert constraint in str(refusal.value)


def test_every_rule_of_these_tables_is_tried():
    named = {
        c.name for model in (LegalHold, RightsRequest, Passage) for c in model._meta.constraints
    }
    named |= {c.name for c in StatisticalRow._meta.constraints}

    assert named <= set(REFUSED)


def test_a_whole_entry_is_taken():
    site = SiteFactory()

    assert a_row(seq=1, entered_on=date(2024, 2, 29), site=site).pk
