"""Pieces added to a file and removed from it."""

import hashlib

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.uploads import Clean
from maillage.programme.intake import access
from maillage.programme.intake.actions.referrals import locked_referral
from maillage.programme.intake.models import Document, DocumentPart, Referral


class Damaged(Exception):
    """What is stored is not what was added."""


@transaction.atomic
def add_document(*, by, referral: Referral, kind: str, title: str, file: Clean) -> Document:
    """Keeps a piece that `uploads.clean` let through."""
    referral = locked_referral(referral, by)
    access.check_can_add_document(by)
    document = Document.objects.create(
        organisation_id=referral.organisation_id,
        participant=referral.participant,
        referral=referral,
        kind=kind,
        format=file.format,
        title=title,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).digest(),
        added_by=by.user,
    )
    DocumentPart.objects.bulk_create(
        DocumentPart(
            document=document, number=number, content=file.content[at : at + DocumentPart.SIZE]
        )
        for number, at in enumerate(range(0, len(file.content), DocumentPart.SIZE))
    )
    trail.record(
        "document_added",
        by=by,
        target=document.uid,
        file=referral.participant.uid,
        kind=kind,
        format=file.format,
    )
    return document


@transaction.atomic
def remove_document(*, by, document: Document, reason: str) -> Document:
    """Takes the content away for good (another person's, say); that it was there stays."""
    document = (
        Document.objects.visible_to(by)
        .kept()
        .select_for_update(of=("self",), no_key=True)
        .get(pk=document.pk)
    )
    access.check_can_remove_document(by, document)
    document.removed_by, document.removed_at = by.user, timezone.now()
    document.removal_reason, document.title = reason, ""
    document.save(update_fields=["removed_by", "removed_at", "removal_reason", "title"])
    document.parts.all().delete()
    trail.record("document_removed", by=by, target=document.uid, file=document.participant.uid)
    return document


@transaction.atomic
def read_document(*, by, document: Document) -> bytes:
    """The content, for who may read the file; that it was read is recorded."""
    trail.record_read("document", by=by, file=document.participant.uid)
    content = b"".join(part.content for part in document.parts.all())
    if hashlib.sha256(content).digest() != document.sha256:
        raise Damaged(document.uid)
    return content
