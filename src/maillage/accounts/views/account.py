"""One's own account: factors, sessions, what one looked at and did."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts import doors, factors, reading
from maillage.accounts.actions import own
from maillage.accounts.forms import NewPasskeyForm, NewTotpForm, OwnPasswordForm
from maillage.core import stepup
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.core.views import first_page, safe_next


@require_safe
def account(request: StaffRequest) -> HttpResponse:
    codes = factors.recovery_codes_of(request.user)
    context = {
        "factors": factors.factors_of(request.user),
        "codes_left": len(codes.get_unused_codes()) if codes else 0,
        "sessions": reading.sessions_of(request.user, request.session.get("door", "")),
        "accesses": reading.accesses_of(request.membership),
        "identities": request.user.identities.count(),
        "agents_name": settings.OIDC_NAME,
    }
    return render(request, "accounts/account.html", context)


def _may_add(request: StaffRequest) -> bool:
    """The first factor follows the password; a further one, the factor that is there."""
    return stepup.is_recent(request.session) or not (
        stepup.is_given(request.session) or factors.has_factor(request.user)
    )


@require_http_methods(["GET"])
def factor_add(request: StaffRequest) -> HttpResponse:
    """Choosing between an application of codes and a passkey."""
    if not _may_add(request):
        return stepup.ask_again(request)
    return _adding(request, NewPasskeyForm())


def _adding(request: StaffRequest, passkey: NewPasskeyForm) -> HttpResponse:
    context = {
        "passkey": passkey,
        "form": passkey,
        "next": safe_next(request),
        "is_first": not factors.has_factor(request.user),
        "has_totp": "totp" in factors.kinds_of(request.user),
        "is_required": request.membership.needs_second_factor,
    }
    return render(request, "accounts/factor_add.html", context)


def _added(request: StaffRequest, method: str) -> HttpResponse:
    """The factor just added was given; recovery codes that nobody read yet come next."""
    doors.give_second_factor(request, method)
    wanted = safe_next(request)
    codes = factors.recovery_codes_of(request.user)
    if codes is not None and not codes.did_view:
        return redirect(f"{reverse('recovery_codes')}?{urlencode({'next': wanted})}")
    messages.success(request, "Second facteur ajouté.")
    return redirect(wanted or "account")


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def totp_add(request: StaffRequest) -> HttpResponse:
    if not _may_add(request):
        return stepup.ask_again(request)
    new = factors.new_totp(request.user, request.session)
    form = NewTotpForm(request.POST or None, new=new)
    if form.is_valid():
        try:
            own.add_totp(by=request.membership, secret=new.secret)
            del request.session["new_totp"]
            return _added(request, factors.TOTP)
        except Refused as error:
            form.add_error(None, error.message)
    context = {"form": form, "new": new, "next": safe_next(request)}
    return render(request, "accounts/totp_add.html", context)


@require_POST
def passkey_new_options(request: StaffRequest) -> HttpResponse:
    """What the browser asks to make a passkey."""
    if not _may_add(request):
        return JsonResponse({}, status=403)
    return JsonResponse(factors.new_passkey_options(request.user))


@sensitive_post_parameters("credential")
@require_POST
def passkey_add(request: StaffRequest) -> HttpResponse:
    if not _may_add(request):
        return stepup.ask_again(request)
    form = NewPasskeyForm(request.POST)
    if not form.is_valid():
        return _adding(request, form)
    given = form.cleaned_data
    own.add_passkey(by=request.membership, name=given["name"], credential=given["credential"])
    return _added(request, factors.PASSKEY)


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def recovery_codes(request: StaffRequest) -> HttpResponse:
    """The codes, until one says they are kept; after that, only new ones can be shown."""
    codes = factors.recovery_codes_of(request.user)
    if codes is None:
        raise Http404
    if request.method == "POST" and "kept" in request.POST:
        codes.mark_as_viewed()
        return redirect(safe_next(request) or first_page())
    if request.method == "POST":
        own.make_recovery_codes(by=request.membership)
        return redirect("recovery_codes")
    shown = [] if codes.did_view else codes.get_unused_codes()
    context = {"codes": shown, "next": safe_next(request), "left": len(codes.get_unused_codes())}
    return render(request, "accounts/recovery_codes.html", context)


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def factor_remove(request: StaffRequest, pk: int) -> HttpResponse:
    factor = next((each for each in factors.factors_of(request.user) if each.pk == pk), None)
    if factor is None:
        raise Http404
    if request.method == "POST":
        try:
            own.remove_factor(by=request.membership, pk=pk)
            messages.success(request, "Second facteur retiré.")
        except Refused as error:
            messages.error(request, error.message)
        return redirect("account")
    context = {
        "title": "Retirer un second facteur",
        "consequences": [f"«\u202f{factor.name}\u202f» n’ouvrira plus votre compte."],
        "action": "Retirer ce second facteur",
        "danger": True,
        "back": reverse("account"),
    }
    return render(request, "accounts/decision.html", context)


@sensitive_post_parameters("current", "password", "again")
@require_http_methods(["GET", "POST"])
@recent_second_factor()
def password_change(request: StaffRequest) -> HttpResponse:
    """One's own; whoever enters by an identity of their public body has none here."""
    if not request.user.has_usable_password():
        raise Http404("no password here")
    form = OwnPasswordForm(request.POST or None, request=request, user=request.user)
    if form.is_valid():
        given = {"password": form.cleaned_data["password"], "but": request.session.get("door", "")}
        request.user = own.change_password(by=request.membership, **given)
        update_session_auth_hash(request, request.user)
        messages.success(request, "Votre mot de passe est changé, vos autres sessions fermées.")
        return redirect("account")
    return render(request, "accounts/password_change.html", {"form": form})


@require_POST
def sessions_end(request: StaffRequest) -> HttpResponse:
    """Ends one session, or every other one."""
    uid, here = request.POST.get("session", ""), request.session.get("door", "")
    count = own.end_sessions(by=request.membership, uid=uid, but=here)
    said = "Aucune autre session n’était ouverte."
    if count:
        said = "Session fermée." if count == 1 else f"{count}\u00a0sessions fermées."
    messages.success(request, said)
    return redirect("account")
