"""What the pages of groups share: fetch what is visible, run the action, tell what it refused."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404

from maillage.core.errors import Refused, Stale
from maillage.core.http import StaffRequest
from maillage.programme.groups.models import Enrolment, Group, Session


def get_group(request: StaffRequest, uid: str) -> Group:
    visible = Group.objects.visible_to(request.membership).for_list()
    return get_object_or_404(visible, uid=uid)


def get_session(request: StaffRequest, pk: int) -> Session:
    visible = Session.objects.visible_to(request.membership)
    return get_object_or_404(
        visible.select_related("group__template__offer", "group__site", "room"), pk=pk
    )


def get_enrolment(request: StaffRequest, uid: str) -> Enrolment:
    visible = Enrolment.objects.visible_to(request.membership)
    return get_object_or_404(
        visible.select_related("participant", "referral__referrer", "group__template__offer"),
        uid=uid,
    )


def perform(form: Any, action: Callable[[], Any]) -> bool:
    """Runs the action; what it refuses becomes an error of the form, which keeps what was typed."""
    try:
        action()
    except Refused as refusal:
        form.refuse(refusal.field, refusal.message)
        return False
    except Stale as stale:
        form.add_error(None, stale.message)
        return False
    return True
