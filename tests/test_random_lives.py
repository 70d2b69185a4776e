"""Random people do random things; after each, nobody sees what they may not."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from maillage.barriers import actions as barriers
from maillage.core import chain
from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry, TrailHead
from maillage.network.models import Membership
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.programme.episodes.actions import appointments, follow
from maillage.programme.episodes.models import Appointment, Episode, Note
from maillage.programme.intake import actions as intake
from maillage.programme.intake import names
from maillage.programme.intake.models import Participant, Referral

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NAMES = ("Xylandre", "Quorvane", "Zéphirot")
CLINICAL = "propos cliniques de "
# by hand: who reads the names of the files of their own branch
READS_NAMES = ("reception", "practitioner", "referent", "manager")
DECIDES = ("practitioner", "referent", "manager")
HOME = st.sampled_from([True, True, True, False])  # mostly, people work on files of their branch
WHO = (*READS_NAMES, "coordinator", "dpo", "administrator", "other_side", "ended")
SOMEBODY = st.sampled_from(READS_NAMES * 2 + WHO)


class Lives(RuleBasedStateMachine):
    """Two branches with everybody who works there, and the files that they make."""

    files = Bundle("files")

    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.branches = {name: OrganisationFactory(slug=name, branch=True) for name in "ab"}
        self.sites = {name: SiteFactory(organisation=self.branches[name]) for name in "ab"}
        self.people: dict[tuple[str, str], Membership] = {}
        for name, branch in self.branches.items():
            for role in ("reception", "manager", "coordinator", "dpo", "administrator"):
                self.people[name, role] = MembershipFactory(organisation=branch, **{role: True})
            for practitioner in ("practitioner", "referent"):
                self.people[name, practitioner] = MembershipFactory(organisation=branch)
            self.people[name, "other_side"] = MembershipFactory(
                organisation=branch, manager=True, support=True
            )
            self.people[name, "ended"] = MembershipFactory(
                organisation=branch, starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1)
            )
        self.owner: dict[str, str] = {}  # of each referral, the branch
        self.person: dict[str, str] = {}  # of each referral, the file
        self.shut_out: set[tuple[str, str, str]] = set()  # file, branch and role of whom
        self.clinical: dict[str, tuple[str, str]] = {}  # of each clinical text, who wrote it
        self.acts = 0

    def teardown(self):
        try:
            for head in TrailHead.objects.all():
                assert list(chain.faults_of(head)) == []
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def found(self, file: str, home: bool) -> tuple[Referral, str]:
        """A referral, and the branch from which somebody goes for it: its own, or the other."""
        mine = self.owner[file]
        return Referral.objects.get(uid=file), mine if home else ("b" if mine == "a" else "a")

    def may(self, file: str, where: str, who: str, roles: tuple[str, ...]) -> bool:
        """By hand: the role does it in its own branch, on files that one is not shut out of."""
        is_shut_out = (self.person[file], where, who) in self.shut_out
        return self.owner[file] == where and who in roles and not is_shut_out

    def attempt(self, act, *, may: bool, entries: int = 1, **given):
        """Does it: what a role may not do is never done, and what is done leaves its trail."""
        before = TrailEntry.objects.count()
        try:
            with transaction.atomic():
                made = act(**given)
        except (PermissionDenied, ObjectDoesNotExist, Refused, Stale):
            assert TrailEntry.objects.count() == before
            return None
        assert may, f"{act.__name__} was done by somebody who may not"
        assert TrailEntry.objects.count() == before + entries
        return made

    @rule(
        target=files,
        where=st.sampled_from("ab"),
        who=SOMEBODY,
        name=st.sampled_from(NAMES),
    )
    def register(self, where, who, name):
        made = self.attempt(
            intake.register_referral,
            by=self.people[where, who],
            identity={"last_name": name, "first_name": "Ada", "sex": "F"},
            referral={
                "received_on": timezone.localdate() - timedelta(days=40),
                "referrer_category": "spip",
                "legal_framework": "postsentenciel",
            },
            may=who in READS_NAMES,
        )
        if made is None:
            return multiple()
        self.owner[made.uid], self.person[made.uid] = where, made.participant.uid
        return made.uid

    @rule(file=files, home=HOME, who=SOMEBODY)
    def accept(self, file, home, who):
        referral, where = self.found(file, home)
        self.attempt(
            follow.accept,
            by=self.people[where, who],
            referral=referral,
            version=referral.version,
            entered_on=timezone.localdate() - timedelta(days=20),
            site=self.sites[where],
            referent=self.people[where, "referent"].user,
            may=self.may(file, where, who, DECIDES),
        )

    @rule(
        file=files,
        home=HOME,
        who=SOMEBODY,
        kind=st.sampled_from(["factual", "clinical"]),
    )
    def write_note(self, file, home, who, kind):
        referral, where = self.found(file, home)
        text = f"{CLINICAL}{where} {who}" if kind == "clinical" else "Vu."
        may = self.may(file, where, who, READS_NAMES)
        if kind == "clinical":
            may = may and who in ("practitioner", "referent")
        made = self.attempt(
            follow.write_note,
            by=self.people[where, who],
            referral=referral,
            kind=kind,
            text=text,
            may=may,
        )
        if made and kind == "clinical":
            self.clinical[text] = (where, who)

    @rule(file=files, home=HOME, who=SOMEBODY, days=st.integers(1, 9))
    def plan(self, file, home, who, days):
        referral, where = self.found(file, home)
        self.attempt(
            appointments.plan,
            by=self.people[where, who],
            referral=referral,
            practitioner=self.people[where, "referent"].user,
            starts_at=timezone.now() + timedelta(days=days),
            may=self.may(file, where, who, READS_NAMES),
        )

    @rule(file=files, home=HOME, who=SOMEBODY)
    def exit(self, file, home, who):
        referral, where = self.found(file, home)
        if episode := Episode.objects.filter(referral=referral).first():
            self.attempt(
                follow.record_exit,
                by=self.people[where, who],
                episode=episode,
                version=episode.version,
                on=timezone.localdate(),
                reason="autre",
                may=self.may(file, where, who, DECIDES),
            )

    @rule(file=files, home=HOME, who=SOMEBODY)
    def redirect(self, file, home, who):
        referral, where = self.found(file, home)
        other = "b" if where == "a" else "a"
        made = self.attempt(
            intake.redirect,
            by=self.people[where, who],
            referral=referral,
            to=self.branches[other],
            on=timezone.localdate(),
            may=self.may(file, where, who, DECIDES),
            entries=2,
        )
        if made is not None:
            received = made.redirected_to
            self.owner[received.uid], self.person[received.uid] = other, received.participant.uid

    @rule(file=files, home=HOME, who=SOMEBODY, whom=st.sampled_from(READS_NAMES))
    def shut_somebody_out(self, file, home, who, whom):
        referral, where = self.found(file, home)
        made = self.attempt(
            barriers.bar,
            by=self.people[where, who],
            file=referral.participant,
            user=self.people[where, whom].user,
            reason="un lien de famille",
            may=self.may(file, where, who, ("manager",)),
        )
        if made is not None:
            self.shut_out.add((self.person[file], where, whom))

    @rule(file=files, home=HOME, who=SOMEBODY)
    def open_the_file(self, file, home, who):
        referral, where = self.found(file, home)
        client, by = Client(), self.people[where, who]
        client.force_login(by.user)
        session = client.session
        session["membership"] = by.pk
        session.save()

        answer = client.get(reverse("file", args=[referral.participant.uid]))

        if who == "ended":
            assert answer.status_code == 302
        else:
            may = self.may(file, where, who, READS_NAMES)
            assert answer.status_code == (200 if may else 404)
        shown = answer.content.decode()
        for text, (branch, writer) in self.clinical.items():
            if text in shown:
                assert branch == where
                assert who in ("practitioner", "referent"), (writer, who)

    @invariant()
    def everybody_sees_the_files_of_their_own_branch_and_no_other(self):
        for (where, who), by in self.people.items():
            visible = set(Referral.objects.visible_to(by).values_list("uid", flat=True))
            mine = {uid for uid in self.owner if self.may(uid, where, who, READS_NAMES)}
            assert visible == mine, (where, who)
            branches = {where} if visible else set()
            seen = Participant.objects.visible_to(by).values_list("organisation__slug", flat=True)
            assert set(seen) == branches
            for rows in (Episode, Appointment):
                owners = rows.objects.visible_to(by).values_list("organisation__slug", flat=True)
                assert set(owners) <= branches

    @invariant()
    def a_search_finds_nothing_elsewhere(self):
        for (where, who), by in self.people.items():
            found = {p.organisation.slug for name in NAMES for p in names.search(name, by=by)}
            assert found <= ({where} if who in READS_NAMES else set())

    @invariant()
    def what_the_database_holds_is_whole(self):
        for referral in Referral.objects.all():
            steps = list(referral.steps.values_list("status", flat=True))
            assert steps, "no step"
            assert steps[-1] == referral.status
        assert not Note.objects.filter(referral=None).exists()


def test_whatever_people_do_nobody_sees_what_they_may_not():
    walks = settings(
        max_examples=8,
        stateful_step_count=30,
        phases=[Phase.generate],  # a walk is short enough to be read as it is
    )
    run_state_machine_as_test(Lives, settings=walks)
