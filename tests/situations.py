"""One situation of files and people a side, and who asks it for what row of the table."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.accounts import factors
from maillage.accounts.actions import others, own
from maillage.barriers.walls import wall_of
from maillage.network.access_matrix import ACCESS, SUPPORT
from maillage.network.models import CalendarFeed, Membership, Site
from maillage.network.tests.factories import (
    PASSWORD,
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)
from maillage.portal.links import make_link
from maillage.portal.models import Service
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
    NoteFactory,
)
from maillage.programme.fees.models import Fee
from maillage.programme.groups.actions import feeds
from maillage.programme.groups.models import Certificate, KeptApart
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake.tests.factories import (
    DocumentFactory,
    ParticipantFactory,
    ReferralFactory,
)
from maillage.programme.letters.models import Letter
from maillage.programme.letters.render import Sheet
from maillage.programme.questionnaires.models import Questionnaire
from maillage.protection.extraction import extract, texts_of
from maillage.protection.models import LegalHold, RightsRequest
from maillage.protection.registry import record_type_of
from maillage.support.callbacks.models import Callback
from maillage.support.reception.tests.factories import (
    BeneficiaryFactory,
    ContactFactory,
    HouseholdMemberFactory,
)
from maillage.vigilance.models import Alert

NAME, REFERENCE, CLINICAL = "Xylandre", "REF-SECRETE-7", "propos cliniques secrets"
AGENDA = "une-adresse-d-agenda"
HELPED, HELPED_REFERENCE = "Quendoline", "V-SECRETE-9"
SAFE_NUMBER, CODE_WORD = "+33639981277", "hirondelle"
SECRET_WORDS = "propos tenus à l’accueil"


@dataclass
class Situation:
    people: dict[str, Membership | None]
    where: dict[str, dict[str, Any]]
    posted: dict[str, dict[str, Any]]


def requests_about(file, *, by: Membership, reviewer: Membership) -> dict[str, dict[str, Any]]:
    """A hold, and a request in each state that a page is about; every text is withheld."""
    today = timezone.localdate()
    about: dict[str, Any] = {"organisation": file.organisation, "side": by.side, "file": file.uid}
    held = LegalHold.objects.create(
        **about, by=by.user, reason="procès", ends_on=today + timedelta(days=90)
    )

    def asked(kind: str = "access", **known) -> dict[str, Any]:
        request = RightsRequest.objects.create(
            **about, kind=kind, due_on=RightsRequest.due_date(today), **known
        )
        return {"uid": request.uid}

    prepared = {"state": "prepared", "prepared_by": by.user}
    reviewed = prepared | {"state": "reviewed", "reviewed_by": reviewer.user}
    where = {
        "hold_lift": {"uid": held.uid},
        "rights_request": asked(),
        "rights_prepare": asked(),
        "rights_review": asked(**prepared),
        "rights_copy": asked(**reviewed) | {"kind": "html"},
        "rights_give": asked(**reviewed),
        "rights_decide": asked("objection"),
    }
    texts = texts_of(extract(by=by, record_type=record_type_of(by.side), file=file))
    for request in RightsRequest.objects.filter(prepared_by=by.user):
        for text in texts:
            place = dict(zip(("model", "row", "column"), text.place, strict=True))
            request.passages.create(**place, decision="withhold", reason="third")
    return where


def an_alert(somebody: Membership, file) -> Alert:
    return Alert.objects.create(
        organisation=file.organisation,
        side=somebody.side,
        rule="unassigned",
        who=somebody.user,
        role=somebody.role,
        file=file.uid,
        count=1,
        day=timezone.localdate(),
        first_at=timezone.now(),
        last_at=timezone.now(),
    )


def in_the_programme() -> Situation:
    branch = OrganisationFactory(slug="branch", branch=True)
    elsewhere = OrganisationFactory(slug="elsewhere", branch=True)
    site: Site = SiteFactory(organisation=branch, slug="site")
    people: dict[str, Membership | None] = {
        "nobody": None,
        "stranger": MembershipFactory(organisation=elsewhere, manager=True),
        "other_side": MembershipFactory(organisation=branch, manager=True, support=True),
        "ended": MembershipFactory(
            organisation=branch,
            starts_on=date(2020, 1, 1),
            ends_on=timezone.localdate() - timedelta(days=1),
        ),
        "reception": MembershipFactory(organisation=branch, reception=True),
        "practitioner": MembershipFactory(organisation=branch),
        "referent": MembershipFactory(organisation=branch),
        "manager": MembershipFactory(organisation=branch, manager=True),
        "coordinator": MembershipFactory(organisation=branch, coordinator=True),
        "dpo": MembershipFactory(organisation=branch, dpo=True),
        "administrator": MembershipFactory(organisation=branch, administrator=True),
    }
    referent = people["referent"]
    assert referent is not None
    assert people["practitioner"] is not None
    person = ParticipantFactory(organisation=branch, last_name=NAME, reference=REFERENCE)
    episode = EpisodeFactory(
        referral=ReferralFactory(participant=person, accepted=True, received_on=date(2025, 9, 1)),
        site=site,
        referent=referent.user,
    )
    referent.user.set_password(PASSWORD)
    referent.user.save()
    agenda = CalendarFeed.objects.create(
        membership=referent, digest=feeds.digest_of(AGENDA), is_mine=False
    )
    NoteFactory(referral=episode.referral, clinical=True, text=CLINICAL, by=referent.user)
    document = DocumentFactory(
        referral=episode.referral, title=f"Attestation de {NAME}", added_by=referent.user
    )
    module = EpisodeModuleFactory(episode=episode)
    appointment = AppointmentFactory(referral=episode.referral, practitioner=referent.user)
    pending = ReferralFactory(participant=ParticipantFactory(organisation=branch))
    closed = ReferralFactory(participant=ParticipantFactory(organisation=branch), closed=True)
    left = EpisodeFactory(
        referral=ReferralFactory(
            participant=ParticipantFactory(organisation=branch), accepted=True
        ),
        site=site,
        exited=True,
    )
    practitioner = people["practitioner"]
    assert practitioner is not None
    alert = an_alert(practitioner, person)
    own.add_totp(by=referent, secret=generate_totp_secret())
    invitation = others.invite(
        by=people["manager"],
        email="nouvelle@exemple.test",
        role="practitioner",
        until=timezone.localdate(),
    )
    account, link = {"pk": people["practitioner"].pk}, {"uid": invitation.uid}
    known, followed, sent = ({"uid": r} for r in (person.uid, episode.referral.uid, pending.uid))
    report = {"slug": "branch", "year": 2025, "grid": "default"}
    cell = {"table": "received-by-sex", "row": "H", "column": "total"}
    held, ticked = _a_group(episode, site, referent)
    rights = requests_about(person, by=referent, reviewer=people["manager"])
    decided = ("edit", "wait", "assess_plan", "return", "redirect", "close")
    acts = ("episode_assign", "module_start", "situation_change", "note_new", "appointment_new")
    where: dict[str, dict[str, Any]] = {
        "organisation": {"slug": "branch"},
        "invitation": {"token": invitation.token},
        "invitation_link": link,
        "invitation_withdraw": link,
        "membership_renew": account,
        "membership_end": account,
        "factors_reset": account,
        "password_reset": account,
        "factor_remove": {"pk": factors.factors_of(referent.user)[0].pk},
        "referrals_export": {"extension": "csv"},
        "waiting_list_export": {"extension": "xlsx"},
        "course_waiting_list_export": {"extension": "xlsx"},
        "calendar_close": {"pk": agenda.pk},
        "calendar_feed": {"token": AGENDA},
        "file": known,
        "file_trail": known,
        **dict.fromkeys(("contact_choice", "number_checked"), known),
        "file_trail_export": known,
        "file_trail_extract": known,
        "vigilance_alert": {"uid": alert.uid},
        "referral_add": known,
        "identity_edit": known,
        **{f"referral_{act}": sent for act in decided},
        "assessment_new": sent,
        "episode_accept": sent,
        "referral_reopen": {"uid": closed.uid},
        **dict.fromkeys(acts, followed),
        "module_end": followed | {"pk": module.pk},
        "contact_attempt_new": followed,
        "document_new": followed,
        "document": {"uid": document.uid},
        "document_remove": {"uid": document.uid},
        "episode_exit": followed,
        "episode_exit_cancel": {"uid": left.referral.uid},
        "appointment_mark": {"pk": appointment.pk, "mark": "excuse"},
        "appointment_postpone": {"pk": appointment.pk},
        "file_rights": known,
        "rights_request_new": known,
        "hold_new": known,
        **rights,
        "report": report,
        "report_file": report | {"kind": "json"},
        "report_cell": report | cell,
    }
    posted = {"files_export": {"layout": "csv"}, "file_trail_export": {"layout": "csv"}}
    where |= _published()
    where, posted = where | held, posted | ticked
    barrier, opening = _protection(person, people["reception"], people["manager"])
    where |= dict.fromkeys(("file_bar", "file_restrict", "file_unrestrict", "file_declare"), known)
    where |= dict.fromkeys(("barrier_lift", "barrier_seen"), {"pk": barrier.pk})
    where |= {"access_review": {"pk": opening.pk}}
    return Situation(people, where, posted | {"search": {"q": NAME[:5]}})


def _a_group(episode, site: Site, by: Membership) -> tuple[dict, dict]:
    """A course that begins today, to which the person of the file is convened, and another to come;
    what is posted about it. Somebody else was there before, with a certificate."""
    branch, today = episode.organisation, timezone.localdate()
    running = groups.group(branch, site, starts_on=today)
    session = running.sessions.first()
    session.starts_at = timezone.now()
    session.save()
    convened = groups.enrolment(episode.referral, user=by.user, group=running)
    other = ReferralFactory(participant=ParticipantFactory(organisation=branch))
    past = groups.group(branch, site, starts_on=today - timedelta(days=30), status="finished")
    done = groups.enrolment(other, user=by.user, group=past, status="completed", ended_on=today)
    made = Certificate.objects.create(
        organisation=branch, enrolment=done, kind="completion", number="2026-0001", code="X",
        minutes=840, by=by.user,
    )  # fmt: skip
    letter = Letter.objects.create(
        organisation=branch, participant=convened.participant, kind="warning", by=by.user,
        content=Sheet(["A"], ["B"], "Le 3", "Objet", ["Texte"]).to_json(),
    )  # fmt: skip
    fee = Fee.objects.create(
        organisation=branch, participant=convened.participant, enrolment=convened, cents=200,
        by=by.user,
    )  # fmt: skip
    paid = fee.entries.create(
        kind="payment", cents=100, method="cash", receipt=1, year=2026, on=today, by=by.user
    )
    parted = sorted((convened.participant_id, other.participant_id))
    KeptApart.objects.create(organisation=branch, one_id=parted[0], other_id=parted[1], by=by.user)
    asked = Questionnaire.objects.create(organisation=branch, title="Fin de stage", by=by.user)
    asked.questions.create(number=1, kind="yes_no", label="Utile ?")
    one, on_group = {"uid": convened.uid}, {"uid": running.uid}
    of_session = {"pk": session.pk}
    where = {
        **dict.fromkeys(("group", "propose", "convene"), on_group),
        **dict.fromkeys(("certificates", "certificates_issue", "group_reopen"), on_group),
        **dict.fromkeys(("enrolment", "enrolment_transport", "keep_apart"), one),
        "keep_apart_lift": one | {"other": other.participant.uid},
        "enrolment_act": one | {"word": "reporter"},
        "enrol": {"uid": other.uid},
        **dict.fromkeys(("attendance", "attendance_tick", "catch_up", "session_move"), of_session),
        **dict.fromkeys(("offer_edit", "template_new"), {"uid": running.template.offer.uid}),
        **dict.fromkeys(("group_cancel", "group_edit", "group_questionnaires"), on_group),
        **dict.fromkeys(("questionnaire", "questionnaire_edit"), {"uid": asked.uid}),
        **dict.fromkeys(("questionnaire_export", "questionnaire_paper"), {"uid": asked.uid}),
        **dict.fromkeys(("sheet_new", "codes_new"), on_group | {"questionnaire": asked.uid}),
        "certificate_revoke": {"uid": done.uid, "pk": made.pk},
        **dict.fromkeys(("group_letters", "group_letters_make"), on_group),
        **dict.fromkeys(("enrolment_letters", "enrolment_letter"), one),
        "certificate_letter": {"pk": made.pk},
        "letter_template": {"kind": "warning"},
        "letter": {"uid": letter.uid, "layout": "pdf"},
        "letter_sent": {"uid": letter.uid},
        "enrolment_fee": one,
        "fee_act": one | {"word": "paiement"},
        **dict.fromkeys(("fee_cancel", "fee_receipt"), one | {"pk": paid.pk}),
    }
    tick = {"enrolment": convened.uid, "tick": str(uuid4()), "present": "1"}
    convocation = {"kind": "convocation"}
    posted = dict.fromkeys(("group_letters_make", "enrolment_letter"), convocation)
    posted["codes_new"] = {"count": "2"}
    return where, posted | {"attendance_tick": tick, "convene": {"enrolment": convened.uid}}


def _protection(file, somebody, manager):
    """A barrier that keeps out somebody who is not of the table, and an opening to review."""
    of = {"file": file, "organisation": file.organisation}
    wall, outside = wall_of(somebody.side), MembershipFactory().user
    barrier = wall.barriers.objects.create(user=outside, by=manager.user, **of)
    now = timezone.now()
    until = now + timedelta(minutes=1)
    opening = wall.accesses.objects.create(
        user=outside, reason="Secret", opened_at=now, until=until, **of
    )
    return barrier, opening


def _published() -> dict[str, dict[str, Any]]:
    """An entry that the public reads, and the files that anyone may reuse."""
    site = SiteFactory(organisation=OrganisationFactory(is_public=True))
    service = Service.objects.create(
        organisation=site.organisation, site=site, code="x", name="Écoute", department="34"
    )
    return {
        "help_finder_in": {"language": "ar"},
        "service": {"uid": service.uid},
        "public_organisation": {"pk": site.organisation_id},
        "public_site": {"pk": site.pk},
        "line": {"uid": "m3"},
        "scale": {"uid": "1"},
        "easy": {"code": "accueil"},
        "entry_update": {"token": make_link(service)},
        "open_data_file": {"name": "hsds"},
    }


def in_support() -> Situation:
    """A house of the support side, a file in it that is open and another that is closed."""
    house, elsewhere = OrganisationFactory(), OrganisationFactory()

    def member(**role) -> Membership:
        return MembershipFactory(organisation=house, support=True, **role)

    people: dict[str, Membership | None] = {
        "nobody": None,
        "stranger": MembershipFactory(organisation=elsewhere, support=True, manager=True),
        "other_side": MembershipFactory(organisation=house, manager=True),
        "ended": member(
            starts_on=date(2020, 1, 1), ends_on=timezone.localdate() - timedelta(days=1)
        ),
        "reception": member(reception=True),
        "pathway": member(),
        "manager": member(manager=True),
        "coordinator": member(coordinator=True),
        "dpo": member(dpo=True),
        "administrator": member(administrator=True),
    }
    helped = BeneficiaryFactory(
        organisation=house,
        last_name=HELPED,
        reference=HELPED_REFERENCE,
        plan__may_call=True,
        plan__phone=SAFE_NUMBER,
        plan__code_word=CODE_WORD,
    )
    closed = BeneficiaryFactory(organisation=house, closed=True)
    barrier, opening = _protection(helped, people["reception"], people["manager"])
    member_of_it = HouseholdMemberFactory(beneficiary=helped)
    pathway, manager = people["pathway"], people["manager"]
    assert pathway is not None
    assert manager is not None
    ContactFactory(beneficiary=helped, note=SECRET_WORDS, by=pathway.user)
    on_file = {"uid": helped.uid}
    asked = Callback.objects.create(
        organisation=house, need="talk", phone=SAFE_NUMBER, code_word=CODE_WORD
    )
    plain = {"support_today", "beneficiaries", "beneficiary_search", "beneficiary_new", "callbacks"}
    plain |= {"trail_find", "vigilance", "vigilance_examine"}
    plain |= {"rights", "retention", "retention_erase"}
    where: dict[str, dict[str, Any]] = {
        **{route: on_file for route in SUPPORT if route not in plain | {"beneficiaries_export"}},
        **dict.fromkeys(("callback", "callback_handle"), {"uid": asked.uid}),
        "member_remove": on_file | {"pk": member_of_it.pk},
        "beneficiary_reopen": {"uid": closed.uid},
        "barrier_lift": {"pk": barrier.pk},
        "barrier_seen": {"pk": barrier.pk},
        "access_review": {"pk": opening.pk},
        "vigilance_alert": {"uid": an_alert(pathway, helped).uid},
        **requests_about(helped, by=pathway, reviewer=manager),
    }
    sent = {"beneficiary_search": {"q": HELPED[:5]}, "beneficiaries_export": {"layout": "csv"}}
    return Situation(people, where, sent | {"file_trail_export": {"layout": "csv"}})


def visit(situation: Situation, who: str, route: str, table=None):
    client = Client()
    membership = situation.people[who]
    if membership is not None:
        client.force_login(membership.user)
        session = client.session
        session["membership"] = membership.pk
        session.save()
    url = reverse(route, kwargs=situation.where.get(route, {}))
    if (table or ACCESS)[route][0] == "POST":
        return client.post(url, situation.posted.get(route, {}))
    return client.get(url)


def assert_no_name(answer, name: str) -> None:
    """Neither in the address nor in the title."""
    assert name.lower() not in answer.wsgi_request.get_full_path().lower()
    if answer.status_code == 200 and not answer.streaming and b"<title>" in answer.content:
        title = answer.content.split(b"<title>")[1].split(b"</title>")[0].decode().lower()
        assert name.lower() not in title
