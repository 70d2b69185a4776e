"""How long each kind of record is kept: dated data, like every other rule."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from maillage.core.calendar import add_months

_FILE = Path(__file__).with_name("retention_rules.toml")


@dataclass(frozen=True)
class Rule:
    """Rows are due `months` and `days` after their trigger."""

    record: str
    label: str
    trigger: str
    basis: str
    valid_from: date
    valid_until: date | None = None
    months: int = 0
    days: int = 0

    def __post_init__(self):
        if self.months <= 0 and self.days <= 0:
            raise ValueError(f"{self.record}: a duration is one day or more")

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= (self.valid_until or date.max)

    def latest_trigger(self, today: date) -> date:
        """What happened on that day or before is due today."""
        return add_months(today, -self.months) - timedelta(days=self.days)

    def due_on(self, trigger: date) -> date:
        return add_months(trigger, self.months) + timedelta(days=self.days)

    @property
    def period(self) -> str:
        """« 24 mois », « 7 jours »."""
        parts = [(self.months, "mois"), (self.days, "jours" if self.days > 1 else "jour")]
        return " et ".join(f"{n}\u00a0{word}" for n, word in parts if n)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule there ever was; raises `TypeError` on a key that no rule has."""
    with _FILE.open("rb") as file:
        return tuple(Rule(**row) for row in tomllib.load(file)["rule"])


def rule_for(record: str, on: date) -> Rule:
    """The one rule of a kind of record on a day; raises `LookupError` when there is not one."""
    found = [rule for rule in rules() if rule.record == record and rule.is_valid_on(on)]
    if len(found) != 1:
        raise LookupError(f"{record}: {len(found)} rules on {on:%Y-%m-%d}")
    return found[0]
