"""Letters written in one's own words, made for a person, and sent with a proof of it (R80)."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.calendar import long_date
from maillage.core.errors import Refused
from maillage.network.models import Organisation
from maillage.programme.intake.models import Participant
from maillage.programme.letters import access
from maillage.programme.letters.models import Kind, Letter, Letterhead, LetterTemplate
from maillage.programme.letters.render import Sheet
from maillage.programme.letters.wording import defaults, filled, french, paragraphs, unknown_names

HEAD = ("address", "phone", "email", "town", "signatory")


def words_of(organisation_id: int, kind: str) -> tuple[str, str]:
    """The subject and the text of a kind of letter as the organisation writes it now."""
    mine = (
        LetterTemplate.objects.filter(organisation=organisation_id, kind=kind)
        .order_by("-number")
        .first()
    )
    if mine is not None:
        return mine.subject, mine.body
    given = defaults()[kind]
    return given["subject"], given["body"].strip()


def sheet(
    organisation: Organisation,
    kind: str,
    context: Mapping[str, str],
    *,
    recipient: list[str],
    on: date | None = None,
    words: tuple[str, str] | None = None,
) -> Sheet:
    """One letter with every word filled in; `words` are those of a preview."""
    head = Letterhead.objects.filter(organisation=organisation).first()
    subject, body = words or words_of(organisation.pk, kind)
    sender = [organisation.name]
    if head is not None:
        sender += [line.strip() for line in head.address.splitlines() if line.strip()]
        sender += [line for line in (head.phone, head.email) if line]
    town = head.town if head is not None else ""
    day = long_date(on or timezone.localdate())
    return Sheet(
        sender=sender,
        recipient=recipient,
        dated=f"{town}, le {day}" if town else f"Le {day}",
        subject=french(filled(subject, context)),
        paragraphs=paragraphs(body, context),
        signatory=head.signatory if head is not None else "",
    )


@transaction.atomic
def write_head(*, by, **given: str) -> Letterhead:
    access.check_can_edit(by)
    head, _ = Letterhead.objects.select_for_update(of=("self",), no_key=True).get_or_create(
        organisation_id=by.organisation_id
    )
    for name in HEAD:
        setattr(head, name, given[name])
    head.save()
    trail.record("letterhead_written", by=by)
    return head


@transaction.atomic
def write_template(*, by, kind: str, subject: str, body: str) -> LetterTemplate:
    """The next version of a letter; raises `Refused` by the name that no letter knows."""
    access.check_can_edit(by)
    if kind not in Kind.values:
        raise Refused("Cette lettre n’existe pas.")
    for field, text in (("subject", subject), ("body", body)):
        if unknown := unknown_names(text):
            raise Refused(f"Aucune lettre ne connaît «\u202f{unknown[0]}\u202f».", field)
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=by.organisation_id)
    mine = LetterTemplate.objects.filter(organisation=by.organisation_id, kind=kind)
    last = mine.order_by("-number").values_list("number", flat=True).first() or 0
    made = LetterTemplate.objects.create(
        organisation_id=by.organisation_id,
        kind=kind,
        number=last + 1,
        subject=subject,
        body=body,
        by=by.user,
    )
    trail.record("letter_written", by=by, kind=kind, version=made.number)
    return made


@transaction.atomic
def make(*, by, participant: Participant, kind: str, content: Sheet, about: str = "") -> Letter:
    """Keeps a letter as it was made, so that it can be printed again word for word; `about` is the
    uid of what it answers."""
    access.check_can_send(by)
    participant = Participant.objects.visible_to(by).get(pk=participant.pk)
    letter = Letter.objects.create(
        organisation_id=participant.organisation_id,
        participant=participant,
        about=about,
        kind=kind,
        content=content.to_json(),
        by=by.user,
    )
    trail.record("letter_made", by=by, target=letter.uid, file=participant.uid, kind=kind)
    return letter


@transaction.atomic
def send(*, by, letter: Letter, way: str, sent_on: date, proof: str = "") -> Letter:
    """Keeps how and when a letter left, and what proves it; once."""
    access.check_can_send(by)
    letter = (
        Letter.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("participant")
        .get(pk=letter.pk)
    )
    if letter.sent_on is not None:
        raise Refused("L’envoi de ce courrier est déjà noté.")
    if way not in Letter.Way.values:
        raise Refused("Dites comment le courrier est parti.", "way")
    if not timezone.localdate(letter.made_at) <= sent_on <= timezone.localdate():
        raise Refused("L’envoi est entre le jour du courrier et aujourd’hui.", "sent_on")
    letter.way, letter.sent_on, letter.proof = way, sent_on, proof
    letter.save()
    trail.record("letter_sent", by=by, target=letter.uid, file=letter.participant.uid, way=way)
    return letter
