"""OpenID Connect for agents of public bodies: code flow with PKCE, state and nonce.

Somebody is their issuer and subject, as a signed token says; an e-mail identifies nobody.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
STRONG = frozenset({"mfa", "totp", "pop", "hwk", "swk", "sc"})
SECONDS, KEPT_SECONDS = 10, 3600
PENDING_SECONDS = 10 * 60


class NotVouched(Exception):
    """The provider's answer opens nothing; carries a French sentence."""


@dataclass(frozen=True)
class Agent:
    """Who the provider says is there."""

    issuer: str
    subject: str
    name: str


def is_configured() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    here = settings.MODE == "local" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and here)


def _fetch(method: str, address: str, **given: Any) -> dict[str, Any]:
    if not _is_safe(address):
        raise NotVouched("Le fournisseur d’identité n’est pas joint par une connexion sûre.")
    import requests  # slow to load, and agents' sign-in alone asks for it

    try:
        answer = requests.request(method, address, timeout=SECONDS, allow_redirects=False, **given)
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        raise NotVouched("Le fournisseur d’identité ne répond pas. Réessayez.") from error
    if not isinstance(found, dict):
        raise NotVouched("Le fournisseur d’identité a refusé cette connexion. Recommencez.")
    return found


def _configuration() -> dict[str, Any]:
    """What the provider publishes of itself; it must name itself as the settings name it."""
    kept = f"oidc:{settings.OIDC_ISSUER}"
    if (found := cache.get(kept)) is None:
        found = _fetch("GET", f"{settings.OIDC_ISSUER}/.well-known/openid-configuration")
        if found.get("issuer", "").rstrip("/") != settings.OIDC_ISSUER:
            raise NotVouched("Le fournisseur d’identité ne se nomme pas comme prévu.")
        cache.set(kept, found, KEPT_SECONDS)
    return found


def begin(session: Any, callback: str, *, purpose: str, fresh: bool = False, **kept: Any) -> str:
    """The address where the agent signs in; what must come back unchanged stays in the session."""
    verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": callback,
        "scope": "openid given_name usual_name profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "prompt": "login",  # a session of theirs that outlives ours signs nobody in silently
        "max_age": "0",
        "claims": '{"id_token":{"amr":{"essential":true},"acr":null}}',
    }
    if settings.OIDC_STRONG_ACR:
        asked["acr_values"] = " ".join(settings.OIDC_STRONG_ACR)
    where = _configuration()["authorization_endpoint"]
    if not _is_safe(where):
        raise NotVouched("Le fournisseur d’identité n’est pas joint par une connexion sûre.")
    session["oidc"] = {
        "verifier": verifier,
        "state": state,
        "nonce": nonce,
        "at": time.time(),
        "purpose": purpose,
        "fresh": fresh,
        **kept,
    }
    return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"


def take_pending(session: Any, answer: Mapping[str, str]) -> dict[str, Any]:
    """What this session had asked, once; raises `NotVouched` where the answer is to another."""
    pending = session.pop("oidc", None)
    if not pending or time.time() - pending["at"] > PENDING_SECONDS:
        raise NotVouched("Cette connexion a trop attendu. Recommencez.")
    if not constant_time_compare(answer.get("state", ""), pending["state"]):
        raise NotVouched("Cette réponse n’est pas celle de votre demande. Recommencez.")
    return pending


def finish(pending: dict[str, Any], answer: Mapping[str, str], callback: str) -> Agent:
    """Who is there, from the token that the provider signed for this very question."""
    if answer.get("error") or not answer.get("code"):
        raise NotVouched("La connexion n’a pas été menée à son terme. Recommencez.")
    found = _fetch(
        "POST",
        _configuration()["token_endpoint"],
        data={
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": callback,
            "client_id": settings.OIDC_CLIENT_ID,
            "client_secret": settings.OIDC_CLIENT_SECRET,
            "code_verifier": pending["verifier"],
        },
    )
    claims = _read(found.get("id_token", ""))
    if not constant_time_compare(str(claims.get("nonce", "")), pending["nonce"]):
        raise NotVouched("Cette réponse n’est pas celle de votre demande. Recommencez.")
    _check_strength(claims, fresh=pending["fresh"], asked_at=pending["at"])
    name = " ".join(
        str(claims.get(part) or "") for part in ("given_name", "usual_name", "family_name")
    )
    return Agent(settings.OIDC_ISSUER, claims["sub"], str(claims.get("name") or name).strip())


def _key(token: str, published: dict[str, Any]) -> jwt.PyJWK:
    """The key that the token names; where it names none, the only one there is (OIDC §10.1)."""
    keys = [key for key in jwt.PyJWKSet.from_dict(published).keys if key.public_key_use != "enc"]
    wanted = jwt.get_unverified_header(token).get("kid")
    found = [key for key in keys if wanted in (None, key.key_id)]
    if len(found) != 1:
        raise jwt.InvalidKeyError("no such key")
    return found[0]


def _read(token: str) -> dict[str, Any]:
    """The claims of a token, its signature, issuer, audience and dates verified."""
    published = _fetch("GET", _configuration()["jwks_uri"])
    try:
        key = _key(token, published)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=_configuration()["issuer"],
            leeway=60,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise NotVouched("La réponse du fournisseur d’identité n’est pas valable.") from error
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise NotVouched("La réponse du fournisseur d’identité n’est pas valable.")
    return claims


def _check_strength(claims: dict[str, Any], *, fresh: bool, asked_at: float) -> None:
    means = claims.get("amr") or []
    means = {means} if isinstance(means, str) else {str(each) for each in means}
    if not means & STRONG and claims.get("acr") not in settings.OIDC_STRONG_ACR:
        raise NotVouched(
            "Votre fournisseur d’identité ne dit pas que vous avez donné un second facteur. "
            "Activez-le chez lui (application de codes, clé ou carte), puis recommencez."
        )
    if fresh and float(claims.get("auth_time") or 0) < asked_at - 60:
        raise NotVouched("Votre fournisseur d’identité n’a pas redemandé votre second facteur.")
