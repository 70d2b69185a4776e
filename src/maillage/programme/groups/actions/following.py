"""What attendance changes in the follow-up: recorded once, the branch's report follows."""

from collections.abc import Iterable
from datetime import date

from maillage.core import trail
from maillage.programme.episodes.models import Episode, EpisodeModule
from maillage.programme.groups.models import Enrolment, Offer
from maillage.programme.intake.models import Participant, Referral, ReferralStep


def _module(enrolment: Enrolment) -> str:
    return Offer.MODULES[Offer.Kind(enrolment.kind)]


def hold(enrolment: Enrolment) -> None:
    """The file and the referral of whoever may begin, held before the enrolment is: whoever decides
    of a referral holds them in that order too."""
    files, referrals = Participant.objects.all(), Referral.objects.all()
    files.select_for_update(of=("self",), no_key=True).get(pk=enrolment.participant_id)
    referrals.select_for_update(of=("self",), no_key=True).get(pk=enrolment.referral_id)
    hold_follow_ups([enrolment])


def hold_follow_ups(enrolments: Iterable[Enrolment]) -> None:
    """The follow-ups that go on of these people, held before the first trail entry: whoever writes
    in one waits for the trail of the branch while holding it."""
    theirs = Episode.objects.open().filter(participant__in=[e.participant_id for e in enrolments])
    held = theirs.order_by("pk").select_for_update(of=("self",), no_key=True)
    list(held.values_list("pk", flat=True))


def began(enrolment: Enrolment, *, by, on: date) -> Episode | None:
    """Whoever comes for the first time enters the follow-up with this module, or has it added.

    Under the lock of the enrolment. Where a follow-up goes on already the module is added to it;
    nothing is opened where a follow-up of that day is over.
    """
    referral = (
        Referral.objects.select_for_update(of=("self",), no_key=True)
        .select_related("participant")
        .get(pk=enrolment.referral_id)
    )
    episode = referral.participant.episodes.open().first()
    episode = episode or Episode.objects.filter(referral=referral).first()
    if episode is None and referral.is_pending:
        day = max(on, referral.received_on)
        if referral.participant.episodes.filter(exited_on__gt=day).exists():
            return None
        assert enrolment.group is not None
        referral.move("accept")
        referral.site = referral.site or enrolment.group.site
        referral.version += 1
        referral.save()
        ReferralStep.objects.create(referral=referral, status=referral.status, on=day, by=by.user)
        episode = Episode.objects.create(
            referral=referral,
            participant=referral.participant,
            organisation_id=referral.organisation_id,
            site=referral.site,
            entered_on=day,
            last_contact_on=day,
        )
        trail.record("referral_accepted", by=by, target=referral.uid, file=referral.participant.uid)
    if episode is None or not episode.is_open:
        return episode
    code = _module(enrolment)
    if not episode.modules.filter(code=code, ends_on=None).exists():
        EpisodeModule.objects.create(
            episode=episode, code=code, starts_on=max(on, episode.entered_on)
        )
        _tell("module_started", enrolment, by, code)
    if episode.last_contact_on < on:
        Episode.objects.filter(pk=episode.pk).update(last_contact_on=on)
    return episode


def done(enrolment: Enrolment, *, by, on: date) -> None:
    """Ends the module of whoever completed it; the follow-up itself ends by a decision."""
    code = _module(enrolment)
    module = EpisodeModule.objects.filter(
        episode__participant_id=enrolment.participant_id,
        episode__exited_on=None,
        code=code,
        ends_on=None,
    ).first()
    if module is not None:
        module.ends_on = max(on, module.starts_on)
        module.save(update_fields=["ends_on"])
        _tell("module_ended", enrolment, by, code)


def _tell(verb: str, enrolment: Enrolment, by, code: str) -> None:
    trail.record(
        verb, by=by, target=enrolment.referral.uid, file=enrolment.participant.uid, module=code
    )
