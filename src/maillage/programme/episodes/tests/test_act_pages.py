"""The pages of acts: what they propose, what they keep when an act is refused or stale."""

from datetime import date

import pytest
from django.urls import reverse

from maillage.core.calendar import short_date
from maillage.core.models import TrailEntry
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
    SituationChangeFactory,
)
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import (
    RequestedModuleFactory,
)

pytestmark = pytest.mark.django_db


def errors(answer) -> dict[str, list[str]]:
    return dict(answer.context["form"].errors)


class TestAccepting:
    def test_proposes_the_last_meeting_the_site_oneself_and_what_was_asked(self, house, signed_in):
        referral = house.referral(waiting=True, site=house.site)
        met = AppointmentFactory(referral=referral, kept=True)
        RequestedModuleFactory(referral=referral, code="stage")

        page = signed_in(house.practitioner).get(reverse("episode_accept", args=[referral.uid]))

        proposed = page.context["form"].initial
        assert proposed["entered_on"] == met.day
        assert (proposed["site"], proposed["modules"]) == (house.site.pk, ["stage"])
        assert proposed["referent"] == house.practitioner.user
        told = page.content.decode()
        assert f'<option value="{house.practitioner.user.pk}" selected>' in told

    def test_opens_the_follow_up_and_goes_to_the_file(self, house, send):
        referral = house.referral(waiting=True)

        answer = send(
            "episode_accept",
            referral.uid,
            version=1,
            entered_on="03/11/2025",
            site=house.site.pk,
            referent=house.colleague.user.pk,
            modules=["stage", "groupe_parole"],
            marital_status="marie",
            employment="retraite",
            resources="retraite",
        )

        assert answer.redirect_chain[0][0] == reverse("file", args=[referral.participant.uid])
        episode = Episode.objects.get()
        assert (episode.referent, episode.modules.count()) == (house.colleague.user, 2)
        assert episode.entered_on == date(2025, 11, 3)

    def test_when_stale_keeps_what_was_typed_tells_it_and_is_confirmed_by_sending_again(
        self, house, send
    ):
        referral = house.referral(waiting=True)
        Referral.objects.update(version=4)
        typed = {
            "entered_on": "03/11/2025",
            "site": house.site.pk,
            "referent": "",
            "marital_status": "marie",
            "employment": "retraite",
            "resources": "retraite",
        }

        told = send("episode_accept", referral.uid, version=1, **typed)

        assert not Episode.objects.exists()
        form = told.context["form"]
        assert "modifié" in errors(told)["__all__"][0]
        assert (form["entered_on"].value(), form["version"].value()) == ("03/11/2025", "4")
        send("episode_accept", referral.uid, version=form["version"].value(), **typed)
        assert Episode.objects.get().entered_on == date(2025, 11, 3)

    def test_puts_a_refusal_beside_its_field(self, house, send):
        referral = house.referral(received_on=date(2025, 11, 4))

        told = send(
            "episode_accept",
            referral.uid,
            version=1,
            entered_on="03/11/2025",
            site=house.site.pk,
            marital_status="marie",
            employment="retraite",
            resources="retraite",
        )

        assert set(errors(told)) == {"entered_on"}
        assert not TrailEntry.objects.exists()

    def test_offers_no_site_nor_person_of_another_organisation(self, house, signed_in):
        referral = house.referral()

        page = signed_in(house.practitioner).get(reverse("episode_accept", args=[referral.uid]))

        told = page.content.decode()
        assert house.stranger.user.name not in told
        assert house.other_side.user.name not in told


class TestAssigning:
    def test_a_manager_chooses_among_those_who_follow_files(self, house, send):
        episode = house.episode()

        send(
            "episode_assign",
            episode.referral.uid,
            by=house.manager,
            version=1,
            referent=house.colleague.user.pk,
        )

        episode.refresh_from_db()
        assert episode.referent == house.colleague.user

    def test_a_practitioner_takes_with_one_button(self, house, send):
        episode = house.episode(referent=None)

        send("episode_assign", episode.referral.uid, version=1)

        episode.refresh_from_db()
        assert episode.referent == house.practitioner.user

    def test_a_practitioner_cannot_post_somebody_else(self, house, send):
        episode = house.episode(referent=None)

        send("episode_assign", episode.referral.uid, version=1, referent=house.colleague.user.pk)

        episode.refresh_from_db()
        assert episode.referent == house.practitioner.user

    def test_when_stale_keeps_the_choice(self, house, send):
        episode = house.episode()
        Episode.objects.update(version=2)

        told = send(
            "episode_assign",
            episode.referral.uid,
            by=house.manager,
            version=1,
            referent=house.colleague.user.pk,
        )

        form = told.context["form"]
        assert form["referent"].value() == str(house.colleague.user.pk)
        assert form["version"].value() == "2"


class TestModulesAndSituation:
    def test_a_module_is_started_and_ended(self, house, send):
        episode = house.episode()

        send(
            "module_start",
            episode.referral.uid,
            code="stage",
            starts_on="3/11/25",
            practitioner="",
        )
        module = episode.modules.get()
        send("module_end", episode.referral.uid, module.pk, ends_on="1/12/25")

        module.refresh_from_db()
        assert (module.starts_on, module.ends_on) == (date(2025, 11, 3), date(2025, 12, 1))

    def test_a_module_of_another_file_is_not_found(self, house, signed_in):
        module = EpisodeModuleFactory(episode=house.episode())
        other = house.episode()

        answer = signed_in(house.practitioner).get(
            reverse("module_end", args=[other.referral.uid, module.pk])
        )

        assert answer.status_code == 404

    def test_the_situation_proposed_is_the_one_that_stands(self, house, signed_in):
        episode = house.episode()
        SituationChangeFactory(episode=episode)

        page = signed_in(house.practitioner).get(
            reverse("situation_change", args=[episode.referral.uid])
        )

        assert page.context["form"].initial["marital_status"] == "divorce_separe"

    def test_a_refused_change_keeps_what_was_typed(self, house, send):
        change = SituationChangeFactory(episode=house.episode())

        told = send(
            "situation_change",
            change.episode.referral.uid,
            on=short_date(change.on),
            marital_status="pacse",
            employment="retraite",
            resources="rsa",
        )

        assert set(errors(told)) == {"on"}
        assert told.context["form"]["marital_status"].value() == "pacse"
