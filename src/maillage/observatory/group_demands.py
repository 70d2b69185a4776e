"""The demands for each kind of group that a year had to answer, counted at once for all kinds."""

from collections import Counter

import narwhals as nw

from maillage.observatory.engine import Session
from maillage.observatory.group_selections import REOPENED, cohort, owed_at_end, within
from maillage.observatory.tables import Period


class Demands:
    """Counts by kind. Who waits at an end is told from the last states alone, apart from the
    cohort that must come to it."""

    def __init__(self, session: Session, turns: nw.LazyFrame, period: Period):
        self.session, self.turns, self.period = session, turns, period
        of_year = session.keep(cohort(turns, period))
        self._counted = session.rows(
            of_year.group_by("kind", "cohort", "outcome", "is_owed").agg(nw.len().alias("demands"))
        )
        self.at_start, self.late_at_start = self._owed(Period.of_year(period.year - 1))
        self.at_end, self.late_at_end = self._owed(period)
        asked = within(period, "asked_on")
        convened = within(period) & (nw.col("state") == "convened")
        self.asked = self._when(asked)
        self.convened = self._when(convened)
        self.convened_asked = self._when(convened & asked)
        self.participants = self._participants(of_year)

    def settled(self, kind: str) -> int:
        return sum(n for of, _, _, is_owed, n in self._counted if of == kind and not is_owed)

    def reopened(self, kind: str) -> int:
        return sum(n for of, column, _, _, n in self._counted if (of, column) == (kind, REOPENED))

    def outcomes(self, kind: str) -> dict[tuple[str, str], int]:
        """Demands by outcome and cohort."""
        found: Counter[tuple[str, str]] = Counter()
        for of, column, row, _, n in self._counted:
            if of == kind:
                found[row, column] += n
        return dict(found)

    def _owed(self, period: Period) -> tuple[Counter[str], Counter[str]]:
        """Those who wait at the end of a year, and those of them who have for over six months."""
        waiting, late = Counter[str](), Counter[str]()
        rows = owed_at_end(self.turns, period).group_by("kind", "six_months_on")
        for kind, limit, n in self.session.rows(rows.agg(nw.len().alias("demands"))):
            waiting[kind] += n
            late[kind] += n if limit < period.end else 0
        return waiting, late

    def _when(self, condition: nw.Expr) -> Counter[str]:
        rows = self.turns.filter(condition).group_by("kind")
        return Counter(dict(self.session.rows(rows.agg(nw.col("enrolment").n_unique()))))

    def _participants(self, of_year: nw.LazyFrame) -> Counter[str]:
        """Those who took part before the year and had not ended, and those who began in it."""
        went_on = of_year.filter(nw.col("state_before") == "attending")
        began = self.turns.filter(within(self.period), nw.col("state") == "attending")
        found = {
            line
            for frame in (went_on, began)
            for line in self.session.rows(frame.select("kind", "enrolment"))
        }
        return Counter(kind for kind, _ in found)
