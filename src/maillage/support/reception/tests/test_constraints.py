"""What the database of the single counter refuses, by name."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from maillage.barriers.models import OfOneSide
from maillage.support.reception.models import NameKey
from maillage.support.reception.tests.factories import (
    BeneficiaryFactory,
    ContactFactory,
    HouseholdMemberFactory,
    NeedFactory,
    PlanFactory,
)

pytestmark = pytest.mark.django_db


def _same_reference():
    first = BeneficiaryFactory()
    BeneficiaryFactory(organisation=first.organisation, reference=first.reference)


def _same_key():
    key = BeneficiaryFactory().name_keys.first()
    NameKey.objects.create(
        organisation=key.organisation, beneficiary=key.beneficiary, digest=key.digest
    )


BROKEN = {
    "beneficiary_reference_once": _same_reference,
    "beneficiary_has_a_reference": lambda: BeneficiaryFactory(reference=""),
    "beneficiary_origin_known": lambda: BeneficiaryFactory(origin="voisin"),
    "beneficiary_closing_reason_known": lambda: BeneficiaryFactory(
        closed=True, closing_reason="ennui"
    ),
    "beneficiary_closing_is_whole": lambda: BeneficiaryFactory(closing_reason="agreed"),
    "beneficiary_last_contact_after_the_first": lambda: BeneficiaryFactory(
        last_contact_on=date(2025, 8, 31)
    ),
    "beneficiary_closed_after_the_first_contact": lambda: BeneficiaryFactory(
        closed=True, closed_on=date(2025, 8, 31)
    ),
    "support_name_key_once_a_beneficiary": _same_key,
    "safe_contact_plan_one_in_force": lambda: PlanFactory(beneficiary=BeneficiaryFactory()),
    "safe_contact_plan_superseding_is_whole": lambda: PlanFactory(superseded_at=timezone.now()),
    "safe_contact_plan_message_needs_a_call": lambda: BeneficiaryFactory(
        plan__may_leave_message=True
    ),
    "household_member_kind_known": lambda: HouseholdMemberFactory(kind="cat"),
    "household_member_birth_year_is_a_year": lambda: HouseholdMemberFactory(birth_year=19),
    "need_code_known": lambda: NeedFactory(code="lune"),
    "need_ends_after_it_starts": lambda: NeedFactory(ended_on=date(2025, 8, 31)),
    "need_once_while_open": lambda: NeedFactory(beneficiary=NeedFactory().beneficiary),
    "support_contact_channel_known": lambda: ContactFactory(channel="pigeon"),
}
UNIQUE_COLUMNS = {
    "beneficiary_reference_once": "beneficiary.reference",
    "support_name_key_once_a_beneficiary": "namekey.digest",
    "safe_contact_plan_one_in_force": "safecontactplan.beneficiary_id",
    "need_once_while_open": "need.code",
}


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(constraint):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BROKEN[constraint]()

    told = str(refusal.value)
    assert constraint in told or UNIQUE_COLUMNS.get(constraint, constraint) in told


def test_every_constraint_of_the_room_is_tried():
    """Those of the barriers are tried for both sides in tests/test_barriers.py."""
    declared = {
        constraint.name
        for model in apps.get_app_config("support_reception").get_models()
        for constraint in model._meta.constraints
        if not issubclass(model, OfOneSide)
    }
    assert declared == set(BROKEN)


def test_nothing_of_a_person_is_readable_in_the_rows():
    from django.db import connection

    secrets = {
        "last_name": "Salamandre",
        "first_name": "Ondine",
        "alias": "Libellule",
        "address": "rue des Invisibles",
        "language": "tamasheq",
        "plan__code_word": "hirondelle",
        "plan__never": "sonner chez elle",
        "plan__phone": "+33639981299",
    }
    person = BeneficiaryFactory(**secrets)
    HouseholdMemberFactory(beneficiary=person, first_name="Zéphyrine")
    ContactFactory(beneficiary=person, note="Elle a parlé de Capucine.")

    kept = ""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("support_reception").get_models():
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            for row in cursor.fetchall():
                kept += " ".join(
                    bytes(cell).decode("latin-1")
                    if isinstance(cell, bytes | memoryview)
                    else str(cell)
                    for cell in row
                )
    assert person.reference in kept
    for secret in (*secrets.values(), "Zéphyrine", "Capucine", "1990-04-17"):
        assert secret not in kept
        assert secret.encode().decode("latin-1") not in kept
