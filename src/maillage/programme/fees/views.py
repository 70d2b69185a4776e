"""Money on three pages: what one person owes, who is late, and the cash book of a period."""

import io
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import tables, trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.network.roles import can
from maillage.programme.fees import access, actions, receipts
from maillage.programme.fees.balance import balance, overdue, schedule
from maillage.programme.fees.forms import (
    CancelForm,
    PaymentForm,
    PeriodForm,
    RefundForm,
    WaiverForm,
)
from maillage.programme.fees.models import AccountingLine, Entry, Fee
from maillage.programme.groups.models import Enrolment
from maillage.programme.intake import actions as intake
from maillage.programme.letters import actions as letters
from maillage.programme.letters.models import Kind
from maillage.programme.letters.views import document

ACTS: dict[str, tuple[str, Any, str]] = {  # the word of the address: kind, form, title
    "paiement": ("payment", PaymentForm, "Paiement reçu"),
    "remise": ("waiver", WaiverForm, "Remise"),
    "remboursement": ("refund", RefundForm, "Remboursement"),
}
HEADERS = ("Date", "Nature", "Moyen", "Reçu", "Dossier", "Entrée", "Sortie")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _enrolment(request: StaffRequest, uid: str) -> Enrolment:
    visible = Enrolment.objects.visible_to(request.membership)
    return get_object_or_404(visible.select_related("participant", "referral"), uid=uid)


def _fee(request: StaffRequest, uid: str) -> Fee:
    visible = Fee.objects.visible_to(request.membership).select_related("enrolment", "participant")
    return get_object_or_404(visible, enrolment__uid=uid)


@require_http_methods(["GET", "POST"])
def enrolment_fee(request: StaffRequest, uid: str) -> HttpResponse:
    """What one enrolment owes; a POST asks for it."""
    by, enrolment = request.membership, _enrolment(request, uid)
    access.check_can_take(by)
    if request.method == "POST":
        try:
            actions.open_fee(by=by, enrolment=enrolment)
            messages.success(request, "La participation est demandée.")
        except Refused as refusal:
            messages.error(request, refusal.message)
        return redirect("enrolment_fee", uid)
    trail.record_read("fee", by=by, file=enrolment.participant.uid)
    fee = Fee.objects.visible_to(by).filter(enrolment=enrolment).first()
    context: dict[str, Any] = {"enrolment": enrolment, "fee": fee}
    context["participant"] = enrolment.participant
    if fee is None:
        context["price"] = actions.price_of(enrolment)[0]
    else:
        entries = list(fee.entries.select_related("by", "cancelled_by", "cancels"))
        context |= {"entries": entries, "balance": balance(fee, entries)}
        context |= {"schedule": schedule(fee), "may_waive": can(access.check_can_waive, by)}
    return render(request, "fees/fee.html", context)


@require_http_methods(["GET", "POST"])
def fee_act(request: StaffRequest, uid: str, word: str) -> HttpResponse:
    by, fee = request.membership, _fee(request, uid)
    if word not in ACTS:
        raise Http404(f"{word} is no movement of money")
    kind, make, title = ACTS[word]
    (access.check_can_take if kind == "payment" else access.check_can_waive)(by)
    form = make(request.POST or None)
    if form.is_valid():
        try:
            actions.enter(by=by, fee=fee, kind=kind, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal.field, refusal.message)
        else:
            messages.success(request, f"{title}\u00a0: c’est noté.")
            return redirect("enrolment_fee", uid)
    return _act(request, form, fee, title)


def _act(request: StaffRequest, form, fee: Fee, title: str) -> HttpResponse:
    context = {"form": form, "fee": fee, "participant": fee.participant, "title": title}
    return render(request, "fees/act.html", context)


@require_POST
def fee_receipt(request: StaffRequest, uid: str, pk: int) -> HttpResponse:
    """The receipt of a payment that stands, kept in the file as it was printed."""
    by, fee = request.membership, _fee(request, uid)
    access.check_can_take(by)
    paid = fee.entries.filter(kind=Entry.Kind.PAYMENT, cancels=None, cancelled_by=None)
    entry = get_object_or_404(paid.exclude(receipt=None), pk=pk)
    sheet = letters.sheet(
        by.organisation,
        Kind.RECEIPT,
        receipts.context(entry),
        recipient=receipts.recipient_of(entry),
    )
    try:
        made = document([sheet], "Reçu", request.POST.get("layout", "pdf"))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("enrolment_fee", uid)
    about = {"kind": Kind.RECEIPT, "about": fee.enrolment.uid}
    letters.make(by=by, participant=fee.participant, content=sheet, **about)
    return made


@require_http_methods(["GET", "POST"])
def fee_cancel(request: StaffRequest, uid: str, pk: int) -> HttpResponse:
    by, fee = request.membership, _fee(request, uid)
    access.check_can_waive(by)
    entry = get_object_or_404(fee.entries, pk=pk, cancels=None, cancelled_by=None)
    form = CancelForm(request.POST or None)
    if form.is_valid():
        try:
            actions.cancel(by=by, entry=entry, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal.field, refusal.message)
        else:
            messages.success(request, "L’écriture est annulée par son contraire.")
            return redirect("enrolment_fee", uid)
    return _act(request, form, fee, "Annuler une écriture")


@require_safe
def arrears(request: StaffRequest) -> HttpResponse:
    """Who owes what by now, the largest sum first."""
    by, today = request.membership, timezone.localdate()
    access.check_can_take(by)
    fees = Fee.objects.visible_to(by).select_related("participant", "enrolment")
    rows: list[tuple[Fee, int, int]] = []
    for fee in fees.prefetch_related("entries"):
        told = balance(fee, fee.entries.all())
        if late := overdue(fee, told, today):
            rows.append((fee, late, told.left))
    rows.sort(key=lambda row: (-row[1], row[0].pk))
    if rows:
        trail.record_read("arrears", by=by, count=len(rows))
    return render(request, "fees/arrears.html", {"rows": rows, "total": sum(r[1] for r in rows)})


def _period(request: StaffRequest) -> tuple[PeriodForm, date, date]:
    today = timezone.localdate()
    given = {"start": date(today.year, 1, 1), "end": today}
    form = PeriodForm(request.GET if "start" in request.GET else None, initial=given)
    if form.is_valid():
        given = form.cleaned_data
    return form, given["start"], given["end"]


def _book(by, start: date, end: date) -> list[tuple]:
    """Each movement of money: day, nature, means, receipt, file, in, out (cents). What is left of
    erased files is there without a file."""
    entries = Entry.objects.filter(
        fee__in=Fee.objects.visible_to(by), on__gte=start, on__lte=end
    ).exclude(kind=Entry.Kind.WAIVER)
    rows = [
        _line(one, one.fee.participant.reference, one.sign * one.cents)
        for one in entries.select_related("fee__participant")
    ]
    kept = (
        AccountingLine.objects.exclude(kind=AccountingLine.ASKED)
        .filter(organisation=by.organisation_id, on__gte=start, on__lte=end)
        .exclude(kind=Entry.Kind.WAIVER)
    )
    rows += [_line(one, "", one.cents * (-1 if one.kind == "refund" else 1)) for one in kept]
    return sorted(rows, key=lambda row: (row[0], row[3]))


def _line(one, reference: str, cents: int) -> tuple:
    receipt = f"{one.year}-{one.receipt:04}" if one.receipt else ""
    told = (one.on, one.get_kind_display(), one.get_method_display(), receipt, reference)
    return (*told, max(cents, 0), max(-cents, 0))


@require_safe
def cash_book(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_take(by)
    form, start, end = _period(request)
    rows = _book(by, start, end)
    if rows:
        trail.record_read("cash_book", by=by, count=len(rows))
    context = {"form": form, "rows": rows, "start": start, "end": end}
    context |= {"into": sum(r[5] for r in rows), "out": sum(r[6] for r in rows)}
    return render(request, "fees/cash_book.html", context)


@require_POST
@recent_second_factor()
def cash_book_export(request: StaffRequest) -> HttpResponse:
    """The same rows as a workbook, euros in figures, formulas off."""
    by = request.membership
    access.check_can_take(by)
    _, start, end = _period(request)
    rows = _book(by, start, end)
    intake.record_export(
        by=by,
        what="cash_book",
        filters={"du": start.isoformat(), "au": end.isoformat()},
        rows=len(rows),
        extension="xlsx",
    )
    buffer = io.BytesIO()
    cells = [[*row[:5], row[5] / 100, row[6] / 100] for row in rows]
    tables.write_xlsx(buffer, [("caisse", HEADERS, cells)])
    response = HttpResponse(buffer.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="caisse-{start}-{end}.xlsx"'
    return response
