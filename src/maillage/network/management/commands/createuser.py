"""`maillage createuser`: an account and its first membership."""

import getpass
import sys

from dateutil.relativedelta import relativedelta
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.core.models import User
from maillage.network.actors import CommandLine
from maillage.network.models import Membership, Organisation
from maillage.network.roles import GRANTS, Role, Side


class Command(BaseCommand):
    help = "Crée un compte et son rattachement ; le mot de passe est demandé ou lu sur l’entrée."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="nom affiché")
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument("--side", choices=Side.values, default=Side.PROGRAMME)
        parser.add_argument("--role", choices=Role.values, required=True)

    def handle(self, *args, **options):
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"Aucune organisation « {options['organisation']} ».")
        if (options["side"], options["role"]) not in GRANTS:
            raise CommandError("Ce rôle n’existe pas de ce côté.")
        if User.objects.filter(email__iexact=options["email"]).exists():
            raise CommandError("Un compte existe déjà avec cette adresse.")
        password = self.password()
        user = User(email=options["email"].lower(), name=options["name"])
        try:
            validate_email(user.email)
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        by = CommandLine(organisation, options["side"])
        with transaction.atomic(), rowlock.acting(by):
            user.set_password(password)
            user.save()
            membership = Membership.objects.create(
                user=user,
                organisation=organisation,
                side=options["side"],
                role=options["role"],
                ends_on=timezone.localdate() + relativedelta(years=1),
            )
            trail.record(
                "membership_created",
                by=by,
                member=user.pk,
                role=membership.role,
            )
        self.stdout.write(f"Compte créé : {user.email}, {membership.get_role_display()}.")

    def password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        first = getpass.getpass("Mot de passe : ")
        if first != getpass.getpass("Encore une fois : "):
            raise CommandError("Les deux saisies diffèrent.")
        return first
