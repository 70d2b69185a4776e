"""What is confided to the vault comes back whole, or not at all."""

from datetime import date

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from maillage.config.environment import new_key
from maillage.core import vault
from maillage.core.models import Draft, User


@given(st.binary(max_size=2000))
def test_every_value_comes_back_as_it_was_given(clear):
    assert vault.unseal(vault.seal(clear, "a.b"), "a.b") == clear


@given(st.binary(min_size=1, max_size=50), st.data())
def test_a_value_altered_by_one_bit_is_refused(clear, data):
    sealed = bytearray(vault.seal(clear, "a.b"))
    position = data.draw(st.integers(1, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(vault.VaultError):
        vault.unseal(bytes(sealed), "a.b")


def test_a_value_moved_to_another_column_is_refused():
    sealed = vault.seal(b"clear", "note.text")

    with pytest.raises(vault.VaultError, match=r"participant\.name"):
        vault.unseal(sealed, "participant.name")


def test_the_same_text_is_never_stored_twice_alike():
    assert vault.seal(b"clear", "a.b") != vault.seal(b"clear", "a.b")


def test_a_value_of_a_missing_key_says_which(settings):
    sealed = vault.seal(b"clear", "a.b")
    settings.VAULT_KEYS = f"other:{new_key()}"

    with pytest.raises(vault.VaultError, match="k1"):
        vault.unseal(sealed, "a.b")


@pytest.mark.parametrize("spec", ["", "k1", "k1:", "k1:short", ":" + "A" * 43 + "="])
def test_unusable_keys_are_refused(settings, spec):
    settings.VAULT_KEYS = spec

    with pytest.raises((ImproperlyConfigured, ValueError)):
        vault.seal(b"clear", "a.b")


def test_a_blind_index_finds_the_same_text_in_the_same_scope_only():
    assert vault.blind("dupont", "name:1") == vault.blind("dupont", "name:1")
    assert vault.blind("dupont", "name:1") != vault.blind("dupont", "name:2")
    assert vault.blind("dupont", "name:1") != vault.blind("dupond", "name:1")


def test_a_blind_index_depends_on_the_index_key(settings):
    before = vault.blind("dupont", "name:1")
    settings.VAULT_INDEX_KEY = new_key()

    assert vault.blind("dupont", "name:1") != before


def test_dates_and_empty_texts_keep_their_kind():
    field = vault.SealedDateField()

    assert field.from_bytes(field.to_bytes(date(1981, 2, 3))) == date(1981, 2, 3)
    assert vault.SealedTextField().from_bytes(b"") == ""


@pytest.fixture
def draft(db):
    user = User.objects.create_user("accueil@example.org", name="Accueil")
    return Draft.objects.create(user=user, form="note", data="Un texte confidentiel")


def raw(draft) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM core_draft WHERE id = %s", [draft.pk])
        return bytes(cursor.fetchone()[0])


def test_the_database_never_holds_the_clear_text(draft):
    assert b"confidentiel" not in raw(draft)
    assert Draft.objects.get().data == "Un texte confidentiel"


def test_a_sealed_column_cannot_be_filtered_on(draft):
    with pytest.raises(FieldError):
        list(Draft.objects.filter(data="Un texte confidentiel"))


def test_rotation_puts_every_value_under_the_new_key_and_loses_none(draft, settings, capsys):
    settings.VAULT_KEYS = f"k2:{new_key()},{settings.VAULT_KEYS}"

    call_command("vault", "rotate")

    assert "1 valeur(s)" in capsys.readouterr().out
    assert vault.key_name(raw(draft)) == "k2"
    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]
    assert Draft.objects.get().data == "Un texte confidentiel"


def test_a_second_rotation_finds_nothing_to_do(draft, settings, capsys):
    settings.VAULT_KEYS = f"k2:{new_key()},{settings.VAULT_KEYS}"
    call_command("vault", "rotate")
    capsys.readouterr()

    call_command("vault", "rotate")

    assert "0 valeur(s)" in capsys.readouterr().out
