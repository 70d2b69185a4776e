"""Who is kept out of a beneficiary's file, and who was let in."""

from django.db import models

from maillage.barriers.models import (
    AbstractBarrier,
    AbstractExceptionalAccess,
    AbstractNamedReader,
    AbstractRestriction,
)
from maillage.core.rows import Rows
from maillage.network.roles import Side
from maillage.support.reception.models.beneficiaries import Beneficiary


class Barrier(AbstractBarrier):
    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    file = models.ForeignKey(
        Beneficiary, on_delete=models.CASCADE, related_name="barriers", db_index=False
    )


class Restriction(AbstractRestriction):
    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    file = models.ForeignKey(
        Beneficiary, on_delete=models.CASCADE, related_name="restrictions", db_index=False
    )


class NamedReader(AbstractNamedReader):
    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    restriction = models.ForeignKey(
        Restriction, on_delete=models.CASCADE, related_name="readers", db_index=False
    )


class ExceptionalAccess(AbstractExceptionalAccess):
    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    file = models.ForeignKey(
        Beneficiary, on_delete=models.CASCADE, related_name="exceptional_accesses"
    )
