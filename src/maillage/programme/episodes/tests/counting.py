"""How many queries a visit costs, once warm."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

AROUND = ("SAVEPOINT", "RELEASE", "SELECT set_config")  # the transaction that a request is


def queries(visit: Callable[[], object]) -> list[str]:
    visit()  # warms what is kept between visits
    with CaptureQueriesContext(connection) as counted:
        visit()
    asked = [query["sql"] for query in counted.captured_queries]
    return [sql for sql in asked if not sql.startswith(AROUND)]


def assert_flat(visit: Callable[[], object], grow: Callable[[], object], rows: int = 4) -> int:
    """A visit costs the same number of queries for some rows as for more; gives that number."""
    grow()
    few = queries(visit)
    for _ in range(rows):
        grow()
    many = queries(visit)
    assert len(many) == len(few), "\n".join(sorted(set(many) - set(few)))
    return len(many)
