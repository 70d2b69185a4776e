"""Money asked, received, forgone, given back: each a line that stays."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.network.models import Organisation
from maillage.programme.fees import access
from maillage.programme.fees.balance import balance
from maillage.programme.fees.models import AccountingLine, Entry, Fee, ReceiptCounter
from maillage.programme.groups.letters import group_of
from maillage.programme.groups.models import Enrolment
from maillage.programme.intake.models import Participant

VERBS = {"payment": "fee_paid", "refund": "fee_refunded", "waiver": "fee_waived"}


def price_of(enrolment: Enrolment) -> tuple[int, int]:
    """What the template asks for the legal framework of the referral, in cents, and in how many
    parts; nothing where nobody was convened."""
    group = group_of(enrolment)
    if group is None:
        return 0, 1
    price = group.template.prices.filter(legal_framework=enrolment.referral.legal_framework).first()
    return (price.cents if price else 0), group.template.instalments


@transaction.atomic
def open_fee(*, by, enrolment: Enrolment) -> Fee:
    """Asks for what the template says; raises `Refused` where it is free, or asked already."""
    access.check_can_take(by)
    enrolment = (
        Enrolment.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("participant", "referral")
        .get(pk=enrolment.pk)
    )
    if Fee.objects.filter(enrolment=enrolment).exists():
        raise Refused("La participation est déjà demandée.")
    cents, instalments = price_of(enrolment)
    if not cents:
        raise Refused("Ce cadre ne paie rien.")
    fee = Fee.objects.create(
        organisation_id=enrolment.organisation_id,
        participant_id=enrolment.participant_id,
        enrolment=enrolment,
        cents=cents,
        instalments=instalments,
        by=by.user,
    )
    trail.record(
        "fee_opened", by=by, target=enrolment.uid, file=enrolment.participant.uid, cents=cents
    )
    return fee


def _locked(fee: Fee, by) -> Fee:
    return (
        Fee.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("enrolment", "participant")
        .get(pk=fee.pk)
    )


def _next_receipt(organisation_id: int, year: int) -> int:
    """Without a gap; the organisation's row is held, then the counter's."""
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation_id)
    counter, _ = ReceiptCounter.objects.get_or_create(organisation_id=organisation_id, year=year)
    counter.last += 1
    counter.save()
    return counter.last


@transaction.atomic
def enter(
    *, by, fee: Fee, kind: str, cents: int, on: date, method: str = "", reason: str = ""
) -> Entry:
    """One movement; raises `Refused` beyond what is left, or what was paid."""
    access.check_can_take(by)
    if kind != Entry.Kind.PAYMENT:
        access.check_can_waive(by)
    fee = _locked(fee, by)
    told = balance(fee, fee.entries.all())
    if cents < 1:
        raise Refused("Écrivez un montant.", "cents")
    if on > timezone.localdate() or on < fee.asked_on:
        raise Refused("Cette date est entre la demande et aujourd’hui.", "on")
    if kind == Entry.Kind.REFUND and cents > told.paid - told.refunded:
        raise Refused("On ne rembourse pas plus que ce qui est payé.", "cents")
    if kind != Entry.Kind.REFUND and cents > told.left:
        raise Refused("C’est plus que ce qui reste dû.", "cents")
    if kind != Entry.Kind.PAYMENT and not reason.strip():
        raise Refused("Dites pourquoi.", "reason")
    if (kind == Entry.Kind.WAIVER) == bool(method):
        raise Refused("Dites par quel moyen.", "method")
    return _write(by, fee, kind=kind, cents=cents, on=on, method=method, reason=reason)


def _write(by, fee: Fee, *, kind: str, on: date, cancels: Entry | None = None, **given) -> Entry:
    has_receipt = kind == Entry.Kind.PAYMENT and cancels is None
    entry = Entry.objects.create(
        fee=fee,
        kind=kind,
        on=on,
        year=on.year,
        receipt=_next_receipt(fee.organisation_id, on.year) if has_receipt else None,
        cancels=cancels,
        by=by.user,
        **given,
    )
    trail.record(
        "fee_entry_cancelled" if cancels else VERBS[kind],
        by=by,
        target=fee.enrolment.uid,
        file=fee.participant.uid,
        cents=entry.cents,
    )
    return entry


@transaction.atomic
def cancel(*, by, entry: Entry, reason: str) -> Entry:
    """A movement that was wrong, taken back by its counter-entry; it stays, and its receipt too."""
    access.check_can_waive(by)
    fee = _locked(entry.fee, by)
    entry = fee.entries.get(pk=entry.pk)
    if entry.cancels_id or hasattr(entry, "cancelled_by"):
        raise Refused("Cette écriture est déjà annulée.")
    if not reason.strip():
        raise Refused("Dites pourquoi.", "reason")
    told = balance(fee, fee.entries.all())
    if entry.kind == Entry.Kind.PAYMENT and told.paid - entry.cents < told.refunded:
        raise Refused("Ce paiement est remboursé\u00a0: annulez d’abord le remboursement.")
    if entry.kind == Entry.Kind.REFUND and told.left < entry.cents:
        raise Refused(
            "Ce remboursement ne peut plus être annulé\u00a0: la somme est de nouveau payée."
        )
    return _write(
        by,
        fee,
        kind=entry.kind,
        cents=entry.cents,
        method=entry.method,
        on=timezone.localdate(),
        reason=reason,
        cancels=entry,
    )


def keep_accounts(participant: Participant) -> None:
    """Before a file is erased: its money as lines of nobody, that accounting must keep."""
    asked = Fee.objects.filter(participant=participant)
    AccountingLine.objects.bulk_create(
        AccountingLine(
            organisation_id=one.organisation_id,
            kind=AccountingLine.ASKED,
            cents=one.cents,
            year=one.asked_on.year,
            on=one.asked_on,
        )
        for one in asked
    )
    entries = Entry.objects.filter(fee__participant=participant).select_related("fee")
    AccountingLine.objects.bulk_create(
        AccountingLine(
            organisation_id=one.fee.organisation_id,
            kind=one.kind,
            cents=-one.cents if one.cancels_id else one.cents,
            method=one.method,
            receipt=one.receipt,
            year=one.year,
            on=one.on,
        )
        for one in entries
    )
