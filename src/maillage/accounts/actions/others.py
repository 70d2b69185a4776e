"""Accounts of others: inviting, renewing, ending, giving a new start."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from maillage.accounts import access
from maillage.accounts.actions.own import erase_factors
from maillage.accounts.models import Identity, Invitation, UserSession, holds_already
from maillage.core import rowlock, trail
from maillage.core.errors import Refused
from maillage.core.models import User
from maillage.network.actors import CommandLine
from maillage.network.models import Membership

LINK_DAYS = 7


def a_year_ahead() -> date:
    return timezone.localdate() + relativedelta(years=1)


def _check_until(until: date) -> None:
    if not timezone.localdate() <= until <= a_year_ahead():
        raise Refused("Choisissez une date à venir, dans un an au plus.", "until")


@transaction.atomic
def invite(*, by, email: str, role: str, until: date) -> Invitation:
    """Opens a link to join one's own organisation, on one's own side, in a role one answers for."""
    access.check_can_manage_accounts(by)
    if role not in access.roles_opened_by(by):
        raise PermissionDenied("Vous n’ouvrez pas de compte dans ce rôle.")
    _check_until(until)
    address = User.objects.normalize_email(email).lower()
    if by.user.email.lower() == address:
        raise Refused("Votre propre compte s’ouvre par quelqu’un d’autre.", "email")
    Invitation.objects.visible_to(by).open().filter(email=address, role=role).update(
        withdrawn_at=timezone.now()
    )
    invitation = Invitation.objects.create(
        kind=Invitation.Kind.JOIN,
        email=address,
        organisation=by.organisation,
        side=by.side,
        role=role,
        until=until,
        by=by.user,
        expires_at=timezone.now() + timedelta(days=LINK_DAYS),
    )
    trail.record("invitation_sent", by=by, target=f"invitation:{invitation.uid}", role=role)
    return invitation


@transaction.atomic
def withdraw(*, by, invitation: Invitation) -> None:
    """A link that was not used opens nothing any more."""
    access.check_can_manage_accounts(by)
    found = Invitation.objects.visible_to(by).open().select_for_update(of=("self",), no_key=True)
    waiting = found.filter(pk=invitation.pk).first()
    if waiting is None:
        raise Refused("Ce lien a déjà servi, ou il n’est plus valable.")
    waiting.withdrawn_at = timezone.now()
    waiting.save(update_fields=["withdrawn_at"])
    trail.record("invitation_withdrawn", by=by, target=f"invitation:{waiting.uid}")


def _take(invitation: Invitation, kind: str) -> Invitation:
    """Locks a link that may be used, and uses it."""
    open_links = Invitation.objects.open().select_for_update(of=("self",), no_key=True)
    taken = open_links.filter(pk=invitation.pk, kind=kind).first()
    if taken is None:
        raise Refused("Ce lien a déjà servi, ou il n’est plus valable.")
    taken.used_at = timezone.now()
    taken.save(update_fields=["used_at"])
    return taken


def _join(invitation: Invitation, user: User) -> Membership:
    if invitation.by_id == user.pk:
        raise Refused("Une invitation s’accepte par quelqu’un d’autre que qui l’a ouverte.")
    if holds_already(user, invitation):
        raise Refused("Ce compte a déjà ce rôle dans cette organisation.")
    with rowlock.acting(CommandLine(invitation.organisation, invitation.side)):
        membership = Membership.objects.create(
            user=user, **invitation.membership_fields(), ends_on=invitation.until
        )
        trail.record(
            "invitation_accepted",
            by=membership,
            target=f"invitation:{invitation.uid}",
            member=user.pk,
            role=membership.role,
            until=membership.ends_on,
        )
    return membership


@transaction.atomic
def accept_as_new(*, invitation: Invitation, name: str, password: str | None) -> User:
    """Makes the account of who was invited; without a password, an identity will open it."""
    taken = _take(invitation, Invitation.Kind.JOIN)
    if User.objects.filter(email__iexact=taken.email).exists():
        raise Refused("Un compte existe déjà à cette adresse\u00a0: connectez-vous d’abord.")
    user = User.objects.create_user(taken.email, password, name=name)
    _join(taken, user)
    return user


@transaction.atomic
def accept_as_agent(*, invitation: Invitation, name: str, issuer: str, subject: str) -> User:
    """Makes the account of an agent, whom their provider of identity vouches for."""
    user = accept_as_new(invitation=invitation, name=name, password=None)
    Identity.objects.create(user=user, issuer=issuer, subject=subject)
    return user


@transaction.atomic
def accept(*, invitation: Invitation, user: User) -> Membership:
    """Joins with an account one has already, of the same address."""
    taken = _take(invitation, Invitation.Kind.JOIN)
    if user.email.lower() != taken.email:
        raise Refused("Cette invitation est pour un autre compte.")
    return _join(taken, user)


def _locked(by, membership: Membership) -> Membership:
    """Taken again under lock, among those that one may see; one that ended is left alone."""
    found = Membership.objects.visible_to(by).filter(ended_at__isnull=True)
    taken = found.select_for_update(of=("self",), no_key=True).filter(pk=membership.pk).first()
    if taken is None:
        raise Refused("Ce rattachement est déjà terminé.")
    return taken


@transaction.atomic
def renew(*, by, membership: Membership, until: date) -> None:
    taken = _locked(by, membership)
    access.check_can_answer_for(by, taken)
    _check_until(until)
    taken.ends_on = until
    taken.save(update_fields=["ends_on"])
    trail.record("membership_renewed", by=by, target=f"membership:{taken.pk}", until=until)


@transaction.atomic
def end(*, by, membership: Membership) -> None:
    """Shuts somebody out from this moment on: their sessions end, the next request is refused."""
    taken = _locked(by, membership)
    access.check_can_end(by, taken)
    taken.ended_at = timezone.now()
    taken.save(update_fields=["ended_at"])
    UserSession.objects.filter(user=taken.user_id).delete()
    trail.record("membership_ended", by=by, target=f"membership:{taken.pk}", member=taken.user_id)


def _check_works_nowhere_else(by, user: User) -> None:
    """Who resets an account could enter by it: everything it opens must be theirs to answer for."""
    for each in user.memberships.usable():
        if (each.organisation_id, each.side) != (by.organisation_id, by.side):
            raise Refused(
                "Ce compte ne se rétablit pas d’ici. Adressez-vous à qui tient le serveur "
                "(« maillage reset »)."
            )
        access.check_can_answer_for(by, each)


@transaction.atomic
def open_password_reset(*, by, membership: Membership) -> Invitation:
    """A link by which somebody chooses a new password; the second factor stays."""
    taken = _locked(by, membership)
    access.check_can_answer_for(by, taken)
    user = User.objects.select_for_update(no_key=True).get(pk=taken.user_id)
    _check_works_nowhere_else(by, user)
    return open_reset_link(by=by, membership=taken, user=user)


@transaction.atomic
def open_reset_link(*, by, membership: Membership, user: User) -> Invitation:
    """The link itself, once it was checked who asks for it."""
    Invitation.objects.open().filter(user=user).update(withdrawn_at=timezone.now())
    invitation = Invitation.objects.create(
        kind=Invitation.Kind.PASSWORD,
        email=user.email,
        organisation=membership.organisation,
        side=membership.side,
        role=membership.role,
        until=membership.ends_on or a_year_ahead(),
        user=user,
        by=by.user,
        expires_at=timezone.now() + timedelta(days=LINK_DAYS),
    )
    trail.record("password_reset_opened", by=by, target=f"user:{user.pk}")
    return invitation


@transaction.atomic
def choose_password(*, invitation: Invitation, password: str) -> User:
    """A new password by the link that was given; every open session of the account ends."""
    taken = _take(invitation, Invitation.Kind.PASSWORD)
    assert taken.user is not None
    user = User.objects.select_for_update(no_key=True).get(pk=taken.user.pk, is_active=True)
    user.set_password(password)
    user.save(update_fields=["password"])
    UserSession.objects.filter(user=user).delete()
    for each in user.memberships.usable().order_by("pk"):
        with rowlock.acting(each):
            trail.record("password_reset", by=each, target=f"user:{user.pk}")
    return user


@transaction.atomic
def reset_factors(*, by, membership: Membership) -> None:
    """For a lost telephone: the next sign-in asks for a new second factor."""
    taken = _locked(by, membership)
    access.check_can_answer_for(by, taken)
    user = User.objects.select_for_update(no_key=True).get(pk=taken.user_id)
    _check_works_nowhere_else(by, user)
    erase_factors(user)
    UserSession.objects.filter(user=user).delete()
    trail.record("factors_reset", by=by, target=f"user:{user.pk}")
