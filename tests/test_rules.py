"""Rules over the whole project; each fails when something new forgets them."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from maillage.core import vault
from maillage.protection.classification import About, classes_of

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "maillage"
TEMPLATES = sorted(SOURCE.rglob("templates/**/*.html"))
MODULES = sorted(
    path
    for folder in (SOURCE, ROOT / "tests", ROOT / "tools", ROOT / "bench")
    for path in folder.rglob("*.py")
    if "migrations" not in path.parts
)
OWN_MODELS = [m for m in apps.get_models() if m.__module__.startswith("maillage.")]
LONGEST_MODULE, LONGEST_TESTS, LONGEST_VIEW = 450, 750, 22
KEPT_FOR_FICTION = re.compile(r"(?:0|33)(?:19900|26191|35301|46571|53649|63998)")
TELEPHONE = re.compile(r"(?<![\d.])(?:\+33\s?|0)[1-79](?:[ .]?\d\d){4}(?!\d)")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_no_template_holds_a_style_a_script_or_another_site(path):
    text = path.read_text()

    assert not re.search(r"\sstyle=|<style", text)
    assert not re.search(
        r"\son(?:change|click|error|focus|blur|input|key|load|mouse|sub)\w*=", text
    )
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    if "data-quick-exit" not in text:  # the neutral page of another site, left for on purpose
        assert not re.search(r"(?:src|href|action)=[\"']https?://", text)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_module_outgrows_a_newcomer(path):
    longest = LONGEST_TESTS if "tests" in path.parts else LONGEST_MODULE

    assert len(path.read_text().splitlines()) <= longest


def views() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for path in SOURCE.rglob("*.py"):
        if path.name == "views.py" or path.parent.name == "views":
            tree = ast.parse(path.read_text())
            found += [
                (relative(path), node)
                for node in tree.body
                if isinstance(node, ast.FunctionDef)
                and node.args.args
                and node.args.args[0].arg == "request"
            ]
    return found


@pytest.mark.parametrize(("path", "view"), views(), ids=lambda x: getattr(x, "name", x))
def test_a_view_only_fetches_checks_acts_and_answers(path, view):
    body = view.body[1:] if ast.get_docstring(view) else view.body

    assert view.end_lineno - body[0].lineno + 1 <= LONGEST_VIEW


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_text_about_a_person_is_sealed(model):
    """On models of the two sides, free text is sealed; plain text columns hold codes, or tell of
    nobody."""
    if not model.__module__.startswith(tuple(SIDES.values())):
        return
    plain = [
        field.name
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in ("uid", "reference")
        and classes_of(model)[field.name] != About.PLAIN
    ]

    assert plain == []


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_a_column_with_choices_is_checked_by_the_database(model):
    checked = " ".join(
        str(constraint.condition)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    )
    for field in model._meta.local_concrete_fields:
        if field.choices:
            assert f"'{field.name}__in'" in checked, field.name


SIDES = {"programme": "maillage.programme", "support": "maillage.support"}


@pytest.mark.parametrize(("ours", "theirs"), [tuple(SIDES), tuple(reversed(SIDES))])
def test_no_foreign_key_leaves_its_side(ours, theirs):
    links = [
        (model, field)
        for model in OWN_MODELS
        if model.__module__.startswith(SIDES[ours])
        for field in model._meta.get_fields()
        if field.is_relation
    ]

    assert len(links) > 20
    for model, field in links:
        reached = field.related_model.__module__
        assert not reached.startswith(SIDES[theirs]), f"{model.__name__}.{field.name}"


def test_no_table_outside_the_two_sides_points_into_one():
    """What a shared table held of both would join them: only the rooms of a side know its files."""
    for model in OWN_MODELS:
        if model.__module__.startswith(tuple(SIDES.values())):
            continue
        for field in model._meta.local_concrete_fields:
            if field.is_relation:
                assert not field.related_model.__module__.startswith(tuple(SIDES.values()))


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_each_row_of_the_support_side_says_whose_it_is(model):
    if model.__module__.startswith(SIDES["support"]):
        assert not model._meta.get_field("organisation").null


def test_no_side_names_the_other_in_its_code():
    for side, other in (tuple(SIDES.values()), tuple(reversed(SIDES.values()))):
        for path in (SOURCE / side.removeprefix("maillage.")).rglob("*.py"):
            assert other not in path.read_text(), relative(path)


def test_every_sealed_column_has_a_place_of_its_own():
    places = [field.place for field in vault.sealed_fields()]

    assert len(places) == len(set(places))
    assert len(places) > 15


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_a_model_with_a_sealed_column_says_whose_its_rows_are(model):
    if vault.sealed_of(model):
        assert isinstance(getattr(model, "vault_owner", None), property)


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_constraints_and_indexes_say_what_they_hold(model):
    for constraint in model._meta.constraints:
        assert not re.search(r"\d|_[0-9a-f]{6,}|^chk|^uq", constraint.name), constraint.name


@pytest.mark.parametrize(
    "path",
    sorted({*MODULES, *(SOURCE / "demo").rglob("*.json"), *(ROOT / "docs").rglob("*.md")}),
    ids=relative,
)
def test_no_telephone_that_somebody_could_answer(path):
    for number in TELEPHONE.findall(path.read_text()):
        digits = re.sub(r"\D", "", number)
        assert KEPT_FOR_FICTION.match(digits) or digits in PUBLISHED, number


PUBLISHED = {
    re.sub(r"\D", "", number)
    for number in re.findall(r"0[\d ]{8,16}", (SOURCE / "network/data/directory.json").read_text())
}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=relative)
def test_a_lock_lets_a_foreign_key_to_its_row_pass(path):
    """Foreign keys are checked when a transaction ends, when it holds the trail: a full lock on a
    row that others point to, by somebody who waits for the trail, is a ring (PostgreSQL)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update":
            assert "no_key" in {keyword.arg for keyword in node.keywords}, node.lineno
