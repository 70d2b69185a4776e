"""What the list of those who wait for a group is narrowed to, read from its address."""

from django import forms
from django.db.models import Q

from maillage.network.filters import ListFilters
from maillage.programme.groups.models import Enrolment, EnrolmentQuerySet, Offer

STATES = {
    "returned": "renvoi par la justice",
    "urgent": "urgence",
    "postponed": "report demandé",
    "absent": "absence à la session",
    "late": "limite dépassée",
}


class WaitingFilters(ListFilters):
    nature = forms.ChoiceField(label="Nature", required=False, choices=Offer.Kind.choices)
    state = forms.ChoiceField(label="État", required=False, choices=[*STATES.items()])

    @property
    def kind(self) -> str:
        return self.cleaned_data.get("nature") or Offer.Kind.COURSE

    def words(self, name, value):
        if name == "nature":
            return ""  # a list is of one nature: another is chosen, none is taken away
        return STATES[value] if name == "state" else str(value)

    def narrow(self, waiting: EnrolmentQuerySet) -> EnrolmentQuerySet:
        asked = self.cleaned_data
        if asked.get("site"):
            waiting = waiting.filter(referral__site=asked["site"])
        state = asked.get("state")
        if state == "late":
            return waiting.past_limit()
        conditions = {
            "returned": Q(is_returned_by_court=True),
            "urgent": Q(referral__is_urgent=True),
            "postponed": Q(status=Enrolment.Status.POSTPONED),
            "absent": Q(status=Enrolment.Status.ABSENT),
        }
        return waiting.filter(conditions[state]) if state else waiting
