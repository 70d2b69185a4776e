"""What a link given by a manager opens: joining, or choosing a new password."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from maillage.accounts import doors, oidc
from maillage.accounts.actions import others
from maillage.accounts.forms import JoinForm, PasswordForm
from maillage.accounts.models import Invitation
from maillage.core.errors import Refused
from maillage.core.models import User
from maillage.core.views import first_page


@login_not_required
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = Invitation.objects.of_token(token)
    if found is None:
        return render(request, "accounts/invitation_over.html", status=410)
    try:
        if found.kind == Invitation.Kind.PASSWORD:
            return _choose_password(request, found)
        if request.user.is_authenticated:
            return _accept(request, found)
        if User.objects.filter(email__iexact=found.email).exists():
            asked = {"next": request.get_full_path()}
            return redirect(f"{reverse('login')}?{urlencode(asked)}")
        return _join(request, found)
    except Refused as error:
        context = {"reason": error.message}
        return render(request, "accounts/invitation_over.html", context, status=409)


def _context(invitation: Invitation, **more) -> dict:
    return {"invitation": invitation, "token": invitation.token, **more}


def _join(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """An account for who has none; the second factor is the next page."""
    form = JoinForm(request.POST or None, email=invitation.email)
    if form.is_valid():
        given = form.cleaned_data
        user = others.accept_as_new(
            invitation=invitation, name=given["name"], password=given["password"]
        )
        doors.open_session(request, user)
        return redirect("factor_add")
    context = _context(invitation, form=form, agents=oidc.is_configured())
    context["agents_name"] = settings.OIDC_NAME
    return render(request, "accounts/join.html", context)


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """One more membership for who is signed in."""
    if request.method == "POST":
        others.accept(invitation=invitation, user=request.user)  # type: ignore[arg-type]  # signed in, said above
        messages.success(request, "Votre nouveau rattachement est ouvert.")
        return redirect("choose_membership")
    return render(request, "accounts/accept.html", _context(invitation))


def _choose_password(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.user.is_authenticated:
        doors.close_session(request)
    form = PasswordForm(request.POST or None, email=invitation.email)
    if form.is_valid():
        others.choose_password(invitation=invitation, password=form.cleaned_data["password"])
        asked = {"fin": "mot-de-passe", "next": first_page()}
        return redirect(f"{reverse('login')}?{urlencode(asked)}")
    return render(request, "accounts/new_password.html", _context(invitation, form=form))
