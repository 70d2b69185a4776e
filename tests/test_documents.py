"""The documents for data protection officers and hosts name nothing that is not there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

from maillage.config.environment import VARIABLES
from maillage.core.drafts import KEPT_FOR
from maillage.protection.classification import LABELS, About, register
from maillage.protection.registry import retention_of
from maillage.protection.rules import rules

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "data-protection"
DOCUMENTS = sorted(FOLDER.glob("*.md"))
TEST = re.compile(r"`([\w/.]+\.py)::([\w:]+)`")
PATH = re.compile(r"`((?:src|tests|tools|docs|requirements|bench)/[^`:*…]+)`")
STATES = {"tenu", "en partie", "sans objet", "à faire par l’hôte", "pas encore"}
# Requirements of level 1 and of level 2 in each chapter of ASVS 5.0.0, counted by hand.
ASVS = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3),
    9: (4, 3), 10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10),
    16: (0, 16), 17: (0, 7),
}  # fmt: skip

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def rows_of(name: str) -> list[list[str]]:
    """The cells of every line of a table."""
    lines = (FOLDER / name).read_text().splitlines()
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
        if line.startswith("|")
    ]


@cache
def defined_in(path: Path) -> frozenset[str]:
    """« Class », « Class::test » and « test » of a file of tests."""
    found = set()
    for thing in ast.parse(path.read_text()).body:
        if isinstance(thing, ast.FunctionDef | ast.ClassDef):
            found.add(thing.name)
        if isinstance(thing, ast.ClassDef):
            found |= {
                f"{thing.name}::{each.name}"
                for each in thing.body
                if isinstance(each, ast.FunctionDef)
            }
    return frozenset(found)


@every_document
class TestWhatADocumentCites:
    def test_each_test_exists(self, document):
        cited = TEST.findall(document.read_text())
        missing = [
            f"{path}::{name}"
            for path, name in cited
            if not (ROOT / path).is_file()
            or name not in defined_in(ROOT / path)
            or not name.split("::")[-1].startswith(("test_", "Test"))
        ]

        assert missing == []

    def test_each_file_exists(self, document):
        cited = PATH.findall(document.read_text())

        assert [path for path in cited if not (ROOT / path).exists()] == []

    def test_each_link_leads_somewhere(self, document):
        links = re.findall(r"\]\(([^)#:]+)\)", document.read_text())

        assert [link for link in links if not (FOLDER / link).exists()] == []

    def test_each_command_exists(self, document):
        cited = re.findall(r"`maillage ([a-z-]+)", document.read_text())

        assert [name for name in cited if name not in get_commands()] == []

    def test_each_setting_exists(self, document):
        cited = set(re.findall(r"MAILLAGE_[A-Z_]+", document.read_text()))
        known = {variable.name for variable in VARIABLES}

        assert cited - known - {f"{name}_FILE" for name in known} == set()


def test_each_threat_is_answered_by_a_test_that_is_named():
    threats = (FOLDER / "menaces.md").read_text().split("\n### ")[1:]

    assert [t.splitlines()[0] for t in threats if not TEST.search(t)] == []
    assert len(threats) >= 25


def summary() -> list[str]:
    """One line for each model of the register, as the document holds them."""
    models: dict[tuple[str, str], list] = {}
    for line in register(retention_of):
        models.setdefault((line.room, line.model), []).append(line)
    told = []
    for (room, model), lines in models.items():
        abouts = {line.about for line in lines} - {About.PLAIN}
        who = ", ".join(LABELS[each] for each in About if each in abouts) or "personne"
        sealed = sum(line.is_sealed for line in lines)
        kept = next((line.retention for line in lines if line.retention), "") or "–"
        told.append(f"| {room} | {model} | {who} | {sealed or '–'} | {kept} |")
    return told


def test_the_register_sums_up_every_model():
    """Where this fails, what is missing is the lines to write."""
    written = (FOLDER / "registre.md").read_text().splitlines()
    marked = [line for line in written if re.match(r"\| [a-z_]+ \| [A-Z]\w+ \|", line)]

    assert [line for line in summary() if line not in marked] == []
    assert [line for line in marked if line not in summary()] == []


def test_each_rule_of_retention_is_in_the_table_with_its_duration():
    table = {row[0]: row for row in rows_of("conservation.md")}

    for rule in rules():
        row = table[f"`{rule.record}`"]
        assert rule.period in row
        assert rule.trigger in row
    assert f"`{KEPT_FOR.days}`" in (FOLDER / "conservation.md").read_text()


def test_the_durations_of_the_trail_are_those_of_the_settings():
    defaults = {variable.name: variable.default for variable in VARIABLES}
    table = {row[0]: row for row in rows_of("conservation.md")}

    for name in ("MAILLAGE_TRAIL_MONTHS", "MAILLAGE_READS_MONTHS"):
        assert f"{defaults[name]}\u00a0mois" in table[f"`{name}`"]


class TestTheListOfAsvs:
    def rows(self) -> list[list[str]]:
        return [row for row in rows_of("asvs.md") if re.fullmatch(r"\d+\.\d+\.\d+", row[0])]

    def test_holds_every_requirement_of_levels_one_and_two_once(self):
        numbers = [row[0] for row in self.rows()]
        counted = Counter((int(row[0].split(".")[0]), row[1]) for row in self.rows())

        assert [n for n, times in Counter(numbers).items() if times > 1] == []
        for chapter, (ones, twos) in ASVS.items():
            assert (chapter, counted[chapter, "1"], counted[chapter, "2"]) == (chapter, ones, twos)
        assert len(numbers) == sum(map(sum, ASVS.values())) == 70 + 183

    def test_gives_each_a_state_and_what_is_held_its_evidence(self):
        for number, _, words, state, evidence in self.rows():
            assert state in STATES, number
            assert words, number
            if state in ("tenu", "en partie", "à faire par l’hôte"):
                assert PATH.search(evidence) or evidence == "`Makefile`", number

    def test_sums_up_its_states_as_they_are(self):
        counted = Counter(row[3] for row in self.rows())
        written = {row[0]: row[1] for row in rows_of("asvs.md") if row[0] in STATES}

        assert written == {state: str(count) for state, count in counted.items()}
