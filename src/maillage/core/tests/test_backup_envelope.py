"""A sealed stream: read by its key alone, and whole or not at all."""

from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from maillage.core.backup.envelope import BLOCK, HEADER, TAG, Sealer, Unreadable, opened

KEY = X25519PrivateKey.generate()
FULL = BLOCK + TAG


def sealed(clear: bytes, key: X25519PrivateKey = KEY) -> bytes:
    file = BytesIO()
    sealer = Sealer(file, key.public_key())
    sealer.write(clear)
    sealer.close()
    return file.getvalue()


def read(data: bytes, key: X25519PrivateKey = KEY) -> bytes:
    return b"".join(opened(BytesIO(data), key))


THREE = bytes(range(256)) * (2 * BLOCK // 256) + b"the end"


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_what_was_sealed_is_read_again(size):
    clear = (b"Xylandre" * (size // 8 + 1))[:size]

    data = sealed(clear)

    assert read(data) == clear
    assert b"Xylandre" not in data


def test_pieces_of_any_size_make_the_same_stream():
    file = BytesIO()
    sealer = Sealer(file, KEY.public_key())
    for start in range(0, len(THREE), 777):
        sealer.write(THREE[start : start + 777])
    sealer.close()

    assert read(file.getvalue()) == THREE


def test_the_same_text_is_never_sealed_alike():
    assert sealed(b"the same") != sealed(b"the same")


def test_another_key_is_told_with_the_name_of_both():
    other = X25519PrivateKey.generate()

    with pytest.raises(Unreadable, match=r"scellée pour la clé [0-9a-f]{16}.*est [0-9a-f]{16}"):
        read(sealed(b"text"), other)


@pytest.mark.parametrize("kept", [0, 5, 21])
def test_another_kind_of_file_is_told(kept):
    with pytest.raises(Unreadable, match="n’est pas une sauvegarde"):
        read(b"PK\x03\x04 a spreadsheet"[:kept])


def test_a_file_cut_in_its_header_is_told():
    with pytest.raises(Unreadable, match="tronquée"):
        read(sealed(b"text")[: HEADER - 3])


@pytest.mark.parametrize("blocks", [1, 2])
def test_a_file_cut_between_two_blocks_is_told_where_it_stops(blocks):
    end = HEADER + blocks * FULL

    with pytest.raises(Unreadable, match=f"tronquée.*s’arrête à l’octet {end}"):
        read(sealed(THREE)[:end])


def test_a_file_cut_inside_a_block_is_told():
    with pytest.raises(Unreadable, match=f"tronquée, ou altérée, après l’octet {HEADER + FULL}"):
        read(sealed(THREE)[: HEADER + FULL + 1000])


def test_an_altered_block_is_told_and_gives_nothing_of_itself():
    data = bytearray(sealed(THREE))
    data[HEADER + FULL + 10] ^= 1
    blocks = opened(BytesIO(bytes(data)), KEY)

    assert next(blocks) == THREE[:BLOCK]
    with pytest.raises(Unreadable, match=f"altérée entre les octets {HEADER + FULL}"):
        next(blocks)


def test_two_blocks_exchanged_are_told():
    data = sealed(THREE)
    first, second = data[HEADER : HEADER + FULL], data[HEADER + FULL : HEADER + 2 * FULL]

    with pytest.raises(Unreadable, match="altérée"):
        read(data[:HEADER] + second + first + data[HEADER + 2 * FULL :])


def test_what_is_added_after_the_end_is_told():
    with pytest.raises(Unreadable):
        read(sealed(THREE) + b"more")
    last_block_is_full = sealed(THREE[: 2 * BLOCK])
    with pytest.raises(Unreadable, match="ajouté"):
        read(last_block_is_full + b"more")


@given(st.integers(0, len(sealed(b"a short text")) - 1), st.integers(1, 255))
@example(HEADER - 1, 128)  # a bit that X25519 itself ignores
def test_no_byte_can_change(where, change):
    data = bytearray(sealed(b"a short text"))
    data[where] ^= change
    found = None

    try:
        found = read(bytes(data))
    except Unreadable:
        return

    raise AssertionError(f"byte {where} changed by {change} gave {found!r}")
