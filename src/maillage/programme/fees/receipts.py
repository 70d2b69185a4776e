"""What the receipt of a payment says; nothing of why the person comes."""

from collections.abc import Mapping

from maillage.core.calendar import long_date
from maillage.core.templatetags.maillage import cents
from maillage.programme.fees.balance import balance
from maillage.programme.fees.models import Entry
from maillage.programme.groups.letters import recipient

MEANS = {
    Entry.Method.CASH: "en espèces",
    Entry.Method.CHEQUE: "par chèque",
    Entry.Method.TRANSFER: "par virement",
    Entry.Method.CARD: "par carte",
}


def context(entry: Entry) -> Mapping[str, str]:
    """Of a payment, with what was left once everything until now is counted."""
    fee = entry.fee
    name = f"{fee.participant.first_name} {fee.participant.last_name.upper()}".strip()
    return {
        "prenom_nom": name or fee.participant.reference,
        "numero": entry.receipt_number,
        "montant": cents(entry.cents),
        "moyen": MEANS[Entry.Method(entry.method)],
        "recu_le": long_date(entry.on).split(" ", 1)[1],
        "intitule": fee.enrolment.get_kind_display().lower(),
        "reste": cents(balance(fee, fee.entries.all()).left),
    }


def recipient_of(entry: Entry) -> list[str]:
    return recipient(entry.fee.enrolment)
