"""Whether a course was done, by the rules of its template alone (R75, R76, R80)."""

from dataclasses import dataclass, field

from django.utils import timezone

from maillage.programme.groups.models import Attendance, Enrolment, Session, hours


@dataclass(frozen=True)
class Verdict:
    """`missing` says in words each rule that is not met; none of them, and it is earned."""

    minutes: int
    required: int
    sessions: int
    attended: int
    unjustified: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def is_earned(self) -> bool:
        return not self.missing


def verdict(enrolment: Enrolment) -> Verdict:
    """Of an enrolment with a group. A session counts where one was there, or caught it up; hours
    are those really spent there."""
    group = enrolment.group
    assert group is not None
    sessions = list(group.sessions.filter(is_cancelled=False))
    marks = list(
        Attendance.objects.filter(enrolment=enrolment).select_related("session", "catches_up")
    )
    return judge(sessions, marks, group.template.required_minutes)


def judge(sessions: list[Session], marks: list[Attendance], required: int) -> Verdict:
    """The rules themselves, over rows that may not be saved."""
    here = {one.pk for one in sessions}
    present = [mark for mark in marks if mark.is_present]
    attended = {
        key for mark in present for key in (mark.session_id, mark.catches_up_id) if key in here
    }
    minutes = sum(mark.minutes for mark in present)
    unjustified = [
        mark
        for mark in marks
        if not mark.is_justified and mark.session_id in here and mark.session_id not in attended
    ]
    missing = []
    if unjustified:
        missing.append(_several(len(unjustified), "absence sans justificatif"))
    to_come = {one.pk for one in sessions if one.starts_at > timezone.now()} - attended
    absent = len(here - attended - to_come)
    if absent:
        missing.append(_several(absent, "séance manquée, non rattrapée"))
    if to_come:
        missing.append(_several(len(to_come), "séance à venir"))
    elif minutes < required:
        missing.append(f"{hours(minutes)} suivies sur {hours(required)} demandées")
    return Verdict(minutes, required, len(sessions), len(attended), len(unjustified), missing)


def _several(count: int, words: str) -> str:
    if count == 1:
        return f"1 {words}"
    first, _, rest = words.partition(" ")
    plural = {"manquée, non rattrapée": "manquées, non rattrapées"}
    return f"{count} {first}s {plural.get(rest, rest)}"
