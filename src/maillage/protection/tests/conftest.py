"""A branch with its people, a file that holds something in every column, and one that is due."""

from datetime import UTC, date, datetime

import pytest

from maillage.core.models import Draft
from maillage.core.vault import bound
from maillage.programme.episodes.tests.conftest import (  # noqa: F401
    House,
    house,
    one_entry,
    signed_in,
)
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
    ParticipantFactory,
    ReferralFactory,
    RequestedModuleFactory,
)

LONG_AGO = datetime(2022, 3, 1, 10, tzinfo=UTC)


def full_file(house: House, **known) -> Participant:  # noqa: F811
    """A file in which every table tells something, ended in 2022: it has been due for years."""
    given = {
        "town": "Bourg-secret",
        "phone": "+33639981234",
        "email": "camille@exemple.test",
        "language": "wolof",
    }
    person = ParticipantFactory(organisation=house.branch, **given | known)
    referral = ReferralFactory(
        participant=person,
        accepted=True,
        received_on=date(2021, 9, 1),
        comment="précisions de l’orienteur",
        referrer_contact="M. Interlocuteur",
        steps=house.practitioner,
    )
    referral.steps.update(reason=bound("motif de l’étape", referral.vault_owner))
    by = house.practitioner.user
    ObligationFactory(referral=referral)
    RequestedModuleFactory(referral=referral)
    ContactAttemptFactory(referral=referral, at=LONG_AGO, comment="sa sœur a répondu", by=by)
    AssessmentFactory(
        referral=referral, held_on=date(2021, 9, 15), summary="synthèse clinique", by=by
    )
    episode = house.episode(
        referral=referral,
        entered_on=date(2021, 10, 4),
        exited_on=date(2022, 3, 15),
        exit_reason="concertee",
        exit_comment="départ préparé",
        last_contact_on=date(2022, 3, 10),
    )
    EpisodeModuleFactory(episode=episode)
    SituationChangeFactory(episode=episode, by=by)
    first = AppointmentFactory(
        referral=referral, practitioner=by, starts_at=LONG_AGO, status="postponed"
    )
    AppointmentFactory(
        referral=referral, practitioner=by, starts_at=LONG_AGO, status="kept", supersedes=first
    )
    NoteFactory(referral=referral, text="elle dit avoir peur", source="victim", by=by)
    NoteFactory(referral=referral, text="il dit aller mieux", source="self", by=by)
    NoteFactory(referral=referral, text="note du psychologue", clinical=True, by=by)
    Draft.objects.create(
        user=by,
        organisation_id=house.branch.pk,
        side="programme",
        form=f"programme/{house.branch.slug}/note:{referral.uid}",
        data="{}",
    )
    return person


@pytest.fixture
def due_file(house):  # noqa: F811
    return full_file(house)
