"""One person, from the telephone call to the yearly report, and back again."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook
from tests.e2e.gestures import (
    act,
    field,
    fill_referral,
    follow,
    press,
    search,
    select,
    tick,
    title,
    told,
    write,
)

from maillage.programme.episodes.models import Appointment
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

CLINICAL = "Évoque pour la première fois la peur de son propre père."
FACTUAL = "A remis son attestation d’emploi."


def test_a_person_from_the_call_to_the_report_and_back_again(house, desk):
    today = timezone.localdate()
    namesake = ParticipantFactory(
        organisation=house.branch,
        last_name="Tournemire",
        first_name="Gaspard",
        birth_date=today.replace(year=today.year - 61, month=3, day=2),
    )
    ReferralFactory(participant=namesake, closed=True, steps=house.practitioner)
    reception, practitioner = desk(house.reception), desk(house.practitioner)

    reference = reception_registers_somebody_new(reception)
    reception_puts_on_the_waiting_list(reception)
    reception_notes_two_calls(reception)
    practitioner_assesses(practitioner, reference)
    practitioner_accepts(practitioner)
    practitioner_marks_a_meeting_of_the_past_kept(practitioner)
    practitioner_plans_and_postpones(practitioner)
    practitioner_writes_two_notes(practitioner)
    practitioner_changes_the_situation(practitioner)
    reception_reads_the_file_without_what_is_clinical(reception)
    practitioner_ends_the_follow_up(practitioner)
    manager_reads_the_report(desk(house.manager), reference, today.year)
    reception_registers_a_return(reception)


def reception_registers_somebody_new(page: Page) -> str:
    """« Chercher, puis créer »; gives the reference of the new file."""
    search(page, "Tournemire Gaspar")
    expect(page.get_by_role("main")).to_contain_text("TOURNEMIRE Gaspard")
    search(page, "Tournemirre Gaspar")
    press(page, "Nouvelle orientation")
    title(page, "Nouvelle orientation")
    write(page, "Nom", "Tournemire")
    write(page, "Prénom", "Gaspard")
    expect(page.locator("#checks")).to_contain_text("Une personne connue ressemble à celle-ci")
    tick(page, "Sexe", "Homme")
    write(page, "Date de naissance", "7/11/1988")
    field(page, "Date de naissance").blur()
    expect(page.get_by_text("lu comme : lundi 7 novembre 1988")).to_be_visible()
    write(page, "Téléphone", "06 39 98 12 34")
    fill_referral(page, received_on=timezone.localdate() - timedelta(days=10))
    tick(page, "Ce qui est demandé", "Groupe de parole")
    press(page, "Enregistrer l’orientation")
    press(page, "C’est quelqu’un d’autre, enregistrer")
    told(page, "Orientation enregistrée dans le dossier")
    title(page, "TOURNEMIRE Gaspard")
    assert Referral.objects.count() == 2
    return Referral.objects.latest("pk").participant.reference


def reception_puts_on_the_waiting_list(page: Page) -> None:
    act(page, "Mettre sur la liste d’attente")
    expect(page.get_by_role("main")).to_contain_text("Rien n’est envoyé.")
    select(page, "Lieu où la personne attend une place", "Bourg-le-Neuf")
    press(page, "Mettre sur la liste d’attente")
    told(page, "La personne est sur la liste d’attente.")
    follow(page, "Attente")
    expect(page.get_by_role("table")).to_contain_text("TOURNEMIRE Gaspard")


def reception_notes_two_calls(page: Page) -> None:
    for outcome in ("Sans réponse", "Joint·e"):
        follow(page, "TOURNEMIRE Gaspard")
        act(page, "Noter un appel ou un courrier")
        tick(page, "Résultat", outcome)
        press(page, "Noter")
        told(page, "L’appel ou le courrier est noté.")
        follow(page, "Attente")
    expect(page.get_by_role("table")).to_contain_text("joint·e")


def practitioner_assesses(page: Page, reference: str) -> None:
    search(page, reference)
    follow(page, "TOURNEMIRE Gaspard")
    act(page, "Noter l’évaluation")
    tick(page, "Position face aux violences", "Reconnaît en partie")
    tick(page, "Motivation", "Hésite")
    write(page, "Synthèse", "Demande à comprendre ce qui se passe quand la colère monte.")
    tick(page, "Conclusion", "Accompagnement possible")
    press(page, "Enregistrer l’évaluation")
    told(page, "Évaluation enregistrée.")


def practitioner_accepts(page: Page) -> None:
    act(page, "Accueillir la personne")
    write(page, "Entrée dans le suivi le", timezone.localdate())
    expect(field(page, "Lieu")).to_have_value(str(Referral.objects.latest("pk").site_id))
    press(page, "Ouvrir le suivi")
    told(page, "Le suivi est ouvert.")
    expect(page.get_by_role("main")).to_contain_text("Suivi en cours")


def practitioner_marks_a_meeting_of_the_past_kept(page: Page) -> None:
    """A meeting that nobody had entered is entered afterwards, then marked with one click."""
    act(page, "Fixer un rendez-vous")
    write(page, "Date", timezone.localdate() - timedelta(days=3))
    write(page, "Heure", "9h15")
    press(page, "Fixer le rendez-vous")
    told(page, "Le rendez-vous est fixé.")
    press(page.locator("section.due"), "Honoré")
    told(page, "Rendez-vous honoré.")
    assert Appointment.objects.get().status == Appointment.Status.KEPT


def practitioner_plans_and_postpones(page: Page) -> None:
    in_a_week = timezone.localdate() + timedelta(days=7)
    act(page, "Fixer un rendez-vous")
    write(page, "Date", in_a_week)
    write(page, "Heure", "14h30")
    press(page, "Fixer le rendez-vous")
    told(page, "Le rendez-vous est fixé.")
    follow(page.locator("#histoire"), "Reporter")
    write(page, "Nouvelle date", in_a_week + timedelta(days=1))
    tick(page, "Qui demande le report", "La personne")
    press(page, "Reporter")
    told(page, "Le rendez-vous est reporté.")
    states = list(Appointment.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["kept", "postponed", "planned"]


def practitioner_writes_two_notes(page: Page) -> None:
    for kind, text in (("Note factuelle", FACTUAL), ("Note clinique", CLINICAL)):
        act(page, "Écrire une note")
        tick(page, "Qui la lira", kind)
        write(page, "Texte", text)
        press(page, "Écrire la note")
        told(page, "La note est écrite.")
        expect(page.locator("#histoire")).to_contain_text(text)


def practitioner_changes_the_situation(page: Page) -> None:
    act(page, "Noter un changement de situation")
    select(page, "Situation professionnelle", "En emploi")
    press(page, "Noter le changement")
    told(page, "Le changement est noté.")
    expect(page.get_by_label("Repères")).to_contain_text("noté par Bruno Estève")


def reception_reads_the_file_without_what_is_clinical(page: Page) -> None:
    follow(page, "Dossiers")
    follow(page, "TOURNEMIRE Gaspard")
    expect(page.locator("#histoire")).to_contain_text(FACTUAL)
    for kept in (CLINICAL, "Reconnaît en partie", "quand la colère monte"):
        assert kept not in page.content()


def practitioner_ends_the_follow_up(page: Page) -> None:
    act(page, "Terminer le suivi")
    expect(page.get_by_role("main")).to_contain_text("Ce qui va se passer")
    tick(page, "Motif", "Sortie concertée")
    press(page, "Terminer le suivi")
    told(page, "Le suivi est terminé.")


def manager_reads_the_report(page: Page, reference: str, year: int) -> None:
    """Every figure of the movement of the year that counts one, opens the one file."""
    page.goto("/espace/")
    follow(page, "Rapports")
    select(page, "Année", str(year))
    press(page, "Établir le rapport")
    title(page, f"Antenne du Val-Clair, {year}")
    flow = page.get_by_role("region", name="Mouvement de l’année")
    found = {
        row.get_by_role("rowheader").inner_text(): int(
            row.get_by_role("cell").first.inner_text().strip()
        )
        for row in flow.locator("tbody tr").all()
    }
    assert found == {
        "Personnes reçues": 1,
        "dont nouvelles": 1,
        "dont reprises de suivi": 0,
        "dont suivis poursuivis": 0,
        "Personnes sorties": 1,
        "Personnes suivies en fin d’année": 0,
        "Personnes en attente en fin d’année": 0,
    }
    assert ["Personnes sorties", 1.0] in [row[:2] for row in rows_of(download(page, "XLSX"))]
    assert download(page, "PDF").startswith(b"%PDF-")
    flow.get_by_role("row", name="Personnes sorties").get_by_role("link").click()
    expect(page.get_by_role("table")).to_contain_text(reference)
    follow(page, "TOURNEMIRE Gaspard")
    title(page, "TOURNEMIRE Gaspard")


def download(page: Page, kind: str) -> bytes:
    with page.expect_download() as started:
        press(page, kind)
    assert started.value.suggested_filename.endswith(f".{kind.lower()}")
    return Path(started.value.path()).read_bytes()


def rows_of(workbook: bytes) -> list[list]:
    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    sheets = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    return [row for sheet in sheets for row in sheet]


def reception_registers_a_return(page: Page) -> None:
    page.reload()
    act(page, "Enregistrer un retour")
    title(page, "Une orientation de plus")
    fill_referral(page)
    press(page, "Enregistrer l’orientation")
    told(page, "Orientation enregistrée")
    chapters = page.locator("#histoire h3")
    expect(chapters).to_have_count(2)
    expect(chapters.first).to_contain_text("Orientation reçue le")
    expect(chapters.last).to_contain_text("Suivi du")
