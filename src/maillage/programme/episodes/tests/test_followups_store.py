"""A spreadsheet is stored whole or not at all, and storing it again changes nothing."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from maillage.core.models import TrailEntry
from maillage.network.tests.factories import OrganisationFactory, SiteFactory, UserFactory
from maillage.programme.episodes.models import Episode, EpisodeModule, Note
from maillage.programme.intake.models import NameKey, Participant, Referral, RequestedModule

pytestmark = pytest.mark.django_db

HEADER = (
    "dossier;episode;nom;prenom;sexe;date_naissance;situation_professionnelle;prescripteur;cadre;"
    "date_orientation;date_entree;lieu;module;date_sortie;motif_sortie"
)
SENT = "A1;1;Vasseur;Noé;H;03/02/1981;en_emploi;spip;postsentenciel;01/02/2024;"
OPEN = SENT + "15/02/2024;Agde;stage;;"
LEFT = SENT + "15/02/2024;Agde;stage;20/06/2024;concertee"
TAKEN_AWAY = SENT + ";;stage;;"
BACK = "A1;2;Vasseur;Noé;H;03/02/1981;retraite;spontane;volontaire;01/09/2024;15/09/2024;Sète;;;"
WAITING = "A2;1;;;F;;;parquet;volontaire;01/03/2024;;;groupe_parole;;"


@pytest.fixture
def branch():
    organisation = OrganisationFactory(slug="branch", branch=True)
    SiteFactory(organisation=organisation, slug="agde", name="Agde")
    SiteFactory(organisation=organisation, slug="sete", name="Sète")
    return organisation


@pytest.fixture
def load(branch, tmp_path):
    def run(*lines, dry_run=False):
        path = tmp_path / "suivis.csv"
        path.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
        call_command("import", "follow-ups", str(path), organisation="branch", dry_run=dry_run)

    return run


def test_an_entered_row_gives_a_person_a_referral_and_an_episode(load, branch):
    load(OPEN)

    participant = Participant.objects.get()
    assert (participant.reference, participant.last_name, participant.birth_date) == (
        "A1",
        "Vasseur",
        date(1981, 2, 3),
    )
    episode = Episode.objects.get()
    assert (episode.entered_on, episode.exited_on, episode.site.slug) == (
        date(2024, 2, 15),
        None,
        "agde",
    )
    assert episode.referral.status == Referral.Status.ACCEPTED
    assert episode.referral.employment == "en_emploi"
    assert EpisodeModule.objects.get().code == "stage"


def test_a_row_without_entry_waits(load):
    load(WAITING)

    referral = Referral.objects.get()
    assert referral.status == Referral.Status.WAITING
    assert RequestedModule.objects.get().code == "groupe_parole"
    assert not Episode.objects.exists()


def test_the_person_is_found_by_name_afterwards(load):
    load(OPEN)

    assert NameKey.objects.filter(participant__reference="A1").exists()


def test_storing_the_same_file_again_changes_nothing(load):
    load(LEFT, BACK, WAITING)
    before = list(Referral.objects.order_by("pk").values("uid", "version", "status"))

    load(LEFT, BACK, WAITING)

    assert list(Referral.objects.order_by("pk").values("uid", "version", "status")) == before
    assert Episode.objects.count() == 2
    assert EpisodeModule.objects.count() == 1


def test_a_row_that_changed_updates_its_episode(load):
    load(OPEN)

    load(LEFT)

    episode = Episode.objects.get()
    assert (episode.exited_on, episode.exit_reason) == (date(2024, 6, 20), "concertee")
    assert EpisodeModule.objects.get().ends_on == date(2024, 6, 20)


def test_one_file_may_end_an_episode_and_open_the_next(load):
    load(OPEN)

    load(LEFT, BACK)

    assert Episode.objects.open().get().entered_on == date(2024, 9, 15)


def test_a_waiting_person_enters_by_a_later_file(load):
    load(WAITING)

    load("A2;1;;;F;;;parquet;volontaire;01/03/2024;02/04/2024;sete;groupe_parole;;")

    assert Referral.objects.get().status == Referral.Status.ACCEPTED
    assert Episode.objects.get().site.slug == "sete"


def test_an_entry_taken_away_waits_again(load):
    load(OPEN)

    load(TAKEN_AWAY)

    assert not Episode.objects.exists()
    assert Referral.objects.get().status == Referral.Status.WAITING


def test_an_entry_on_which_work_hangs_is_not_taken_away(load, branch, capsys):
    load(OPEN)
    referral = Referral.objects.get()
    Note.objects.create(
        participant=referral.participant,
        referral=referral,
        kind="factual",
        text="x",
        by=UserFactory(),
    )

    with pytest.raises(CommandError, match="rien n’a été enregistré"):
        load(TAKEN_AWAY)

    assert "ligne 2" in capsys.readouterr().err
    assert Episode.objects.exists()


def test_an_episode_over_a_stored_one_is_refused_with_its_row(load, capsys):
    load(OPEN)

    with pytest.raises(CommandError):
        load(BACK)

    assert "ligne 2, colonne date_entree" in capsys.readouterr().err
    assert Referral.objects.count() == 1


def test_an_error_anywhere_stores_nothing_at_all(load, capsys):
    with pytest.raises(CommandError, match="1 erreur"):
        load(OPEN, WAITING.replace(";parquet;", ";inconnue;"))

    assert "ligne 3, colonne prescripteur" in capsys.readouterr().err
    assert not Participant.objects.exists()


def test_a_dry_run_tells_the_same_and_stores_nothing(load, capsys):
    load(OPEN, WAITING, dry_run=True)

    assert "2 épisode(s) nouveau(x)" in capsys.readouterr().out
    assert not Participant.objects.exists()
    assert not TrailEntry.objects.exists()


def test_the_import_leaves_one_trail_entry_without_a_name(load):
    load(LEFT, BACK, WAITING)

    entry = TrailEntry.objects.get()
    assert (entry.verb, entry.organisation, entry.details["episodes_created"]) == (
        "follow_ups_imported",
        "branch",
        3,
    )
    assert "Vasseur" not in str(entry.details)


def test_an_empty_name_does_not_erase_a_known_one(load):
    load(OPEN)

    load(OPEN.replace("Vasseur;Noé", ";"))

    assert Participant.objects.get().last_name == "Vasseur"


def test_two_branches_may_use_the_same_reference(load, branch):
    other = OrganisationFactory(branch=True)
    Participant.objects.create(organisation=other, reference="A1", sex="F")

    load(OPEN)

    assert Participant.objects.filter(reference="A1").count() == 2


def test_a_return_given_up_meanwhile_keeps_its_end(load):
    load(WAITING)
    referral = Referral.objects.get()
    referral.status, referral.return_reason = Referral.Status.CLOSED, "autre"
    referral.ended_on = timezone.localdate() - timedelta(days=1)
    referral.save()

    load(WAITING.replace(";parquet;", ";spip;"))

    referral.refresh_from_db()
    assert (referral.status, referral.referrer_category) == (Referral.Status.CLOSED, "spip")


@pytest.mark.slow
def test_a_file_of_two_hundred_thousand_rows_is_refused_with_its_limit(branch, tmp_path):
    path = tmp_path / "suivis.csv"
    rows = (WAITING.replace("A2", f"A{n}") for n in range(200_000))
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")

    with pytest.raises(CommandError, match="100.000"):
        call_command("import", "follow-ups", str(path), organisation="branch")

    assert not Participant.objects.exists()
