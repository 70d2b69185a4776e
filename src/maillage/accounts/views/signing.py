"""Signing in by a password and a second factor, or by a passkey alone; signing out."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts import doors, factors, oidc
from maillage.accounts.forms import FactorForm
from maillage.core.http import StaffRequest
from maillage.core.signing import SignInForm
from maillage.core.views import first_page, safe_next


def _login_page(request: HttpRequest, form: SignInForm, refused: str = "") -> HttpResponse:
    context = {
        "form": form,
        "next": safe_next(request),
        "why": request.GET.get("fin", ""),
        "refused": refused,
        "idle_minutes": settings.IDLE_MINUTES,
        "agents": oidc.is_configured(),
        "agents_name": settings.OIDC_NAME,
    }
    return render(request, "accounts/login.html", context)


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password; who has a second factor is asked for it, and signed in only then."""
    if request.user.is_authenticated:
        return redirect(safe_next(request) or first_page())
    form = SignInForm(request.POST or None, request=request)
    if not form.is_valid() or form.user is None:
        return _login_page(request, form)
    wanted = safe_next(request)
    if factors.has_factor(form.user):
        doors.half_open(request, form.user)
        return redirect(f"{reverse('second_factor')}?{urlencode({'next': wanted})}")
    doors.open_session(request, form.user)
    return redirect(wanted or first_page())


@login_not_required
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(safe_next(request) or first_page())
    user = doors.half_opened_for(request)
    if user is None:
        return redirect(f"{reverse('login')}?{urlencode({'next': safe_next(request)})}")
    form = FactorForm(request.POST or None, request=request, user=user)
    if form.is_valid():
        doors.open_session(request, user, form.method)
        _tell_codes_left(request, user, form.method)
        return redirect(safe_next(request) or first_page())
    return render(request, "accounts/second_factor.html", _factor_context(request, form, user))


def _factor_context(request: HttpRequest, form: FactorForm, user) -> dict:
    kinds = factors.kinds_of(user)
    return {
        "form": form,
        "next": safe_next(request),
        "has_passkey": "webauthn" in kinds,
        "has_codes": bool(kinds - {"webauthn"}),
        "code_of_the_moment": factors.code_of_the_moment(user),
    }


def _tell_codes_left(request: HttpRequest, user, method: str) -> None:
    codes = factors.recovery_codes_of(user) if method == factors.RECOVERY else None
    if codes is not None:
        left = len(codes.get_unused_codes())
        plural = "s" if left > 1 else ""
        messages.warning(
            request,
            f"Il vous reste {left}\u00a0code{plural} de secours. Vous pouvez en faire d’autres "
            "dans «\u202fMon compte\u202f».",
        )


@login_not_required
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks of a passkey: of this person's, or of anybody's before the password."""
    user = request.user if request.user.is_authenticated else doors.half_opened_for(request)
    return JsonResponse(factors.passkey_options(user))


@login_not_required
@sensitive_post_parameters("credential")
@require_POST
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """A passkey alone is two factors: the thing held, and the finger or the PIN that it checked."""
    if request.user.is_authenticated:
        return redirect(safe_next(request) or first_page())
    try:
        user = factors.check_passkey(None, request.POST.get("credential", ""))
    except factors.Wrong:
        refused = "Cette clé d’accès n’est reliée à aucun compte ouvert. Recommencez."
        return _login_page(request, SignInForm(request=request), refused)
    doors.open_session(request, user, factors.PASSKEY)
    return redirect(safe_next(request) or first_page())


@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "POST"])
def step_up(request: StaffRequest) -> HttpResponse:
    """The second factor again, before an export or an act on accounts."""
    user = request.user
    asked = {"next": safe_next(request)}
    if not factors.has_factor(user) and not request.session.get("agent"):
        return redirect(f"{reverse('factor_add')}?{urlencode(asked)}")
    form = FactorForm(request.POST or None, request=request, user=user)
    if form.is_valid():
        doors.give_second_factor(request, form.method)
        _tell_codes_left(request, user, form.method)
        return _back_from_step_up(request)
    context = _factor_context(request, form, user)
    context |= {"resend": "envoi" in request.GET or "envoi" in request.POST}
    context |= {"is_agent": request.session.get("agent"), "agents_name": settings.OIDC_NAME}
    return render(request, "accounts/step_up.html", context)


def _back_from_step_up(request: HttpRequest) -> HttpResponse:
    if "envoi" in request.POST:
        messages.success(request, "Votre identité est confirmée. Refaites maintenant votre envoi.")
    return redirect(safe_next(request) or first_page())


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session; locking comes back to the same page once signed in again."""
    doors.close_session(request)
    if "lock" in request.POST:
        asked = {"next": safe_next(request), "fin": "verrou"}
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode(asked)}")
    return redirect(settings.LOGOUT_REDIRECT_URL)
