"""The accounts of one's own organisation and side, for who manages them."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts import access, reading
from maillage.accounts.actions import others
from maillage.accounts.forms import InviteForm, RenewForm
from maillage.accounts.models import Invitation
from maillage.core.calendar import long_date
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.network.models import Membership


def _may_send() -> bool:
    return "console" not in settings.EMAIL_BACKEND


def _membership(request: StaffRequest, pk: int) -> Membership:
    visible = Membership.objects.visible_to(request.membership).select_related("user")
    return get_object_or_404(visible, pk=pk)


def _invitation(request: StaffRequest, uid: str) -> Invitation:
    return get_object_or_404(Invitation.objects.visible_to(request.membership).open(), uid=uid)


@require_safe
def accounts(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_manage_accounts(by)
    context = {
        "accounts": reading.accounts_for(by),
        "invitations": reading.invitations_for(by),
        "may_invite": bool(access.roles_opened_by(by)),
    }
    return render(request, "accounts/accounts.html", context)


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def invite(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_manage_accounts(by)
    form = InviteForm(
        request.POST or None,
        initial={"until": others.a_year_ahead()},
        roles=access.roles_opened_by(by),
        may_send=_may_send(),
    )
    if form.is_valid():
        asked = dict(form.cleaned_data)
        send = asked.pop("send", False)
        try:
            invitation = others.invite(by=by, **asked)
            if send:
                transaction.on_commit(lambda: _send(request, invitation))
            return redirect("invitation_link", invitation.uid)
        except Refused as error:
            form.add_error(error.field, error.message)
    return render(request, "accounts/invite.html", {"form": form})


def _link(request: StaffRequest, invitation: Invitation) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[invitation.token]))


def _send(request: StaffRequest, invitation: Invitation) -> None:
    """A message that names nobody and says nothing of what the service is for."""
    link = _link(request, invitation)
    text = (
        "Bonjour,\n\nCe lien ouvre votre accès à Maillage. Il sert une fois, jusqu’au "
        f"{long_date(invitation.expires_at.date())}.\n\n{link}\n\nSi vous n’attendiez pas ce "
        "message, ne faites rien.\n"
    )
    send_mail("Votre accès à Maillage", text, None, [invitation.email])


@require_safe
@recent_second_factor()
def invitation_link(request: StaffRequest, uid: str) -> HttpResponse:
    """The link to hand over, while it was not used."""
    invitation = _invitation(request, uid)
    context = {"invitation": invitation, "link": _link(request, invitation)}
    return render(request, "accounts/invitation_link.html", context)


@require_POST
@recent_second_factor()
def invitation_withdraw(request: StaffRequest, uid: str) -> HttpResponse:
    others.withdraw(by=request.membership, invitation=_invitation(request, uid))
    messages.success(request, "Le lien n’ouvre plus rien.")
    return redirect("accounts")


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def membership_renew(request: StaffRequest, pk: int) -> HttpResponse:
    membership = _membership(request, pk)
    access.check_can_answer_for(request.membership, membership)
    form = RenewForm(request.POST or None, initial={"until": others.a_year_ahead()})
    if form.is_valid():
        try:
            others.renew(by=request.membership, membership=membership, **form.cleaned_data)
            messages.success(request, "Rattachement prolongé.")
            return redirect("accounts")
        except Refused as error:
            form.add_error(error.field, error.message)
    return render(request, "accounts/renew.html", {"form": form, "member": membership})


def _decide(request: StaffRequest, act, said: str, context: dict) -> HttpResponse:
    """A page that tells what will happen; the button does it."""
    if request.method == "POST":
        try:
            act()
        except Refused as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said)
        return redirect("accounts")
    return render(request, "accounts/decision.html", {**context, "back": reverse("accounts")})


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def membership_end(request: StaffRequest, pk: int) -> HttpResponse:
    by, membership = request.membership, _membership(request, pk)
    access.check_can_end(by, membership)
    context = {
        "title": "Terminer un rattachement",
        "consequences": [
            f"{membership.user.name} ({membership.get_role_display()}) n’entre plus, dès cet "
            "instant, ici et sur ce côté.",
            "Ses sessions ouvertes se ferment\u00a0; ce qui n’était pas enregistré reste en "
            "brouillon.",
            "Les dossiers dont cette personne a la charge restent à réattribuer.",
        ],
        "action": "Terminer ce rattachement",
        "danger": True,
    }
    act = partial(others.end, by=by, membership=membership)
    return _decide(request, act, "Rattachement terminé.", context)


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def factors_reset(request: StaffRequest, pk: int) -> HttpResponse:
    by, membership = request.membership, _membership(request, pk)
    access.check_can_answer_for(by, membership)
    context = {
        "title": "Effacer les seconds facteurs",
        "consequences": [
            f"Les clés, l’application et les codes de {membership.user.name} n’ouvrent plus rien.",
            "À sa prochaine connexion, un nouveau second facteur lui sera demandé.",
        ],
        "warning": "Assurez-vous de vive voix que c’est bien cette personne qui le demande.",
        "action": "Effacer ses seconds facteurs",
        "danger": True,
    }
    act = partial(others.reset_factors, by=by, membership=membership)
    return _decide(request, act, "Seconds facteurs effacés.", context)


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def password_reset(request: StaffRequest, pk: int) -> HttpResponse:
    by, membership = request.membership, _membership(request, pk)
    access.check_can_answer_for(by, membership)
    if request.method == "POST":
        try:
            invitation = others.open_password_reset(by=by, membership=membership)
            return redirect("invitation_link", invitation.uid)
        except Refused as error:
            messages.error(request, error.message)
            return redirect("accounts")
    return render(request, "accounts/decision.html", _about_new_password(membership))


def _about_new_password(membership: Membership) -> dict:
    return {
        "title": "Donner un nouveau mot de passe",
        "consequences": [
            f"Un lien, valable sept jours, permet à {membership.user.name} de choisir un nouveau "
            "mot de passe.",
            "Son second facteur reste demandé.",
        ],
        "warning": "Remettez le lien en main propre, ou par un moyen que vous savez sûr.",
        "action": "Ouvrir le lien",
        "back": reverse("accounts"),
    }
