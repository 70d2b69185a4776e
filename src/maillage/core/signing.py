"""The form by which one signs in."""

from math import ceil

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from maillage.core import throttle
from maillage.core.forms import Form
from maillage.core.models import User


class SignInForm(Form):
    """Gives the same answer whether the account exists, is closed, or the password is wrong."""

    email = forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={
            "required": "Écrivez votre adresse électronique.",
            "invalid": "Cette adresse est incomplète. Écrivez par exemple prenom@exemple.fr.",
        },
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Écrivez votre mot de passe."},
    )

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self):
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if email and password:
            self.user = self._authenticate(email, password)
        return self.cleaned_data

    def _authenticate(self, email: str, password: str) -> User:
        try:
            attempt = throttle.Try(email, throttle.client_address(self.request))
        except throttle.TooMany as refusal:
            minutes = ceil(refusal.wait / 60)
            unit = "minute" if minutes == 1 else "minutes"
            raise ValidationError(
                f"Trop d’essais. Attendez {minutes}\u00a0{unit}, puis recommencez.",
                code="throttled",
            ) from refusal
        user = authenticate(self.request, username=email, password=password)
        if user is None:
            raise ValidationError(
                "L’adresse et le mot de passe ne vont pas ensemble. Vérifiez les deux, puis "
                "recommencez. Après cinq essais, il faudra attendre quelques minutes.",
                code="refused",
            )
        attempt.succeeded()
        return user
