"""Tables in files: any spreadsheet that comes in is told exactly, any that goes out is harmless."""

from maillage.core.tables.errors import CellError, TableError
from maillage.core.tables.reading import Cell, TableFile, cell_text, read_table
from maillage.core.tables.writing import neutral, write_csv, write_xlsx

__all__ = [
    "Cell",
    "CellError",
    "TableError",
    "TableFile",
    "cell_text",
    "neutral",
    "read_table",
    "write_csv",
    "write_xlsx",
]
