"""Invented people helped by one organisation of the support side, made by its own actions."""

import random
from datetime import date, timedelta
from typing import Any

from maillage.core import rowlock
from maillage.demo.accounts import HELP
from maillage.demo.people import data
from maillage.network.actors import CommandLine
from maillage.network.models import Membership
from maillage.network.roles import Role, Side
from maillage.support.reception import actions
from maillage.support.reception.models import Beneficiary, Contact, HouseholdMember
from maillage.support.reception.vocabularies import NEEDS, ORIGINS

PEOPLE, SEED = 25, 3919
NEVER = (
    "Ne pas se présenter comme association.",
    "Ne rien dire à la personne qui décroche si ce n’est pas elle.",
    "Pas de courrier à en-tête.",
)
HOURS = ("en semaine de 9\u00a0h à 11\u00a0h", "le mercredi après-midi", "pendant la pause de midi")
NOTES = (
    "Fait le point sur les démarches en cours. Prochain échange convenu avec elle.",
    "Demande d’hébergement expliquée. Elle souhaite y réfléchir.",
    "Parle de l’école des enfants. Orientée vers la permanence juridique.",
)


def _plan(rng: random.Random, number: int, today: date) -> dict[str, Any]:
    """A way to be reached for most, none for one in five; every number is kept for fiction."""
    plan: dict[str, Any] = {"reviewed_on": today - timedelta(days=rng.randint(0, 150))}
    if number % 5 == 0:
        return plan | {"never": "Ne jamais la contacter\u00a0: elle appelle."}
    plan |= {"may_call": True, "phone": f"+3363998{number:04d}", "hours": rng.choice(HOURS)}
    if number % 4 == 0:
        plan |= {"may_leave_message": True}
    if number % 3 == 0:
        plan |= {"may_text": True, "code_word": rng.choice(("hirondelle", "tisane", "dentiste"))}
    return plan | ({"never": rng.choice(NEVER)} if number % 2 else {})


def _identity(rng: random.Random, number: int, today: date, coordinator: Any) -> dict[str, Any]:
    origins = [code for code in ORIGINS.codes if code != "non_precise"]
    identity: dict[str, Any] = {"origin": rng.choice(origins)}
    if number % 6 == 0:
        identity |= {"alias": rng.choice(data("names")["women"])}
    else:
        born = today - timedelta(days=365 * rng.randint(19, 67) + rng.randint(0, 364))
        identity |= {
            "last_name": rng.choice(data("names")["last_names"]),
            "first_name": rng.choice(data("names")["women"]),
            "birth_date": born,
        }
    if number % 8 == 3:
        identity |= {"language": "arabe", "needs_interpreter": True}
    return identity | ({"coordinator": coordinator} if number % 3 else {})


def load(today: date) -> int:
    """Some twenty people at different points of their way; gives their number."""
    rng = random.Random(SEED)
    here = Membership.objects.filter(organisation__slug=HELP, side=Side.SUPPORT)
    of_role = {each.role: each for each in here.select_related("organisation", "user")}
    reception, pathway = of_role[Role.RECEPTION], of_role[Role.PRACTITIONER]
    with rowlock.acting(CommandLine(reception.organisation, Side.SUPPORT)):
        for number in range(1, PEOPLE + 1):
            first = today - timedelta(days=rng.randint(0, 420))
            person = actions.register(
                by=reception,
                identity=_identity(rng, number, today, pathway.user),
                plan=_plan(rng, number, today),
                first_contact_on=first,
                needs=rng.sample(NEEDS.codes, rng.randint(1, 4)),
            )
            _add_life(rng, person, pathway, today)
            if number % 7 == 0:
                actions.close(
                    by=pathway,
                    beneficiary=person,
                    version=person.version,
                    on=today,
                    reason="agreed",
                )
    return PEOPLE


def _add_life(rng: random.Random, person: Beneficiary, by: Membership, today: date) -> None:
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        actions.add_member(
            by=by,
            beneficiary=person,
            kind=HouseholdMember.Kind.CHILD,
            first_name=rng.choice(data("names")[rng.choice(("women", "men"))]),
            birth_year=today.year - rng.randint(1, 16),
            lives_with=True,
        )
    day = person.first_contact_on
    while (day := day + timedelta(days=rng.randint(9, 60))) <= today:
        reached = rng.random() < 0.8
        actions.add_contact(
            by=by,
            beneficiary=person,
            channel=rng.choice(Contact.Channel.values),
            on=day,
            was_reached=reached,
            note=rng.choice(NOTES) if reached else "",
        )
        if rng.random() < 0.12:
            break
