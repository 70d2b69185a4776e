from datetime import date, time

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from maillage.network import models
from maillage.network.models import Mandate
from maillage.network.tests.factories import (
    AgreementFactory,
    ContactFactory,
    MandateFactory,
    MembershipFactory,
    OpeningFactory,
    OrganisationFactory,
    SiteAddressFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db


def twice(factory, *same, **fields):
    """Two rows that share these fields, where the table holds one."""

    def make():
        first = factory(**fields)
        factory(**fields, **{name: getattr(first, name) for name in same})

    return make


def address_without_site():
    OpeningFactory(site=None, organisation=OrganisationFactory(), address=SiteAddressFactory())


def agreement_with_itself():
    organisation = OrganisationFactory()
    AgreementFactory(organisation=organisation, partner=organisation)


BEFORE, AFTER = date(2024, 5, 1), date(2024, 5, 2)

BROKEN = {
    "organisation_referrer_category_known": lambda: OrganisationFactory(referrer_category="maire"),
    "mandate_kind_known": lambda: MandateFactory(kind="sponsor"),
    "mandate_ends_after_it_starts": lambda: MandateFactory(starts_on=AFTER, ends_on=BEFORE),
    "mandate_once_while_in_force": twice(MandateFactory, "organisation", kind=Mandate.Kind.BRANCH),
    "contact_kind_known": lambda: ContactFactory(kind="fax"),
    "contact_once": twice(ContactFactory, "organisation", value="accueil@exemple.test"),
    "site_code_once": twice(SiteFactory, "organisation", slug="agde"),
    "site_ends_after_it_starts": lambda: SiteFactory(starts_on=AFTER, ends_on=BEFORE),
    "address_once_a_site": twice(SiteAddressFactory, "site", label="Maison"),
    "opening_weekday_known": lambda: OpeningFactory(weekday=7),
    "opening_half_day_known": lambda: OpeningFactory(half_day="night"),
    "opening_hours_are_whole": lambda: OpeningFactory(starts_at=time(9), ends_at=None),
    "opening_ends_after_it_starts": lambda: OpeningFactory(valid_from=AFTER, valid_until=BEFORE),
    "opening_address_is_of_a_site": address_without_site,
    "agreement_ends_after_it_starts": lambda: AgreementFactory(starts_on=AFTER, ends_on=BEFORE),
    "agreement_is_between_two": agreement_with_itself,
    "agreement_once_a_title": twice(AgreementFactory, "organisation", "partner", title="Accord"),
    "membership_side_known": lambda: MembershipFactory(side="both"),
    "membership_role_known": lambda: MembershipFactory(role="boss"),
    "membership_ends_after_it_starts": lambda: MembershipFactory(starts_on=AFTER, ends_on=BEFORE),
    "membership_once_while_open": twice(MembershipFactory, "user", "organisation"),
}

UNIQUE = {  # SQLite names the columns of a plain unique constraint, not the constraint
    "contact_once": "network_contact.organisation_id, network_contact.kind",
    "site_code_once": "network_site.organisation_id, network_site.slug",
    "address_once_a_site": "network_siteaddress.site_id, network_siteaddress.label",
    "agreement_once_a_title": "network_agreement.organisation_id, network_agreement.partner_id",
    "mandate_once_while_in_force": "network_mandate.organisation_id, network_mandate.kind",
    "membership_once_while_open": "network_membership.user_id, network_membership.organisation_id",
}


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(constraint):
    said = f"{constraint}|{UNIQUE.get(constraint, constraint)}"

    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        BROKEN[constraint]()


def test_every_constraint_of_the_room_is_tripped_here():
    ours = [m for m in vars(models).values() if isinstance(m, type) and issubclass(m, Model)]
    names = {
        constraint.name
        for model in ours
        if model.__module__ == models.__name__
        for constraint in model._meta.constraints
    }

    assert names == set(BROKEN)


def test_hours_end_after_they_start():
    with pytest.raises(IntegrityError, match="opening_hours_are_whole"):
        OpeningFactory(half_day="", starts_at=time(12), ends_at=time(9))


def test_a_mandate_comes_back_after_it_ended():
    ended = MandateFactory(ends_on=date(2022, 12, 31))

    MandateFactory(organisation=ended.organisation, starts_on=date(2024, 1, 1))

    assert ended.organisation.mandates.count() == 2
