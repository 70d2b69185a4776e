"""What is confided to the vault comes back whole, to its owner's key, or not at all."""

from datetime import date

import pytest
from django.core.exceptions import FieldError
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from maillage.core import keys, vault
from maillage.core.models import Draft, User

OURS, THEIRS, OTHER_SIDE = (1, "programme"), (2, "programme"), (1, "support")


@given(st.binary(max_size=2000))
def test_every_value_comes_back_as_it_was_given(clear):
    assert vault.unseal(vault.seal(clear, "a.b", OURS), "a.b") == clear


@given(st.binary(min_size=1, max_size=50), st.data())
def test_a_value_altered_by_one_bit_is_refused(clear, data):
    sealed = bytearray(vault.seal(clear, "a.b", OURS))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(vault.VaultError):
        vault.unseal(bytes(sealed), "a.b")


@given(st.binary(min_size=1, max_size=40))
def test_bytes_that_were_never_sealed_are_refused(stored):
    with pytest.raises(vault.VaultError):
        vault.unseal(stored, "a.b")


def test_a_value_moved_to_another_column_is_refused():
    sealed = vault.seal(b"clear", "note.text", OURS)

    with pytest.raises(vault.VaultError, match=r"participant\.name"):
        vault.unseal(sealed, "participant.name")


def test_the_same_text_is_never_stored_twice_alike():
    assert vault.seal(b"clear", "a.b", OURS) != vault.seal(b"clear", "a.b", OURS)


def test_each_organisation_and_each_side_has_a_key_of_its_own():
    names = {vault.seal(b"x", "a.b", owner)[:10] for owner in (OURS, THEIRS, OTHER_SIDE)}

    assert len(names) == 3


def test_a_value_relabelled_with_the_key_of_another_owner_is_refused():
    ours, theirs = vault.seal(b"clear", "a.b", OURS), vault.seal(b"clear", "a.b", THEIRS)

    with pytest.raises(vault.VaultError):
        vault.unseal(theirs[:10] + ours[10:], "a.b")


def test_a_blind_index_finds_the_same_text_of_the_same_owner_and_scope_only():
    digest = vault.blind("dupont", "name", OURS)

    assert vault.blind("dupont", "name", OURS) == digest
    assert vault.blind("dupond", "name", OURS) != digest
    assert vault.blind("dupont", "once", OURS) != digest
    assert vault.blind("dupont", "name", THEIRS) != digest
    assert vault.blind("dupont", "name", OTHER_SIDE) != digest


def test_dates_and_empty_texts_keep_their_kind():
    field = vault.SealedDateField()

    assert field.from_bytes(field.to_bytes(date(1981, 2, 3))) == date(1981, 2, 3)
    assert vault.SealedTextField().from_bytes(b"") == ""


@pytest.fixture
def user(db):
    return User.objects.create_user("accueil@example.org", name="Accueil")


def make_draft(user, owner=OURS, form="note", data="Un texte confidentiel") -> Draft:
    organisation, side = owner
    return Draft.objects.create(
        user=user, form=form, organisation_id=organisation, side=side, data=data
    )


@pytest.fixture
def draft(user):
    return make_draft(user)


def raw(draft) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM core_draft WHERE id = %s", [draft.pk])
        return bytes(cursor.fetchone()[0])


def key_of(draft) -> keys.Key:
    [key] = [key for key in keys.every_key() if key.name == raw(draft)[:10].decode()]
    return key


def test_the_database_never_holds_the_clear_text(draft):
    assert b"confidentiel" not in raw(draft)
    assert Draft.objects.get().data == "Un texte confidentiel"


def test_a_row_is_written_with_the_key_of_its_owner(user, draft):
    theirs = make_draft(user, OTHER_SIDE, form="autre")

    assert key_of(draft).owner == OURS
    assert key_of(theirs).owner == OTHER_SIDE


def test_a_row_given_to_another_owner_is_written_again_with_their_key(draft):
    draft.organisation_id = 2
    draft.save()

    assert key_of(draft).owner == THEIRS


def test_many_rows_are_written_each_with_the_key_of_its_owner(user):
    Draft.objects.bulk_create(
        Draft(user=user, form=f"f{n}", organisation_id=n, side="programme", data="x")
        for n in (1, 2)
    )

    assert [key_of(d).owner for d in Draft.objects.order_by("form")] == [OURS, THEIRS]


def test_a_sealed_column_cannot_be_filtered_on(draft):
    with pytest.raises(FieldError):
        list(Draft.objects.filter(data="Un texte confidentiel"))


class TestAValueThatIsNobodys:
    def test_is_not_written_by_an_update(self, draft):
        with pytest.raises(vault.VaultError, match="nobody"), transaction.atomic():
            Draft.objects.update(data="autre")
        assert Draft.objects.get().data == "Un texte confidentiel"

    def test_is_not_written_by_an_update_of_many_rows(self, draft):
        draft.data = "autre"

        with pytest.raises(vault.VaultError, match="nobody"):
            Draft.objects.bulk_update([draft], ["data"])

    def test_is_written_once_it_is_bound(self, draft):
        Draft.objects.update(data=vault.bound("autre", OURS))

        assert Draft.objects.get().data == "autre"
        assert key_of(draft).owner == OURS

    def test_is_bound_by_the_vaults_own_update_of_many_rows(self, user, draft):
        other = make_draft(user, THEIRS, form="autre")
        draft.data, other.data = "un", "deux"

        vault.bulk_update([draft, other], ["data", "saved_at"])

        assert [d.data for d in Draft.objects.order_by("pk")] == ["un", "deux"]
        assert [key_of(draft).owner, key_of(other).owner] == [OURS, THEIRS]
        assert (draft.data, other.data) == ("un", "deux")

    def test_bound_to_another_owner_is_refused_by_a_row(self, user):
        with pytest.raises(vault.VaultError, match="another owner"), transaction.atomic():
            make_draft(user, OURS, data=vault.bound("texte", THEIRS))
        assert not Draft.objects.exists()


class TestDestroying:
    def test_makes_what_an_owner_wrote_unreadable_and_nothing_else(self, own_keys, user):
        make_draft(user, OURS)
        theirs = make_draft(user, THEIRS, form="autre")

        keys.destroy(OURS)

        with pytest.raises(vault.Destroyed):
            Draft.objects.get(form="note")
        assert Draft.objects.get(form="autre").data == theirs.data

    def test_leaves_neither_key_nor_index_in_any_file(self, own_keys):
        vault.seal(b"x", "a.b", OURS)
        vault.blind("x", "name", OURS)
        wrapped = {key.wrapped for key in keys.every_key()}

        assert keys.destroy(OURS) == len(wrapped) == 2

        kept = "".join(path.read_text() for path in own_keys.rglob("*") if path.is_file())
        assert not any(each in kept for each in wrapped)

    def test_forbids_writing_and_indexing_for_that_owner(self, own_keys):
        vault.seal(b"x", "a.b", OURS)
        keys.destroy(OURS)

        with pytest.raises(vault.Destroyed):
            vault.seal(b"x", "a.b", OURS)
        with pytest.raises(vault.Destroyed):
            vault.blind("x", "name", OURS)

    def test_holds_for_a_copy_of_the_database_that_was_made_before(self, own_keys, user):
        backup = raw(make_draft(user))
        keys.destroy(OURS)

        with pytest.raises(vault.Destroyed):
            vault.unseal(backup, "core_draft.data")
