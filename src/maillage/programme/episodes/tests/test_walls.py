"""Who may do and open what; every line of the tables is written by hand."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.urls import reverse
from django.utils import timezone

from maillage.core.models import ReadEntry, TrailEntry
from maillage.programme.episodes.actions import appointments, follow
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.tests.factories import AppointmentFactory, EpisodeModuleFactory

pytestmark = pytest.mark.django_db

SITUATION = {"marital_status": "marie", "employment": "retraite", "resources": "retraite"}


def _accept(house, by):
    referral = house.referral(waiting=True)
    follow.accept(
        by=by, referral=referral, version=1, entered_on=date(2025, 11, 3), site=house.site
    )


def _assign(house, by):
    follow.assign(by=by, episode=house.episode(), version=1, referent=None)


def _start_module(house, by):
    follow.start_module(by=by, episode=house.episode(), code="stage", starts_on=date(2025, 11, 3))


def _end_module(house, by):
    module = EpisodeModuleFactory(episode=house.episode())
    follow.end_module(by=by, module=module, ends_on=date(2025, 11, 3))


def _change_situation(house, by):
    follow.change_situation(by=by, episode=house.episode(), on=date(2025, 11, 3), **SITUATION)


def _write_note(house, by):
    follow.write_note(by=by, referral=house.referral(), kind="factual", text="Vu.")


def _record_contact(house, by):
    follow.record_contact(by=by, referral=house.referral(), channel="sms", outcome="sent")


def _plan(house, by):
    appointments.plan(
        by=by,
        referral=house.referral(),
        practitioner=house.practitioner.user,
        starts_at=timezone.now() + timedelta(days=7 + Appointment.objects.count()),
    )


def _mark(house, by):
    meeting = AppointmentFactory(referral=house.referral(), past=True)
    appointments.mark(by=by, appointment=meeting, transition="keep")


def _postpone(house, by):
    meeting = AppointmentFactory(referral=house.referral())
    appointments.postpone(
        by=by,
        appointment=meeting,
        starts_at=timezone.now() + timedelta(days=7 + Appointment.objects.count()),
        practitioner=house.practitioner.user,
    )


def _exit(house, by):
    follow.record_exit(
        by=by, episode=house.episode(), version=1, on=date(2026, 2, 3), reason="autre"
    )


def _cancel_exit(house, by):
    follow.cancel_exit(by=by, episode=house.episode(exited=True), comment="Erreur.")


OK, NO, UNKNOWN = "done", "refused", "not known"
WHO = ("reception", "practitioner", "manager", "dpo", "coordinator", "stranger", "other_side")
ACTS = {
    # act             reception practit. manager dpo   coordinator stranger  other side
    _accept: (NO, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _assign: (NO, NO, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _start_module: (NO, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _end_module: (NO, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _change_situation: (NO, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _write_note: (OK, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _record_contact: (OK, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _plan: (OK, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _mark: (OK, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _postpone: (OK, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _exit: (NO, OK, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    _cancel_exit: (NO, NO, OK, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
}


def _outcome(act, house, by) -> str:
    try:
        act(house, by)
    except PermissionDenied:
        return NO
    except ObjectDoesNotExist:
        return UNKNOWN
    return OK


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_an_act_is_for_whom_the_table_says_and_leaves_no_trail_where_refused(act, house):
    found = {}
    for who in WHO:
        before = TrailEntry.objects.count()
        found[who] = _outcome(act, house, getattr(house, who))
        assert (TrailEntry.objects.count() > before) is (found[who] == OK), who

    assert found == dict(zip(WHO, ACTS[act], strict=True))


SIGNED_OUT, ENDED = 302, 302  # to the sign-in page, to the choice of a side
OTHER_PAGE = 302  # to the first page of the other side
PAGES = {
    # page                  nobody      ended  stranger other dpo  coord. recept. pract. manager
    "file": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 200, 200, 200),
    "file_trail": (SIGNED_OUT, ENDED, 404, 404, 200, 404, 404, 404, 200),
    "today": (SIGNED_OUT, ENDED, 200, OTHER_PAGE, 200, 200, 200, 200, 200),
    "files": (SIGNED_OUT, ENDED, 200, 403, 403, 403, 200, 200, 200),
    "team": (SIGNED_OUT, ENDED, 200, 403, 403, 403, 403, 403, 200),
    "episode_accept": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 200, 200),
    "episode_assign": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 403, 200),
    "module_start": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 200, 200),
    "module_end": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 200, 200),
    "situation_change": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 200, 200),
    "note_new": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 200, 200, 200),
    "contact_attempt_new": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 200, 200, 200),
    "appointment_new": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 200, 200, 200),
    "appointment_postpone": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 200, 200, 200),
    "episode_exit": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 200, 200),
    "episode_exit_cancel": (SIGNED_OUT, ENDED, 404, 404, 404, 404, 403, 403, 200),
}
VISITORS = (
    None,
    "ended",
    "stranger",
    "other_side",
    "dpo",
    "coordinator",
    "reception",
    "practitioner",
    "manager",
)


def _address(page: str, house) -> str:
    """The page on a record in the state that it is for."""
    match page:
        case "today" | "files" | "team":
            return reverse(page)
        case "file" | "file_trail":
            return reverse(page, args=[house.episode().participant.uid])
        case "episode_accept":
            return reverse(page, args=[house.referral(waiting=True).uid])
        case "episode_exit_cancel":
            return reverse(page, args=[house.episode(exited=True).referral.uid])
        case "module_end":
            module = EpisodeModuleFactory(episode=house.episode())
            return reverse(page, args=[module.episode.referral.uid, module.pk])
        case "appointment_postpone":
            return reverse(page, args=[AppointmentFactory(referral=house.referral()).pk])
    return reverse(page, args=[house.episode().referral.uid])


@pytest.mark.parametrize("route", PAGES)
def test_a_page_opens_for_whom_the_table_says(route, house, signed_in):
    address = _address(route, house)

    found = [
        signed_in(getattr(house, who) if who else None).get(address).status_code for who in VISITORS
    ]

    assert found == list(PAGES[route])


def test_a_stranger_does_not_read_a_name_in_any_list(house, signed_in):
    episode = house.episode(silent=True)
    AppointmentFactory(referral=episode.referral)
    house.referral()
    client = signed_in(house.stranger)

    for page in ("today", "files", "team"):
        told = client.get(reverse(page)).content.decode()
        assert "INVENTÉ" not in told, page
        assert episode.participant.reference not in told, page


@pytest.mark.parametrize("who", ["stranger", "other_side", "dpo", "coordinator"])
def test_a_mark_by_who_may_not_know_the_file_is_not_found(house, signed_in, who):
    meeting = AppointmentFactory(referral=house.referral(), past=True)

    answer = signed_in(getattr(house, who)).post(
        reverse("appointment_mark", args=[meeting.pk, "honore"])
    )

    meeting.refresh_from_db()
    assert (answer.status_code, meeting.status) == (404, "planned")


@pytest.mark.parametrize(("who", "status"), [("stranger", 200), ("dpo", 403), ("other_side", 403)])
def test_an_export_never_carries_the_files_of_others(house, signed_in, who, status):
    house.episode()

    answer = signed_in(getattr(house, who)).post(reverse("files_export"), {"layout": "csv"})

    assert answer.status_code == status
    assert "INVENT" not in answer.content.decode()


def test_every_view_of_a_file_leaves_one_trace_of_reading_without_a_name(house, signed_in):
    person = house.episode().participant

    signed_in(house.reception).get(reverse("file", args=[person.uid]))

    entry = ReadEntry.objects.get()
    assert (entry.what, entry.file, entry.by, entry.role) == (
        "file",
        person.uid,
        house.reception.user,
        "reception",
    )


def test_a_view_that_is_refused_leaves_the_trace_of_a_try_and_of_no_file(house, signed_in):
    person = house.episode().participant

    signed_in(house.stranger).get(reverse("file", args=[person.uid]))

    entry = ReadEntry.objects.get()
    assert (entry.what, entry.file, entry.count) == ("refused", "", 0)
    assert entry.organisation == house.stranger.organisation_slug


def test_the_trail_of_a_file_tells_who_did_what_and_never_a_name(house, signed_in):
    episode = house.episode()
    person = episode.participant
    signed_in(house.reception).get(reverse("file", args=[person.uid]))
    follow.write_note(by=house.practitioner, referral=episode.referral, kind="factual", text="Vu.")

    told = signed_in(house.dpo).get(reverse("file_trail", args=[person.uid])).content.decode()

    assert person.reference in told
    assert "Note écrite" in told
    assert "Dossier ouvert" in told
    assert house.reception.user.name in told
    assert "INVENTÉ" not in told.upper()
    assert "Camille" not in told
    assert reverse("file", args=[person.uid]) not in told.replace("/journal/", "")


def test_who_watches_over_trails_finds_one_by_the_reference(house, signed_in):
    person = house.episode().participant

    answer = signed_in(house.dpo).get(reverse("trail_find"), {"reference": person.reference})

    assert answer.url == reverse("file_trail", args=[person.uid])


def test_a_reference_of_another_branch_finds_nothing(house, signed_in):
    dpo_of_another = house.stranger
    person = house.episode().participant

    answer = signed_in(dpo_of_another).get(reverse("trail_find"), {"reference": person.reference})

    assert answer.url == reverse("today")


def test_every_verb_of_the_programme_has_its_word_in_the_trail():
    import ast
    from pathlib import Path

    from django.apps import apps

    import maillage.programme.episodes

    words = [
        config.trail_words() for config in apps.get_app_configs() if hasattr(config, "trail_words")
    ]
    programme = Path(maillage.programme.episodes.__file__).parents[1]
    verbs = set(appointments.VERBS.values())
    for file in (*programme.glob("*/actions/*.py"), *programme.glob("*/actions.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            is_record = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "record"
            )
            if is_record and isinstance(node.args[0], ast.Constant):
                verbs.add(node.args[0].value)
            verbs |= {
                keyword.value.value
                for keyword in getattr(node, "keywords", [])
                if isinstance(node, ast.Call)
                and keyword.arg == "verb"
                and isinstance(keyword.value, ast.Constant)
            }

    assert "note_written" in verbs
    assert "referral_waiting" in verbs
    assert verbs <= set().union(*words)
