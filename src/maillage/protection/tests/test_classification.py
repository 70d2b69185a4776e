"""Every column says of whom it tells; nothing new escapes the extraction or the erasure."""

import csv
import io

import pytest
from django.core.management import call_command
from django.db import models

from maillage.core.vault import SealedField
from maillage.programme.episodes.models import Note, StatisticalRow
from maillage.programme.intake.models import NameKey, Participant
from maillage.protection import classification
from maillage.protection.classification import (
    About,
    ClassificationError,
    classes_of,
    columns_about,
    is_of_a_file,
    own_models,
)
from maillage.protection.extraction import TITLES
from maillage.protection.registry import NOT_EXTRACTED, OF_ANY_FILE, RECORD_TYPES

OWN_MODELS = own_models()


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_every_column_is_classed_by_whom_it_tells_of(model):
    assert set(classes_of(model)) == {field.name for field in model._meta.concrete_fields}


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_what_is_sealed_tells_of_somebody(model):
    classes = classes_of(model)
    for field in model._meta.concrete_fields:
        if isinstance(field, SealedField):
            assert classes[field.name] != About.PLAIN, field.name


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda m: m.__name__)
def test_what_tells_of_the_person_of_a_file_is_reached_from_the_file(model):
    reached = {one for record_type in RECORD_TYPES for one in record_type.paths}

    if is_of_a_file(model):
        assert model in reached | set(OF_ANY_FILE) | set(NOT_EXTRACTED)


@pytest.mark.parametrize("record_type", RECORD_TYPES, ids=lambda r: r.side)
def test_whatever_leads_to_a_file_is_erased_with_it(record_type):
    """A model with a key to one of the models of a file belongs to the file too, unless it is a
    statistical row, which has none."""
    for model in OWN_MODELS:
        leads = any(
            field.is_relation and field.related_model in record_type.paths
            for field in model._meta.concrete_fields
        )
        assert not leads or model in record_type.paths, model


def test_every_model_of_a_file_that_is_extracted_has_a_title():
    for record_type in RECORD_TYPES:
        assert {m for m in record_type.paths if is_of_a_file(m)} == set(record_type.titles)
    assert set(TITLES) == set(OF_ANY_FILE)


def test_every_column_that_is_given_has_a_french_label():
    """Django makes an English one out of the name of a column that has none."""
    reached = [model for record_type in RECORD_TYPES for model in record_type.titles]
    for model in [*reached, *OF_ANY_FILE]:
        for field in columns_about(model, About.SUBJECT, About.MIXED):
            words = field.name.replace("_", " ")
            assert field.verbose_name != words or words in (
                "format",
                "motivation",
                "obligation",
                "module",
                "conclusion",
            ), (
                model,
                field.name,
            )


@pytest.mark.parametrize(
    ("model", "column", "about"),
    [
        (Participant, "last_name", About.SUBJECT),
        (Participant, "birth_date", About.SUBJECT),
        (Participant, "sex", About.SUBJECT),
        (Participant, "uid", About.KEY),
        (Participant, "version", About.PLAIN),
        (NameKey, "digest", About.KEY),
        (Note, "text", About.MIXED),
        (Note, "by", About.WORKER),
    ],
)
def test_columns_are_classed_as_a_person_would(model, column, about):
    assert classes_of(model)[column] == about


def test_a_statistical_row_tells_of_nobody_and_has_no_way_back():
    assert set(classes_of(StatisticalRow).values()) == {About.PLAIN}
    fields = StatisticalRow._meta.concrete_fields
    assert {f.related_model.__name__ for f in fields if f.is_relation} == {"Organisation", "Site"}
    assert not [f for f in fields if isinstance(f, models.DateTimeField | models.TextField)]


class TestAFaultInAFile:
    @pytest.fixture
    def written(self, monkeypatch):
        def write(table):
            classes_of.cache_clear()
            monkeypatch.setattr(classification, "_file_of", lambda config: {"NameKey": table})

        yield write
        classes_of.cache_clear()

    @pytest.mark.parametrize(
        "table",
        [
            {},
            {"plain": ["id", "participant"]},
            {"plain": ["id", "participant", "digest", "shoe_size"]},
            {"plain": ["id", "participant", "digest"], "key": ["digest"]},
        ],
        ids=["no model", "a column forgotten", "an unknown column", "a column twice"],
    )
    def test_is_refused(self, written, table):
        written(table)

        with pytest.raises(ClassificationError, match="NameKey"):
            classes_of(NameKey)

    def test_an_unknown_class_is_refused(self, written):
        written({"plain": ["id", "participant"], "harmless": ["digest"]})

        with pytest.raises(ValueError, match="harmless"):
            classes_of(NameKey)


class TestTheRegister:
    def lines(self, kind):
        out = io.StringIO()
        call_command("privacy-register", format=kind, stdout=out)
        return out.getvalue()

    def test_tells_every_column_whether_it_is_sealed_and_how_long_it_is_kept(self):
        rows = list(csv.DictReader(io.StringIO(self.lines("csv"))))

        told = {(row["Modèle"], row["Colonne"]): row for row in rows}
        assert len(rows) == sum(len(model._meta.concrete_fields) for model in OWN_MODELS)
        name = told["Participant", "last_name"]
        assert (name["Parle de"], name["Chiffrée"]) == ("la personne du dossier", "oui")
        assert name["Conservation"].startswith("24\u00a0mois après : dernier contact")
        assert (
            told["Draft", "data"]["Conservation"] == "7\u00a0jours après : dernier enregistrement"
        )
        assert told["Participant", "version"]["Conservation"] == ""
        assert told["Participant", "sex"]["Chiffrée"] == "non"

    def test_is_a_table_of_markdown_too(self):
        lines = self.lines("markdown").splitlines()

        assert lines[0].startswith("| Module | Modèle | Colonne |")
        assert any("| Note | text |" in line for line in lines)
        assert len({line.count("|") for line in lines}) == 1
