"""Forms of signing in and of accounts."""

from math import ceil

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from maillage.accounts import factors
from maillage.accounts.actions.own import record_refused_factor
from maillage.core import throttle
from maillage.core.forms import Form, FrenchDateField
from maillage.core.models import User

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "w-phone"}


class FactorForm(Form):
    """A code of the application, a recovery code, or the answer of a passkey."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Les six chiffres de votre application, ou l’un de vos codes de secours.",
        widget=forms.TextInput(attrs=_CODE | {"autofocus": True}),
        error_messages={"required": "Écrivez le code, ou servez-vous de votre clé d’accès."},
    )
    credential = forms.CharField(required=False, max_length=10_000, widget=forms.HiddenInput)

    def __init__(self, *args, request: HttpRequest, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.request, self.user, self.method = request, user, ""
        self.fields["code"].required = not self.data.get("credential")

    def clean(self):
        code, credential = self.cleaned_data.get("code"), self.cleaned_data.get("credential")
        if not code and not credential:
            return self.cleaned_data
        attempt = take_try(f"factor:{self.user.pk}", self.request)
        try:
            if credential:
                factors.check_passkey(self.user, credential)
                self.method = factors.PASSKEY
            else:
                self.method = factors.check_code(self.user, code or "")
        except factors.Wrong as error:
            record_refused_factor(user=self.user)
            raise ValidationError(
                "Ce n’est pas le bon code, ou il a déjà servi. Attendez le suivant, puis "
                "recommencez. Après cinq essais, il faudra attendre quelques minutes."
            ) from error
        attempt.succeeded()
        return self.cleaned_data


def take_try(who: str, request: HttpRequest) -> throttle.Try:
    """A try at a secret, or the sentence that says how long to wait."""
    try:
        return throttle.Try(who, throttle.client_address(request))
    except throttle.TooMany as refusal:
        minutes = ceil(refusal.wait / 60)
        unit = "minute" if minutes == 1 else "minutes"
        raise ValidationError(
            f"Trop d’essais. Attendez {minutes}\u00a0{unit}, puis recommencez.", code="throttled"
        ) from refusal


class NewTotpForm(Form):
    code = forms.CharField(
        label="Code affiché par l’application",
        max_length=20,
        widget=forms.TextInput(attrs=_CODE),
        error_messages={"required": "Écrivez les six chiffres que l’application affiche."},
    )

    def __init__(self, *args, new: factors.NewTotp, **kwargs):
        super().__init__(*args, **kwargs)
        self.new = new

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        if not self.new.takes(code):
            raise ValidationError(
                "Ce code ne correspond pas. Vérifiez l’heure de votre téléphone, puis écrivez le "
                "code qu’il affiche maintenant."
            )
        return code


class NewPasskeyForm(Form):
    name = forms.CharField(
        label="Nom de la clé",
        max_length=60,
        help_text="Par exemple «\u202fmon ordinateur\u202f» ou «\u202fclé USB bleue\u202f».",
        error_messages={"required": "Donnez un nom à cette clé, pour la reconnaître."},
    )
    credential = forms.CharField(
        max_length=20_000,
        widget=forms.HiddenInput,
        error_messages={"required": "La clé n’a pas répondu. Recommencez."},
    )

    def clean_credential(self) -> dict:
        try:
            return factors.read_new_passkey(self.cleaned_data["credential"])
        except factors.Wrong as error:
            raise ValidationError("Cette clé n’a pas pu être reliée. Recommencez.") from error


class InviteForm(Form):
    email = forms.EmailField(
        label="Adresse électronique professionnelle",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)
    until = FrenchDateField(label="Rattachement jusqu’au")
    send = forms.BooleanField(label="Envoyer le lien par courriel", required=False)

    def __init__(self, *args, roles, may_send: bool, **kwargs):
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(each.value, each.label) for each in roles]
        if not may_send:
            del self.fields["send"]


class RenewForm(Form):
    until = FrenchDateField(label="Rattachement jusqu’au")


_HIDDEN = {"autocomplete": "new-password"}


class PasswordForm(Form):
    """A new password, twice; at least twelve characters, and none that everybody tries."""

    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=4096,
        help_text="Douze caractères au moins\u00a0: quatre mots sans rapport font bien l’affaire.",
        widget=forms.PasswordInput(attrs=_HIDDEN),
        error_messages={"required": "Choisissez un mot de passe."},
    )
    again = forms.CharField(
        label="Le même, encore une fois",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs=_HIDDEN),
        error_messages={"required": "Écrivez le mot de passe une seconde fois."},
    )

    def __init__(self, *args, email: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self):
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if password:
            user = User(email=self.email, name=self.cleaned_data.get("name") or "")
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.add_error("password", error)
        if password and again and password != again:
            self.add_error("again", "Les deux mots de passe diffèrent. Écrivez deux fois le même.")
        return self.cleaned_data


class OwnPasswordForm(PasswordForm):
    """The present one, then the new one twice."""

    current = forms.CharField(
        label="Mot de passe actuel",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Écrivez votre mot de passe actuel."},
    )
    field_order = ["current", "password", "again"]

    def __init__(self, *args, request: HttpRequest, user: User, **kwargs):
        super().__init__(*args, email=user.email, **kwargs)
        self.request, self.user = request, user

    def clean_current(self) -> str:
        current = self.cleaned_data["current"]
        attempt = take_try(f"password:{self.user.pk}", self.request)
        if not self.user.check_password(current):
            raise ValidationError("Ce n’est pas votre mot de passe actuel.")
        attempt.succeeded()
        return current


class JoinForm(PasswordForm):
    name = forms.CharField(
        label="Votre prénom et votre nom",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "class": "w-name"}),
        help_text="Tels que vos collègues les liront.",
    )
    field_order = ["name", "password", "again"]
