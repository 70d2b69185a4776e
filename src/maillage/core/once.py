"""One form sent twice makes one thing."""

import json

from maillage.core.http import StaffRequest
from maillage.core.models import UID_ALPHABET, UID_LENGTH
from maillage.core.vault import blind


def uid_of(request: StaffRequest) -> str:
    """The uid that what is posted will have: the same form with the same content, the same uid.

    A second click finds what the first one made; the same page with something else typed in it
    (Back, then another person) is another one.
    """
    typed = sorted((k, v) for k, v in request.POST.lists() if k != "csrfmiddlewaretoken")
    scope, whose = f"once:{request.user.pk}", request.membership.vault_owner
    number = blind(json.dumps(typed), scope, whose) % len(UID_ALPHABET) ** UID_LENGTH
    signs = []
    for _ in range(UID_LENGTH):
        number, rest = divmod(number, len(UID_ALPHABET))
        signs.append(UID_ALPHABET[rest])
    return "".join(signs)
