"""One report, five ways of showing it; each writer is loaded when it is asked for."""

from importlib import import_module

from maillage.observatory.tables import Report

FORMATS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
}
_MODULES = {"json": "json_"}


def render(report: Report, kind: str) -> bytes:
    """The bytes of a file of one of `FORMATS`."""
    module = import_module(f"{__name__}.{_MODULES.get(kind, kind)}")
    content = getattr(module, f"render_{kind}")(report)
    return content.encode() if isinstance(content, str) else content
