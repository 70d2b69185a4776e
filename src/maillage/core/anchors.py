"""Where the chains of the trail stood, signed, to be kept where the database is not.

Whoever holds the database could write a whole chain anew; not one that goes through a hash that
somebody else keeps.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils import timezone

from maillage.core import chain
from maillage.core.models import TrailHead

Anchored = dict[chain.Name, dict[int, bytes]]


class AnchorError(Exception):
    """A key or a line is unusable; carries a French sentence."""


def _key() -> Ed25519PrivateKey:
    if not settings.ANCHOR_KEY:
        raise AnchorError(
            "MAILLAGE_ANCHOR_KEY manque : « maillage doctor --new-keys » en propose une."
        )
    return Ed25519PrivateKey.from_private_bytes(_decoded(settings.ANCHOR_KEY, 32))


def _decoded(text: str, length: int) -> bytes:
    try:
        found = urlsafe_b64decode(text)
    except (NotBase64, ValueError) as error:
        raise AnchorError("Une clé ou une signature n’est pas en base64 pour URL.") from error
    if len(found) != length:
        raise AnchorError(f"Une clé ou une signature ne fait pas {length} octets.")
    return found


def public_key() -> str:
    """What is given to whoever keeps the anchors: it checks, and cannot sign."""
    return urlsafe_b64encode(_key().public_key().public_bytes_raw()).decode()


def _signed_part(line: dict[str, Any]) -> bytes:
    told = {name: value for name, value in line.items() if name != "signature"}
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def lines() -> Iterator[str]:
    """One line of JSON for each chain, as it stands now."""
    key, at = _key(), timezone.now().isoformat(timespec="seconds")
    for head in TrailHead.objects.order_by("organisation", "side", "kind", "month"):
        line = {
            **chain.name_of(head)._asdict(),
            "position": head.position,
            "hash": bytes(head.hash).hex(),
            "at": at,
        }
        line["signature"] = urlsafe_b64encode(key.sign(_signed_part(line))).decode()
        yield json.dumps(line, ensure_ascii=False)


def read(given: Iterable[str], key: str) -> Anchored:
    """The hashes that were kept, by chain and position; refuses what the key did not sign."""
    public = Ed25519PublicKey.from_public_bytes(_decoded(key, 32))
    found: Anchored = defaultdict(dict)
    for number, text in enumerate(given, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            public.verify(_decoded(line["signature"], 64), _signed_part(line))
            name = chain.Name(*(line[part] for part in chain.Name._fields))
            position, kept = int(line["position"]), bytes.fromhex(line["hash"])
        except InvalidSignature as error:
            raise AnchorError(f"Ancre, ligne {number} : signature inconnue.") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnchorError(f"Ancre, ligne {number} : illisible.") from error
        if found[name].setdefault(position, kept) != kept:
            raise AnchorError(f"Ancre, ligne {number} : contredit une ligne plus haut.")
    return found
