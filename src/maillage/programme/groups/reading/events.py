"""The steps of demands in the timeline of a file; one noted by mistake is on the demand's page."""

from typing import Any

from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Coalesce, Concat

from maillage.programme.episodes.reading.events import Event, Row, open_text
from maillage.programme.episodes.reading.timeline import author, event_rows, sealed, text
from maillage.programme.groups.models import Enrolment, EnrolmentStep, Offer
from maillage.programme.groups.reading.board import SHAPES
from maillage.programme.intake.models import Participant

KIND, LABEL = "groupes", "Stages et groupes"


def rows_of(participant: Participant) -> list[QuerySet]:
    steps = EnrolmentStep.objects.standing().filter(enrolment__participant=participant)
    number = Coalesce("group__number", text())
    return [
        event_rows(
            steps,
            "enrolment_step",
            to="enrolment__referral",
            day=F("on"),
            at=F("recorded_at"),
            code=F("status"),
            other=Concat("enrolment__kind", text("|"), number, output_field=CharField()),
            sealed=sealed("reason"),
            **author(),
        )
    ]


def _step(row: Row, by: Any, practises: bool) -> Event:
    kind, _, number = row.other.partition("|")
    title = Offer.Kind(kind).label
    return Event(
        row,
        f"{title}, session {number}" if number else title,
        state=Enrolment.Status(row.code).label,
        look=SHAPES[row.code],
        text=open_text(EnrolmentStep, "reason", row),
        who=row.who,
    )


SHOWN = {"enrolment_step": _step}
