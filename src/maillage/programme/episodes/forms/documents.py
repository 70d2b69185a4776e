"""What is sent with a piece, and why one is removed."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from maillage.programme.episodes.forms.acts import BranchForm
from maillage.programme.intake.models import Document


class DocumentForm(BranchForm):
    file = forms.FileField(
        label="Fichier",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        help_text="PDF, JPEG ou PNG. Auteur, lieu et logiciel en sont ôtés.",
        error_messages={"empty": "Ce fichier est vide."},
    )
    kind = forms.ChoiceField(label="Nature", choices=Document.Kind.choices)
    title = forms.CharField(
        label="Intitulé",
        max_length=120,
        help_text="Par exemple\u00a0: ordonnance de contrôle judiciaire du 3 février 2026.",
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_MB * 1_000_000:
            raise ValidationError(f"Le fichier dépasse {settings.UPLOAD_MAX_MB}\u00a0Mo.")
        return file


class DocumentRemovalForm(BranchForm):
    reason = forms.CharField(
        label="Pourquoi elle est retirée",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple\u00a0: pièce d’une autre personne. Lu par toute l’antenne.",
    )
