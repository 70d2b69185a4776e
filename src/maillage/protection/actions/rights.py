"""What a person asks, what is decided, what is given to them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.protection import access
from maillage.protection.documents import Copy, NotDecided, copy_of
from maillage.protection.extraction import Text, extract, texts_of
from maillage.protection.models import Passage, RightsRequest
from maillage.protection.registry import files_of

PREPARE_AGAIN = (
    "Un texte du dossier a été écrit ou modifié depuis la préparation\u00a0: renvoyez la copie à "
    "préparer."
)


def _locked(request: RightsRequest, by, version: int) -> RightsRequest:
    found = (
        RightsRequest.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=request.pk)
    )
    if found.version != version:
        raise Stale()
    found.version += 1
    return found


def _record(verb: str, request: RightsRequest, by, **details: Any) -> None:
    trail.record(verb, by=by, file=request.file, target=request.uid, kind=request.kind, **details)


@transaction.atomic
def register(*, by, file: str, kind: str, asked: str, received_on: date) -> RightsRequest:
    """Keeps what a person asks; the answer is due within a month of the day they asked."""
    found = files_of(by).watched_by(by).get(uid=file)
    access.check_can_register(by)
    if received_on > timezone.localdate():
        raise Refused("Une demande n’est pas reçue dans le futur.", "received_on")
    if kind != RightsRequest.Kind.ACCESS and not asked.strip():
        raise Refused("Écrivez ce que la personne demande.", "asked")
    same = RightsRequest.objects.filter(file=found.uid, kind=kind, state__in=RightsRequest.OPEN)
    if same.exists():
        raise Refused("Une demande de cette nature est déjà en cours pour ce dossier.", "kind")
    request = RightsRequest.objects.create(
        organisation_id=by.organisation_id,
        side=by.side,
        file=found.uid,
        kind=kind,
        asked=asked.strip(),
        received_on=received_on,
        due_on=RightsRequest.due_date(received_on),
    )
    _record("rights_requested", request, by)
    return request


def extract_for(by, request: RightsRequest):
    """The file of a request that one may read, and what is held in it."""
    record_type = files_of(by)
    file = record_type.read_by(by).get(uid=request.file)
    return file, extract(by=by, record_type=record_type, file=file)


def reads_all(by, request: RightsRequest) -> bool:
    """Whether one may read every text of the file of a request, the clinical ones included."""
    if not access.reads_files(by):
        return False
    return all(text.may_be_read for text in texts_of(extract_for(by, request)[1]))


def _passage(request: RightsRequest, text: Text, decided: Mapping[str, str]) -> Passage:
    decision, reason, given = decided["decision"], decided["reason"], decided["given"].strip()
    if decision == Passage.Decision.GIVE:
        reason, given = "", text.text
    elif not reason:
        raise Refused("Dites pourquoi un texte n’est pas remis en entier.", f"reason-{text.key}")
    if decision == Passage.Decision.REDACT and not given:
        raise Refused("Écrivez la partie du texte qui est remise.", f"given-{text.key}")
    if decision == Passage.Decision.WITHHOLD:
        given = ""
    model, row, column = text.place
    return Passage(
        request=request,
        model=model,
        row=row,
        column=column,
        decision=decision,
        reason=reason,
        given=given,
    )


@transaction.atomic
def prepare(
    *, by, request: RightsRequest, version: int, decided: Mapping[str, Mapping[str, str]]
) -> RightsRequest:
    """Decides of every free text of the file; `decided` is by the key of each text."""
    request = _locked(request, by, version)
    _, sections = extract_for(by, request)
    texts = texts_of(sections)
    access.check_can_prepare(by, request, reads_all=all(text.may_be_read for text in texts))
    if {text.key for text in texts} != set(decided):
        raise Refused("Un texte a été ajouté au dossier\u00a0: relisez la page, puis décidez-en.")
    request.passages.all().delete()
    Passage.objects.bulk_create(_passage(request, text, decided[text.key]) for text in texts)
    request.move("prepare")
    request.prepared_by, request.reviewed_by = by.user, None
    request.save()
    _record("rights_copy_prepared", request, by, texts=len(texts))
    return request


@transaction.atomic
def review(*, by, request: RightsRequest, version: int) -> RightsRequest:
    """A second person finds that what leaves harms nobody."""
    request = _locked(request, by, version)
    access.check_can_review(by, request, reads_all=reads_all(by, request))
    checked_copy(by, request)
    request.move("review")
    request.reviewed_by = by.user
    request.save()
    _record("rights_copy_reviewed", request, by)
    return request


@transaction.atomic
def send_back(*, by, request: RightsRequest, version: int) -> RightsRequest:
    """The copy is to be prepared again."""
    request = _locked(request, by, version)
    access.check_can_send_back(by, request, reads_all=reads_all(by, request))
    request.move("send_back")
    request.prepared_by = request.reviewed_by = None
    request.save()
    _record("rights_copy_sent_back", request, by)
    return request


def checked_copy(by, request: RightsRequest) -> Copy:
    """The copy as it would leave now; refused when a text has no decision any more."""
    file, sections = extract_for(by, request)
    try:
        return copy_of(request, sections, file.reference)
    except NotDecided as error:
        raise Refused(PREPARE_AGAIN) from error


@transaction.atomic
def take_copy(*, by, request: RightsRequest, kind: str) -> Copy:
    """The copy leaves the house as a file: an export like another."""
    request = RightsRequest.objects.visible_to(by).get(pk=request.pk)
    access.check_can_take_copy(by, request, reads_all=reads_all(by, request))
    copy = checked_copy(by, request)
    _record("rights_copy_exported", request, by, format=kind, withheld=copy.withheld)
    return copy


@transaction.atomic
def give(*, by, request: RightsRequest, version: int, on: date, to: str, how: str) -> RightsRequest:
    """Keeps when, to whom and how the reviewed copy was given."""
    request = _locked(request, by, version)
    access.check_can_give(by, request)
    checked_copy(by, request)
    if not to.strip():
        raise Refused("Dites à qui la copie a été remise.", "to")
    _end(request, "give", on)
    request.answered_to, request.answered_how = to.strip(), how
    request.save()
    _record("rights_granted", request, by, on=on)
    return request


@transaction.atomic
def decide(
    *,
    by,
    request: RightsRequest,
    version: int,
    granted: bool,
    on: date,
    answer: str,
    annotation: str = "",
) -> RightsRequest:
    """Answers a rectification or an objection, or refuses a copy; always with its reason.

    What the person disputes and is not changed may be kept in their own words, as a note.
    """
    request = _locked(request, by, version)
    access.check_can_decide(by, request)
    transition = "grant" if granted else "refuse"
    if not request.can(transition):
        raise Refused("Une copie est préparée, relue, puis remise.", "granted")
    if not answer.strip():
        raise Refused("Écrivez ce qui a été répondu, et pourquoi.", "answer")
    _end(request, transition, on)
    request.answer = answer.strip()
    request.save()
    if annotation.strip():
        record_type = files_of(by)
        file = record_type.read_by(by).get(uid=request.file)
        record_type.annotate(by=by, file=file, text=annotation.strip())
    _record("rights_granted" if granted else "rights_refused", request, by, on=on)
    return request


def _end(request: RightsRequest, transition: str, on: date) -> None:
    if on < request.received_on or on > timezone.localdate():
        raise Refused("La réponse est donnée entre la demande et aujourd’hui.", "on")
    request.move(transition)
    request.answered_on = on
