"""How much is due: integers, and one sum for every screen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from maillage.core.calendar import add_months
from maillage.programme.fees.models import Entry, Fee


@dataclass(frozen=True)
class Balance:
    """Cents: asked, forgone, received, given back. What is left is never below nothing."""

    asked: int
    waived: int
    paid: int
    refunded: int

    @property
    def left(self) -> int:
        return self.asked - self.waived - self.paid + self.refunded


def balance(fee: Fee, entries: Iterable[Entry]) -> Balance:
    """A counter-entry takes its entry off its own column."""
    totals = dict.fromkeys(Entry.Kind.values, 0)
    for one in entries:
        totals[one.kind] += -one.cents if one.cancels_id else one.cents
    return Balance(fee.cents, totals["waiver"], totals["payment"], totals["refund"])


def schedule(fee: Fee) -> list[tuple[date, int]]:
    """When each part is due: a month apart, the odd cents with the first."""
    share, rest = divmod(fee.cents, fee.instalments)
    return [
        (add_months(fee.asked_on, rank), share + (rest if rank == 0 else 0))
        for rank in range(fee.instalments)
    ]


def overdue(fee: Fee, told: Balance, today: date) -> int:
    """How much of it should have been paid by now."""
    asked = sum(cents for day, cents in schedule(fee) if day < today)
    return max(0, min(told.left, asked - told.waived - told.paid + told.refunded))
