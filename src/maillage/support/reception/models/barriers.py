"""Who is kept out of a beneficiary's file, and who was let in."""

from django.db import models

from maillage.barriers.models import (
    AbstractBarrier,
    AbstractExceptionalAccess,
    AbstractNamedReader,
    AbstractRestriction,
)
from maillage.network.roles import Side
from maillage.support.reception.models.beneficiaries import Beneficiary


class Barrier(AbstractBarrier):
    SIDE = Side.SUPPORT

    file = models.ForeignKey(
        Beneficiary, on_delete=models.CASCADE, related_name="barriers", db_index=False
    )


class Restriction(AbstractRestriction):
    SIDE = Side.SUPPORT

    file = models.ForeignKey(
        Beneficiary, on_delete=models.CASCADE, related_name="restrictions", db_index=False
    )


class NamedReader(AbstractNamedReader):
    SIDE = Side.SUPPORT

    restriction = models.ForeignKey(
        Restriction, on_delete=models.CASCADE, related_name="readers", db_index=False
    )


class ExceptionalAccess(AbstractExceptionalAccess):
    SIDE = Side.SUPPORT

    file = models.ForeignKey(
        Beneficiary, on_delete=models.CASCADE, related_name="exceptional_accesses"
    )
