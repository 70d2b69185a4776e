"""XLSForm, the open format of questionnaires (xlsform.org): in, checked by `pyxform`; out."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maillage.core import tables
from maillage.core.tables import TableError, TableFile, cell_text
from maillage.programme.questionnaires.models import Question, Questionnaire
from maillage.programme.questionnaires.writing import Asked

MOST_ROWS = 500
_RANGE = re.compile(r"(start|end|step)\s*=\s*(\d{1,3})")
_SAID_YES = {"oui", "yes"}
_YES_NO = {"oui", "non", "yes", "no"}
_TITLES = re.compile(r"label(?:\s*::\s*(?:fran[cç]ais|french)\s*(?:\(fr\))?)?", re.IGNORECASE)


def read(path: Path) -> list[Asked]:
    """The questions of a workbook. Raises `TableError` in French, with the row and the column,
    for whatever is not one of the five kinds: nothing is left out in silence."""
    survey = _sheet(path, "survey")
    kinds = [cell_text(value) for value in _column(survey, "type")]
    asks = any(kind.startswith(("select_one", "select_multiple")) for kind in kinds)
    choices = _choices(_sheet(path, "choices")) if asks else {}
    found = list(_questions(survey, choices))
    # here, for it takes a second to load, and every command would wait for it
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        convert(path.read_bytes(), file_type=".xlsx")
    except PyXFormError as error:
        raise TableError(f"Ce n’est pas un XLSForm valable\u00a0: {error}") from error
    return found


def _sheet(path: Path, name: str) -> TableFile:
    table = tables.read_table(path, max_rows=MOST_ROWS, sheet=name)
    if table.errors:
        raise TableError(f"Feuille «\u202f{name}\u202f», {table.errors[0]}")
    return table


def _place(table: TableFile, name: str) -> int:
    wanted = _TITLES if name == "label" else re.compile(re.escape(name), re.IGNORECASE)
    for place, header in enumerate(table.headers):
        if wanted.fullmatch(header.strip()):
            return place
    raise TableError(f"Il manque une colonne «\u202f{name}\u202f».")


def _column(table: TableFile, name: str) -> list:
    place = _place(table, name)
    return [row[place] for _, row in table.rows]


def _choices(table: TableFile) -> dict[str, list[tuple[str, str]]]:
    """By list, the name and the label of each choice."""
    place = _place(table, "list_name")
    name, label = _place(table, "name"), _place(table, "label")
    found: dict[str, list[tuple[str, str]]] = {}
    for number, row in table.rows:
        code, said = cell_text(row[name]), cell_text(row[label])
        if not said:
            raise TableError(
                f"Feuille «\u202fchoices\u202f», ligne {number}, colonne label\u00a0: vide."
            )
        found.setdefault(cell_text(row[place]), []).append((code, said))
    return found


def _questions(table: TableFile, choices: dict) -> Iterator[Asked]:
    places = {name: _place(table, name) for name in ("type", "label")}
    others = {header.strip().lower(): place for place, header in enumerate(table.headers)}
    for number, row in table.rows:

        def cell(name: str, row=row) -> str:
            place = places.get(name, others.get(name))
            return cell_text(row[place]) if place is not None else ""

        def wrong(column: str, why: str, number=number) -> TableError:
            return TableError(
                f"Feuille «\u202fsurvey\u202f», ligne {number}, colonne {column}\u00a0: {why}"
            )

        kind, _, rest = " ".join(cell("type").split()).partition(" ")
        given: dict[str, Any] = {"label": cell("label")}
        given["is_required"] = cell("required").lower() in _SAID_YES
        if not given["label"]:
            raise wrong("label", "la question est vide.")
        for column in ("relevant", "constraint", "calculation", "choice_filter", "repeat_count"):
            if cell(column):
                raise wrong(column, "les conditions et les calculs ne sont pas repris.")
        if kind in ("select_one", "select_multiple"):
            options = choices.get(rest)
            if not options:
                raise wrong("type", f"la liste «\u202f{rest}\u202f» n’a pas de choix.")
            if kind == "select_one" and {code.lower() for code, _ in options} <= _YES_NO:
                yield Asked(Question.Kind.YES_NO, **given)
                continue
            which = Question.Kind.SINGLE if kind == "select_one" else Question.Kind.MULTIPLE
            yield Asked(which, choices=[said for _, said in options], **given)
        elif kind == "range":
            told = {key: int(value) for key, value in _RANGE.findall(cell("parameters"))}
            if told.get("step", 1) != 1 or not {"start", "end"} <= set(told):
                raise wrong("parameters", "écrivez «\u202fstart=1 end=5 step=1\u202f».")
            yield Asked(Question.Kind.SCALE, low=told["start"], high=told["end"], **given)
        elif kind == "text":
            yield Asked(Question.Kind.TEXT, **given)
        else:
            raise wrong(
                "type",
                f"«\u202f{kind}\u202f» n’est pas repris\u00a0: une réponse anonyme est un choix, "
                "une échelle ou un texte (select_one, select_multiple, range, text).",
            )


def write(questionnaire: Questionnaire) -> bytes:
    """The workbook that other tools read; read again, it gives the same questions."""
    questions = list(questionnaire.questions.all())
    survey, choices = [], []
    for one in questions:
        name, kind, parameters = f"q{one.number}", one.kind, ""
        if kind == Question.Kind.SCALE:
            kind, parameters = "range", f"start={one.low} end={one.high} step=1"
        elif kind == Question.Kind.YES_NO:
            kind = "select_one oui_non"
        elif kind in (Question.Kind.SINGLE, Question.Kind.MULTIPLE):
            verb = "select_one" if kind == Question.Kind.SINGLE else "select_multiple"
            kind = f"{verb} {name}"
            choices += [(name, f"c{at}", said) for at, said in enumerate(one.choices, 1)]
        survey.append((kind, name, one.label, "yes" if one.is_required else "", parameters))
    choices += [("oui_non", "oui", "Oui"), ("oui_non", "non", "Non")]
    settings = [(questionnaire.title, f"maillage_{questionnaire.uid}", questionnaire.number)]
    buffer = io.BytesIO()
    tables.write_xlsx(
        buffer,
        [
            ("survey", ["type", "name", "label", "required", "parameters"], survey),
            ("choices", ["list_name", "name", "label"], choices),
            ("settings", ["form_title", "form_id", "version"], settings),
        ],
    )
    return buffer.getvalue()
