"""`code__begins="2026-"`: what an index finds under row security, where LIKE may not be asked
before the policies (PostgreSQL takes it for a function that could tell what it reads)."""

from typing import Any

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Begins(Lookup):
    """The code points from the beginning on, as the index by pattern and SQLite order them; the
    case counts."""

    lookup_name = "begins"

    def get_prep_lookup(self) -> str:
        if not self.rhs:
            raise ValueError("everything begins with nothing")
        return str(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, given = self.process_lhs(compiler, connection)
        first, beyond = self.rhs, self.rhs[:-1] + chr(ord(self.rhs[-1]) + 1)
        return f"({column} >= %s AND {column} < %s)", [*given, first, *given, beyond]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        sql, given = self.as_sql(compiler, connection)
        return sql.replace(" >= ", " ~>=~ ").replace(" < ", " ~<~ "), given
