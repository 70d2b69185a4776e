"""The figures of the published report, to which the invented people add up."""

from maillage.demo.people import data


def published_table(table_id: str) -> dict:
    """One table of `data/published.json`; an unknown id raises `KeyError`."""
    for table in data("published")["tables"]:
        if table["id"] == table_id:
            return table
    raise KeyError(table_id)


def margin(table_id: str, column: str = "total") -> dict[str, int]:
    """One column of a published table, by row code."""
    table = published_table(table_id)
    place = table["columns"].index(column)
    return {code: cells[place] for code, cells in zip(table["rows"], table["cells"], strict=True)}
