"""What a branch offers, and its runs: planned, moved, cancelled."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core.http import StaffRequest
from maillage.programme.groups import access, programme
from maillage.programme.groups.actions import editing, planning
from maillage.programme.groups.forms.planning import (
    CancelForm,
    GroupEditForm,
    GroupForm,
    MoveForm,
    OfferForm,
    RoomForm,
    TemplateForm,
)
from maillage.programme.groups.models import Offer, Room
from maillage.programme.groups.views.common import get_group, get_session, perform
from maillage.programme.intake import access as intake_access


@require_safe
def offers(request: StaffRequest) -> HttpResponse:
    by = request.membership
    intake_access.check_can_read(by)
    listed = Offer.objects.visible_to(by).prefetch_related("templates__sessions")
    rooms = Room.objects.filter(organisation=by.organisation_id).select_related("site")
    context = {
        "offers": listed,
        "rooms": rooms,
        "may_offer": access.may(access.check_can_offer, by),
    }
    return render(request, "groups/offers.html", context)


def _offer(request: StaffRequest, uid: str) -> Offer:
    return get_object_or_404(Offer.objects.visible_to(request.membership), uid=uid)


@require_http_methods(["GET", "POST"])
def offer_new(request: StaffRequest) -> HttpResponse:
    return _offer_form(request, None, OfferForm(request.POST or None))


@require_http_methods(["GET", "POST"])
def offer_edit(request: StaffRequest, uid: str) -> HttpResponse:
    offer = _offer(request, uid)
    names = ("kind", "name", "entry", "audience", "is_current")
    form = OfferForm(request.POST or None, initial={n: getattr(offer, n) for n in names})
    form.fields["kind"].disabled = True
    return _offer_form(request, offer, form)


def _offer_form(request: StaffRequest, offer: Offer | None, form: OfferForm) -> HttpResponse:
    by = request.membership
    access.check_can_offer(by)
    made: list[Offer] = []
    if form.is_valid() and perform(
        form,
        lambda: made.append(planning.describe_offer(by=by, offer=offer, **form.cleaned_data)),
    ):
        messages.success(request, "L’offre est enregistrée.")
        is_bare = not made[0].templates.exists()
        return redirect("template_new", made[0].uid) if is_bare else redirect("offers")
    title = "Nouvelle offre" if offer is None else offer.name
    return _page(request, form, title, "Enregistrer", "offers")


def _page(request: StaffRequest, form, title: str, action: str, back: str, *args) -> HttpResponse:
    context = {"form": form, "title": title, "action": action, "back": reverse(back, args=args)}
    return render(request, "groups/form.html", context)


@require_http_methods(["GET", "POST"])
def template_new(request: StaffRequest, uid: str) -> HttpResponse:
    """The next version of how an offer is held, beginning from the last one."""
    by, offer = request.membership, _offer(request, uid)
    access.check_can_offer(by)
    form = TemplateForm(request.POST or None, initial=_last(offer))
    if form.is_valid() and perform(form, lambda: _write(by, offer, form)):
        messages.success(request, "Le modèle est enregistré.")
        return redirect("offers")
    return _page(request, form, f"Modèle, {offer.name}", "Enregistrer cette version", "offers")


def _write(by, offer: Offer, form: TemplateForm) -> None:
    told = form.cleaned_data
    planning.write_template(
        by=by,
        offer=offer,
        planned=programme.read(told["sessions"]),
        capacity=told["capacity"],
        smallest=told["smallest"],
        required_minutes=int(told["required_hours"] * 60),
        instalments=told["instalments"],
        prices=form.prices,
    )


def _last(offer: Offer) -> dict:
    last = offer.templates.order_by("-number").first()
    if last is None:
        return {"capacity": 12, "smallest": 6, "instalments": 1}
    return {
        "sessions": programme.written(last),
        "capacity": last.capacity,
        "smallest": last.smallest,
        "required_hours": last.required_minutes / 60,
        "instalments": last.instalments,
    } | {f"price_{price.legal_framework}": price.cents for price in last.prices.all()}


@require_http_methods(["GET", "POST"])
def room_new(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_plan(by)
    form = RoomForm(request.POST or None, by=by)
    if form.is_valid() and perform(form, lambda: planning.add_room(by=by, **form.cleaned_data)):
        messages.success(request, "La salle est ajoutée.")
        return redirect("offers")
    return _page(request, form, "Nouvelle salle", "Ajouter", "offers")


@require_http_methods(["GET", "POST"])
def group_new(request: StaffRequest) -> HttpResponse:
    """First a preview of the days, then the run."""
    by = request.membership
    access.check_can_plan(by)
    initial = {"audience": "mixed", "capacity": 12, "most": 16}
    form = GroupForm(request.POST or None, initial=initial, by=by)
    made: list = []
    if (
        form.is_valid()
        and "confirm" in request.POST
        and perform(form, lambda: made.append(planning.plan_group(by=by, **form.cleaned_data)))
    ):
        messages.success(request, "La session est planifiée.")
        return redirect("group", made[0].uid)
    context = {"form": form, "preview": [], "skipped": []}
    if form.is_valid():
        perform(form, lambda: context.update(_preview(form)))
    return render(request, "groups/group_new.html", context)


def _preview(form: GroupForm) -> dict:
    plan = list(form.cleaned_data["template"].sessions.all())
    held_on = programme.days(form.cleaned_data["starts_on"], [one.gap for one in plan])
    return {
        "preview": list(zip(plan, held_on, strict=True)),
        "skipped": programme.skipped(held_on[0], held_on[-1]),
    }


@require_http_methods(["GET", "POST"])
def group_edit(request: StaffRequest, uid: str) -> HttpResponse:
    by, group = request.membership, get_group(request, uid)
    access.check_can_plan(by)
    sessions = editing.to_come(group)
    initial = {name: getattr(group, name) for name in ("capacity", "audience", "version")}
    initial |= {"most": group.limit, "room": editing.common_room(sessions)}
    initial["speakers"] = [str(key) for key in editing.common_speakers(sessions)]
    form = GroupEditForm(request.POST or None, initial=initial, by=by, group=group)
    if form.is_valid() and perform(
        form, lambda: editing.edit_group(by=by, group=group, **form.cleaned_data)
    ):
        messages.success(request, "Le groupe est modifié.")
        return redirect("group", uid)
    return _page(request, form, f"Modifier {group.title}", "Enregistrer", "group", uid)


@require_http_methods(["GET", "POST"])
def session_move(request: StaffRequest, pk: int) -> HttpResponse:
    by, session = request.membership, get_session(request, pk)
    access.check_can_plan(by)
    at = timezone.localtime(session.starts_at)
    form = MoveForm(request.POST or None, initial={"day": at.date(), "at": at.time()})
    if form.is_valid() and perform(
        form,
        lambda: planning.move_session(
            by=by,
            session=session,
            starts_at=form.starts_at,
            with_following=form.cleaned_data["with_following"],
        ),
    ):
        messages.success(request, "La séance est déplacée.")
        return redirect("group", session.group.uid)
    title = f"Déplacer la séance {session.number}"
    return _page(request, form, title, "Déplacer", "group", session.group.uid)


@require_http_methods(["GET", "POST"])
def group_cancel(request: StaffRequest, uid: str) -> HttpResponse:
    by, group = request.membership, get_group(request, uid)
    access.check_can_plan(by)
    form = CancelForm(request.POST or None)
    if form.is_valid() and perform(
        form, lambda: planning.cancel_group(by=by, group=group, **form.cleaned_data)
    ):
        messages.success(request, "Le groupe est annulé\u00a0: chacun revient sur la liste.")
        return redirect("group", uid)
    return _page(request, form, f"Annuler {group.title}", "Annuler le groupe", "group", uid)
