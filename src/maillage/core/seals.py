"""Codes printed on documents: a hundred bits and more, kept as digests, verified by anybody.

A code is its own protection: none is found by trying, and knowing one tells that it is valid, no
more. What was printed wrong is revoked; its code is refused from then on.
"""

import secrets
from hashlib import sha256
from string import ascii_uppercase, digits

from maillage.core.models import Seal

SIGNS = "".join(sorted(set(ascii_uppercase + digits) - set("ILO01")))  # none taken for another
LENGTH = 24  # 118 bits


def make_code() -> str:
    """« ABCD-EFGH-JKLM-NPQR-STUV-WXYZ »."""
    signs = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return "-".join(signs[at : at + 4] for at in range(0, LENGTH, 4))


def digest_of(code: str) -> str:
    """Of a code as it is typed: case, spaces and hyphens do not count."""
    return sha256("".join(sign for sign in code.upper() if sign.isalnum()).encode()).hexdigest()


def seal(code: str) -> None:
    """From now on the code is that of a document in force."""
    Seal.objects.create(digest=digest_of(code))


def break_seal(code: str) -> None:
    """From now on the code is refused, as one that never was."""
    Seal.objects.filter(digest=digest_of(code)).update(is_valid=False)


def is_valid(code: str) -> bool:
    return Seal.objects.filter(digest=digest_of(code), is_valid=True).exists()
