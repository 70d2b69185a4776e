"""Who is kept out of a participant's file, and who was let in."""

from django.db import models

from maillage.barriers.models import (
    AbstractBarrier,
    AbstractExceptionalAccess,
    AbstractNamedReader,
    AbstractRestriction,
)
from maillage.core.rows import Rows
from maillage.network.roles import Side
from maillage.programme.intake.models.participants import Participant


class Barrier(AbstractBarrier):
    SIDE = Side.PROGRAMME
    row_owner = Rows(organisation="organisation_id", side="programme")

    file = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="barriers", db_index=False
    )


class Restriction(AbstractRestriction):
    SIDE = Side.PROGRAMME
    row_owner = Rows(organisation="organisation_id", side="programme")

    file = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="restrictions", db_index=False
    )


class NamedReader(AbstractNamedReader):
    SIDE = Side.PROGRAMME
    row_owner = Rows(organisation="organisation_id", side="programme")

    restriction = models.ForeignKey(
        Restriction, on_delete=models.CASCADE, related_name="readers", db_index=False
    )


class ExceptionalAccess(AbstractExceptionalAccess):
    SIDE = Side.PROGRAMME
    row_owner = Rows(organisation="organisation_id", side="programme")

    file = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="exceptional_accesses"
    )
