"""`maillage vault`: the keys that encrypt data — what they are, turning them, destroying them."""

from collections import Counter

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from maillage.core import keys, rotation, rowlock, trail
from maillage.core.keys import Owner
from maillage.core.wrapping import VaultError
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.network.roles import Side

STATES = {
    keys.WRITING: "écrit",
    keys.READING: "rotation à achever",
    keys.RETIRED: "retirée, lit les sauvegardes",
    keys.DESTROYED: "détruite",
}
USES = {keys.DATA: "données", keys.INDEX: "index"}


class Command(BaseCommand):
    help = "Les clés du coffre : état, vérification, rotation, destruction."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("init", help="fait le dossier des clés, une fois")
        acts.add_parser("status", help="chaque clé, et combien de valeurs elle chiffre")
        acts.add_parser("verify", help="ouvre chaque valeur de la base")
        rotating = acts.add_parser("rotate", help="rechiffre tout avec une clé neuve")
        rotating.add_argument("--kek", action="store_true", help="réenveloppe seulement les clés")
        rotating.add_argument(
            "--accounts", action="store_true", help="les secrets des seconds facteurs"
        )
        _add_owner(rotating, required=False)
        destroying = acts.add_parser(
            "destroy", help="rend illisibles à jamais les données d’une organisation"
        )
        _add_owner(destroying, required=True)
        destroying.add_argument("--confirm", required=True, metavar="CODE")

    def handle(self, *args, **options):
        try:
            with rowlock.upkeep():
                getattr(self, options["act"])(options)
        except VaultError as error:
            raise CommandError(f"Coffre : {error}") from error

    def init(self, options):
        self.stdout.write(f"Dossier des clés : {keys.init()}")

    def status(self, options):
        slugs = dict(Organisation.objects.values_list("pk", "slug"))
        values = rotation.values_by_key()
        self.stdout.write(f"Dossier des clés : {settings.VAULT_DIR}")
        for key in keys.every_key():
            count = values.pop(key.name, 0)
            told = "" if key.use == keys.INDEX else f", {count} valeur(s)"
            wrapped = f", enveloppée par « {key.wrapped_by} »" if key.wrapped_by else ""
            self.stdout.write(
                f"{key.name}  {slugs.get(key.organisation, key.organisation)}/{key.side}"
                f"  {USES[key.use]}  {STATES[key.state]}{told}{wrapped}, du {key.created_at[:10]}"
            )
        for name, count in values.items():
            self.stdout.write(self.style.ERROR(f"{name}  inconnue, {count} valeur(s)"))

    def verify(self, options):
        states = {key.name: key.state for key in keys.every_key()}
        read: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        for place, name, fault in rotation.opened_values():
            read[states.get(name, "")] += 1
            faults[f"{fault or place} (clé {name})"] += bool(fault)
        destroyed = read[keys.DESTROYED]
        self.stdout.write(f"{read.total() - destroyed} valeur(s) lue(s), {destroyed} détruite(s).")
        for fault, count in (+faults).items():
            self.stdout.write(self.style.ERROR(f"✗ {fault}, {count} fois"))
        if late := read[keys.READING] + read[keys.RETIRED]:
            self.stdout.write(f"{late} valeur(s) sous une ancienne clé : lancez « vault rotate ».")
        if +faults:
            raise CommandError(f"{faults.total()} valeur(s) illisible(s).")

    def rotate(self, options):
        if options["kek"]:
            self.stdout.write(f"{keys.rewrap()} clé(s) réenveloppée(s).")
            return
        if options["accounts"]:  # of no organisation: no trail tells of it but the keys themselves
            done = rotation.rotate(keys.INSTALLATION)
        else:
            organisation, side = _owner(options)
            done = rotation.rotate((organisation.pk, side))
            with transaction.atomic():
                by = CommandLine(organisation, side)
                trail.record("vault_rotated", by=by, target=done.key, rows=done.rows)
        resumed = "Rotation reprise. " if done.was_begun else ""
        self.stdout.write(
            f"{resumed}{done.rows} ligne(s) rechiffrée(s) avec {done.key} ; aucune ne reste sous "
            f"{', '.join(done.left)}, qui ne lit plus que les sauvegardes."
        )

    def destroy(self, options):
        organisation, side = _owner(options)
        if options["confirm"] != organisation.slug:
            raise CommandError("--confirm doit répéter le code de l’organisation.")
        owner: Owner = (organisation.pk, side)
        if not keys.keys_of(owner):
            raise CommandError("Cette organisation n’a aucune clé de ce côté.")
        with transaction.atomic():
            by = CommandLine(organisation, side)
            trail.record("vault_destroyed", by=by, keys=len(keys.keys_of(owner)))
            count = keys.destroy(owner)
        self.stdout.write(
            f"{count} clé(s) détruite(s) : les données de {organisation.name} ({side}) sont "
            "illisibles, sauvegardes comprises.\n"
            "Détruisez aussi les copies du dossier des clés, puis changez la clé qui enveloppe."
        )


def _add_owner(parser, *, required: bool) -> None:
    parser.add_argument("--organisation", required=required, metavar="CODE")
    parser.add_argument("--side", required=required, choices=Side.values)


def _owner(options) -> tuple[Organisation, str]:
    if not options["organisation"] or not options["side"]:
        raise CommandError("Donnez --organisation et --side, --accounts, ou --kek.")
    organisation = Organisation.objects.filter(slug=options["organisation"]).first()
    if organisation is None:
        known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"Aucune organisation « {options['organisation']} ». Connues : {known}")
    return organisation, options["side"]
