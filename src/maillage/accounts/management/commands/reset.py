"""`maillage reset`: a new start for an account that nobody in its organisation may give."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from maillage.accounts.actions.others import open_reset_link
from maillage.accounts.actions.own import erase_factors
from maillage.accounts.models import UserSession
from maillage.core import rowlock, trail
from maillage.core.models import User
from maillage.network.actors import CommandLine


class Command(BaseCommand):
    help = "Ouvre un lien de nouveau mot de passe ; --factors efface aussi les seconds facteurs."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--factors", action="store_true", help="téléphone et codes perdus")

    def handle(self, *args, **options):
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        memberships = list(user.memberships.usable().order_by("pk")) if user else []
        if user is None or not memberships:
            raise CommandError("Aucun compte ouvert à cette adresse.")
        with transaction.atomic():
            for each in memberships if options["factors"] else []:
                by = CommandLine(each.organisation, each.side)
                with rowlock.acting(by):
                    trail.record("factors_reset", by=by, target=f"user:{user.pk}")
            if options["factors"]:
                erase_factors(user)
                UserSession.objects.filter(user=user).delete()
            first = memberships[0]
            by = CommandLine(first.organisation, first.side)
            with rowlock.acting(by):
                invitation = open_reset_link(by=by, membership=first, user=user)
        self.stdout.write(f"Lien, à remettre en main propre : {self.path(invitation)}")

    def path(self, invitation) -> str:
        return f"https://<hôte>{reverse('invitation', args=[invitation.token])}"
