"""The invented people of the demonstration, one caseload a branch.

Everything is drawn from fixed seeds and depends on nothing but `today`, the day at which the
caseloads are looked at: the same day gives the same rows.
"""

from maillage.demo.apex import apex
from maillage.demo.branches import small_branch
from maillage.demo.rows import CONTRACT_COLUMNS, DemoRow
from maillage.demo.via_voltaire import via_voltaire

__all__ = ["CONTRACT_COLUMNS", "DemoRow", "apex", "small_branch", "via_voltaire"]
