"""Agents of public bodies, who sign in at their own provider of identity."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from maillage.accounts import doors, factors, oidc
from maillage.accounts.actions import others
from maillage.accounts.models import Identity, Invitation
from maillage.core.errors import Refused
from maillage.core.models import User
from maillage.core.views import first_page, safe_next

UNKNOWN = (
    "Ce compte d’agent n’est relié à aucun compte de Maillage. Demandez une invitation à la "
    "personne responsable de votre organisation, et ouvrez-la avec ce même compte d’agent."
)


def _callback(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("agents_return"))


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "accounts/agent_refused.html", {"reason": reason}, status=403)


@login_not_required
@require_safe
def agents(request: HttpRequest) -> HttpResponse:
    """Leaves for the provider: to sign in, to open an invitation, or to confirm who is there."""
    if not oidc.is_configured():
        raise Http404
    purpose = "step_up" if request.user.is_authenticated else "sign_in"
    kept = {
        "next": safe_next(request),
        "invitation": request.GET.get("invitation", "")[:80],
        "resend": "envoi" in request.GET,
    }
    try:
        return redirect(
            oidc.begin(
                request.session,
                _callback(request),
                purpose=purpose,
                fresh=purpose == "step_up",
                **kept,
            )
        )
    except oidc.NotVouched as error:
        return _refused(request, str(error))


@login_not_required
@require_safe
def agents_return(request: HttpRequest) -> HttpResponse:
    if not oidc.is_configured():
        raise Http404
    try:
        pending = oidc.take_pending(request.session, request.GET)
        agent = oidc.finish(pending, request.GET, _callback(request))
        if pending["purpose"] == "step_up":
            return _confirm(request, agent, pending)
        user = _known(agent) or _invited(agent, pending["invitation"])
    except oidc.NotVouched as error:
        return _refused(request, str(error))
    except Refused as error:
        return _refused(request, error.message)
    doors.open_session(request, user, factors.AGENT)
    request.session["agent"] = True
    return redirect(pending["next"] or first_page())


def _known(agent: oidc.Agent) -> User | None:
    found = Identity.objects.filter(issuer=agent.issuer, subject=agent.subject)
    identity = found.select_related("user").first()
    if identity is None:
        return None
    if not identity.user.is_active:
        raise Refused(UNKNOWN)
    return identity.user


def _invited(agent: oidc.Agent, token: str) -> User:
    """Whoever nobody knows enters by an invitation, once."""
    invitation = Invitation.objects.of_token(token)
    if invitation is None or invitation.kind != Invitation.Kind.JOIN:
        raise Refused(UNKNOWN)
    return others.accept_as_agent(
        invitation=invitation,
        name=agent.name or "Agent",
        issuer=agent.issuer,
        subject=agent.subject,
    )


def _confirm(request: HttpRequest, agent: oidc.Agent, pending: dict[str, Any]) -> HttpResponse:
    user = _known(agent)
    if user is None or user.pk != request.user.pk:
        raise Refused("Ce compte d’agent n’est pas celui de la session ouverte.")
    doors.give_second_factor(request, factors.AGENT)
    if pending["resend"]:
        messages.success(request, "Votre identité est confirmée. Refaites maintenant votre envoi.")
    return redirect(pending["next"] or first_page())
