"""Money in cents: what is due, paid, forgone, given back; each line stays, each receipt follows."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.errors import Refused
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.fees import actions
from maillage.programme.fees.balance import Balance, balance, overdue, schedule
from maillage.programme.fees.models import AccountingLine, Entry, Fee
from maillage.programme.groups.tests import factories
from maillage.programme.intake.tests.factories import ParticipantFactory
from maillage.programme.letters.models import Letter
from maillage.programme.letters.render import Sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def convened(house):
    """Somebody of a legal framework that pays 200 €, convened; volunteers pay nothing (I58)."""
    made = factories.template(house.branch, instalments=3)
    made.prices.create(legal_framework="presentenciel", cents=20_000)
    made.prices.create(legal_framework="volontaire", cents=0)
    group = factories.group(house.branch, house.site, template=made)

    def one(framework: str = "presentenciel"):
        person = ParticipantFactory(organisation=house.branch)
        referral = house.referral(
            participant=person, legal_framework=framework, received_on=date(2026, 1, 5)
        )
        return factories.enrolment(referral, user=house.manager.user, group=group)

    return one


@pytest.fixture
def fee(house, convened) -> Fee:
    return actions.open_fee(by=house.reception, enrolment=convened())


def enter(by, fee, kind="payment", cents=5_000, **given):
    means = {"payment": {"method": "cash"}, "refund": {"method": "cash", "reason": "Trop perçu"}}
    means["waiver"] = {"reason": "Sans ressources"}
    return actions.enter(
        by=by, fee=fee, kind=kind, cents=cents, on=timezone.localdate(), **means[kind] | given
    )


def left(fee: Fee) -> int:
    return balance(fee, fee.entries.all()).left


class TestWhatIsAsked:
    def test_is_the_price_of_the_template_for_the_legal_framework(self, fee):
        assert (fee.cents, fee.instalments) == (20_000, 3)

    def test_is_nothing_of_a_volunteer(self, house, convened):
        with pytest.raises(Refused, match="ne paie rien"):
            actions.open_fee(by=house.reception, enrolment=convened("volontaire"))

    def test_is_asked_once(self, house, fee):
        with pytest.raises(Refused, match="déjà demandée"):
            actions.open_fee(by=house.reception, enrolment=fee.enrolment)

    def test_in_three_parts_loses_no_cent(self, fee):
        fee.asked_on = date(2026, 1, 31)

        assert schedule(fee) == [
            (date(2026, 1, 31), 6_668),
            (date(2026, 2, 28), 6_666),
            (date(2026, 3, 31), 6_666),
        ]

    def test_is_late_part_by_part(self, fee):
        fee.asked_on = date(2026, 1, 31)
        paid = Balance(20_000, 0, 7_000, 0)

        assert overdue(fee, paid, date(2026, 2, 10)) == 0
        assert overdue(fee, paid, date(2026, 3, 1)) == 6_334
        assert overdue(fee, paid, date(2027, 1, 1)) == 13_000

    def test_is_unknown_to_strangers(self, house, fee):
        for who in (house.stranger, house.other_side, house.ended):
            assert not Fee.objects.visible_to(who).exists()


class TestAMovement:
    def test_of_money_has_a_receipt_that_follows_the_last(self, house, fee):
        year = timezone.localdate().year

        receipts = [enter(house.reception, fee).receipt_number for _ in range(3)]

        assert receipts == [f"{year}-0001", f"{year}-0002", f"{year}-0003"]
        assert left(fee) == 5_000

    def test_never_pays_more_than_is_left(self, house, fee):
        with pytest.raises(Refused, match="reste dû"):
            enter(house.reception, fee, cents=20_001)

    def test_never_gives_back_more_than_was_paid(self, house, fee):
        enter(house.reception, fee, cents=3_000)

        with pytest.raises(Refused, match="pas plus que ce qui est payé"):
            enter(house.manager, fee, "refund", 3_001)

    def test_that_forgoes_or_gives_back_is_for_who_answers_and_has_a_reason(self, house, fee):
        with pytest.raises(PermissionDenied):
            enter(house.reception, fee, "waiver")
        with pytest.raises(Refused, match="pourquoi"):
            enter(house.manager, fee, "waiver", reason=" ")
        enter(house.manager, fee, "waiver", 20_000)
        assert left(fee) == 0

    def test_that_was_wrong_is_taken_back_and_both_lines_stay(self, house, fee):
        wrong = enter(house.reception, fee, cents=20_000)

        actions.cancel(by=house.manager, entry=wrong, reason="Chèque refusé")

        assert left(fee) == 20_000
        assert [one.receipt for one in fee.entries.all()] == [1, None]
        with pytest.raises(Refused, match="déjà annulée"):
            actions.cancel(by=house.manager, entry=wrong, reason="encore")

    def test_is_not_of_tomorrow(self, house, fee):
        with pytest.raises(Refused, match="aujourd’hui"):
            actions.enter(
                by=house.reception, fee=fee, kind="payment", cents=1, method="cash",
                on=timezone.localdate() + timedelta(days=1),
            )  # fmt: skip


moves = st.lists(
    st.tuples(st.sampled_from(("payment", "waiver", "refund")), st.integers(1, 12_000)),
    max_size=12,
)


@given(moves)
def test_whatever_is_typed_the_balance_is_that_of_the_lines_and_never_below_nothing(typed):
    """The rules of `enter` over rows in memory: what they let pass keeps the sum between bounds."""
    fee, kept = Fee(cents=20_000), []
    for kind, cents in typed:
        told = balance(fee, kept)
        allowed = told.paid - told.refunded if kind == "refund" else told.left
        if cents <= allowed:
            kept.append(Entry(kind=kind, cents=cents))
        told = balance(fee, kept)
        assert told.left == 20_000 - sum(
            -one.cents if one.kind == "refund" else one.cents for one in kept
        )
        assert 0 <= told.left <= 20_000
        assert 0 <= told.refunded <= told.paid


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_last_part_at_once_take_it_once(house, fee):
    raised = at_once(
        lambda: enter(house.reception, fee, cents=15_000),
        lambda: enter(house.manager, fee, cents=15_000),
    )

    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
    assert left(fee) == 5_000


@pytest.mark.django_db(transaction=True)
def test_two_receipts_written_at_once_bear_two_numbers(house, convened):
    one, other = (actions.open_fee(by=house.reception, enrolment=convened()) for _ in range(2))

    raised = at_once(lambda: enter(house.reception, one), lambda: enter(house.manager, other))

    assert raised == [None, None]
    assert sorted(Entry.objects.values_list("receipt", flat=True)) == [1, 2]


def test_accounting_keeps_the_money_of_an_erased_file_and_nobody(house, fee):
    """C. com. L123-22: ten years."""
    enter(house.reception, fee, cents=3_000)
    wrong = enter(house.reception, fee, cents=1_000)
    actions.cancel(by=house.manager, entry=wrong, reason="Erreur")

    actions.keep_accounts(fee.participant)

    kept = (
        AccountingLine.objects.exclude(kind="asked")
        .order_by("pk")
        .values_list("cents", "receipt", "method")
    )
    assert list(kept) == [(3_000, 1, "cash"), (1_000, 2, "cash"), (-1_000, None, "cash")]


class TestThePages:
    def test_a_fee_is_asked_paid_and_shown_settled(self, house, convened, send):
        enrolment = convened()
        asked = send("enrolment_fee", enrolment.uid, by=house.reception).content.decode()
        assert "200\u00a0€" in asked

        shown = send(
            "fee_act", enrolment.uid, "paiement", by=house.reception, cents="66,68 €",
            method="cheque", on=f"{timezone.localdate():%d/%m/%Y}",
        ).content.decode()  # fmt: skip

        assert "Reste 133,32\u00a0€" in shown
        assert Entry.objects.get().cents == 6_668

    def test_the_cash_book_holds_what_came_in_and_went_out(self, house, fee, signed_in):
        enter(house.reception, fee, cents=20_000)
        enter(house.manager, fee, "refund", 5_000)

        page = signed_in(house.reception).get(reverse("cash_book")).content.decode()

        assert "200\u00a0€ reçus, 50\u00a0€ rendus" in page
        assert fee.participant.reference in page
        assert fee.participant.last_name not in page or not fee.participant.last_name

    def test_arrears_name_who_is_late(self, house, fee, signed_in):
        Fee.objects.update(asked_on=timezone.localdate() - timedelta(days=40))

        page = signed_in(house.reception).get(reverse("arrears")).content.decode()

        assert fee.participant.reference in page
        assert "133,34\u00a0€" in page


class TestAReceipt:
    def test_is_printed_in_the_words_of_the_branch_and_kept_in_the_file(
        self, house, fee, signed_in
    ):
        entry = enter(house.reception, fee, cents=6_667)
        address = reverse("fee_receipt", args=[fee.enrolment.uid, entry.pk])

        answer = signed_in(house.reception).post(address)

        assert answer.headers["Content-Type"] == "application/pdf"
        kept = Letter.objects.get()
        told = Sheet.from_json(kept.content)
        said = " ".join(told.paragraphs).replace("\u00a0", " ")
        assert (kept.kind, kept.participant) == ("receipt", fee.participant)
        assert entry.receipt_number in told.subject
        assert "66,67 €" in said
        assert "en espèces" in said
        assert "Reste à payer : 133,33 €" in said

    def test_of_what_was_cancelled_does_not_exist(self, house, fee, signed_in):
        entry = enter(house.reception, fee)
        actions.cancel(by=house.manager, entry=entry, reason="Erreur de dossier")
        address = reverse("fee_receipt", args=[fee.enrolment.uid, entry.pk])

        assert signed_in(house.reception).post(address).status_code == 404

    def test_is_unknown_to_a_stranger(self, house, fee, signed_in):
        entry = enter(house.reception, fee)
        address = reverse("fee_receipt", args=[fee.enrolment.uid, entry.pk])

        for by in (house.stranger, house.other_side):
            assert signed_in(by).post(address).status_code == 404
        assert not Letter.objects.exists()
