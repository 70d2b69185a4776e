"""One invented login a role, and the colleagues who follow the invented people."""

from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib.auth.hashers import make_password

from maillage.accounts.actions.own import add_totp
from maillage.accounts.factors import has_factor
from maillage.core import rowlock
from maillage.core.models import User
from maillage.network.actors import CommandLine
from maillage.network.models import Membership, Organisation
from maillage.network.roles import Role, Side

PASSWORD = "demonstration-sans-risque"


@dataclass(frozen=True)
class Account:
    email: str
    name: str
    organisation: str
    role: Role
    side: Side = Side.PROGRAMME
    is_shown: bool = False


def _branch(
    slug: str, manager: str, practitioners: tuple[str, ...], *, is_shown: bool = False
) -> tuple[Account, ...]:
    return (
        Account(f"responsable@{slug}.example.org", manager, slug, Role.MANAGER, is_shown=is_shown),
        *(
            Account(
                f"intervenant{number}@{slug}.example.org",
                name,
                slug,
                Role.PRACTITIONER,
                is_shown=is_shown and number == 1,
            )
            for number, name in enumerate(practitioners, 1)
        ),
    )


VV, HELP = "via-voltaire", "france-victimes-34"
ACCOUNTS = (
    Account("accueil@demo.example.org", "Odile Ferrandi", VV, Role.RECEPTION, is_shown=True),
    Account("psychologue@demo.example.org", "Maud Sérignac", VV, Role.PRACTITIONER, is_shown=True),
    Account("responsable@demo.example.org", "Élie Caussanel", VV, Role.MANAGER, is_shown=True),
    Account(
        "coordination@demo.example.org", "Nour Talvery", "aers", Role.COORDINATOR, is_shown=True
    ),
    Account("dpo@demo.example.org", "Basile Ornézan", VV, Role.DPO, is_shown=True),
    Account("technique@demo.example.org", "Iris Montbel", VV, Role.ADMINISTRATOR, is_shown=True),
    Account(
        "aide@demo.example.org", "Solange Devèze", VV, Role.RECEPTION, Side.SUPPORT, is_shown=True
    ),
    *(
        Account(f"{who}-victimes@demo.example.org", name, HELP, role, Side.SUPPORT, is_shown=True)
        for who, name, role in (
            ("accueil", "Margot Lespinasse", Role.RECEPTION),
            ("parcours", "Sabine Orval", Role.PRACTITIONER),
            ("responsable", "Agnès Tournemire", Role.MANAGER),
        )
    ),
    *(
        Account(f"intervenant{number}@{VV}.example.org", name, VV, Role.PRACTITIONER)
        for number, name in enumerate(
            ("Côme Vabreil", "Assia Lormont", "Rémi Tourlaque", "Jeanne Espéroux", "Malo Kerzac"), 2
        )
    ),
    Account("accueil@apex.example.org", "Rose Cantalou", "apex", Role.RECEPTION, is_shown=True),
    *_branch("apex", "Lise Carança", ("Tom Vilarec", "Inès Puigmal"), is_shown=True),
    *_branch("aers", "Hugo Lavérune", ("Dina Salvetat", "Loïc Mauguissan")),
    *_branch("la-clede", "Rosa Cendras", ("Paul Gardiol",)),
    *_branch("udaf-11", "Yves Malepère", ("Nina Razélien",)),
    *_branch("la-traverse", "Clara Aubrac-Sève", ("Jules Margerin",)),
)


def create_accounts() -> dict[str, list[User]]:
    """Makes what is missing; gives the practitioners of each organisation."""
    organisations = {o.slug: o for o in Organisation.objects.all()}
    password = make_password(PASSWORD)
    practitioners: dict[str, list[User]] = {}
    for account in ACCOUNTS:
        user, _ = User.objects.get_or_create(
            email=account.email,
            defaults={"name": account.name, "password": password, "is_invented": True},
        )
        organisation = organisations[account.organisation]
        with rowlock.acting(CommandLine(organisation, account.side)):
            membership, _ = Membership.objects.get_or_create(
                user=user,
                organisation=organisation,
                side=account.side,
                role=account.role,
                ends_on=None,
            )
            if not has_factor(user):
                add_totp(by=membership, secret=generate_totp_secret())
        if account.role == Role.PRACTITIONER and account.side == Side.PROGRAMME:
            practitioners.setdefault(account.organisation, []).append(user)
    return practitioners
