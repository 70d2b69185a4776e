"""Whole pages, as somebody signed in gets them, in a branch of 100,000 follow-ups."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, cycle
from random import Random

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench import country, floors_pages, invented
from bench.country import Country
from bench.measure import costs, load, publish, tell
from maillage.accounts.tests import signing
from maillage.core.models import make_uid
from maillage.core.tests.roles import APPLICATION, connected_as, make_roles
from maillage.demo.people import data
from maillage.network.models import Membership
from maillage.programme.episodes.models import Episode
from maillage.programme.intake.models import Participant

EPISODES, PENDING = 100_000, 2_000
FILES = {"state": "exited", "site": "montpellier", "reason": "abandon"}
REFERRALS = {"state": "accepted", "site": "montpellier", "category": "spip"}
FOUND = 302


@dataclass(frozen=True)
class Page:
    """A visit, and what it would cost at least where there is such a floor."""

    name: str
    visit: Callable[[], object]
    floor: Callable[[], object] | None = None


class Visitor:
    """Somebody signed in; every answer must be the page asked for."""

    def __init__(self, membership: Membership):
        self.membership = membership
        self.client = Client(SERVER_NAME="localhost")
        signing.sign_in(self.client, membership)

    def get(self, address: str, **query: str) -> str:
        response = self.client.get(address, query)
        assert response.status_code == 200, (address, response.status_code)
        return response.content.decode()

    def post(self, address: str, fields: dict, status: int) -> str:
        response = self.client.post(address, fields)
        assert response.status_code == status, (address, response.status_code)
        return response.content.decode()


def sample(country: Country, size: int) -> list[Participant]:
    """People of open files, here and there in the branch."""
    found = list(
        Episode.objects.filter(organisation=country.organisation)
        .open()
        .filter(entered_on__lte=timezone.localdate() - timedelta(days=150))
        .select_related("participant")
        .order_by("pk")
    )
    people = [episode.participant for episode in found if episode.participant.last_name]
    return Random(7).sample(people, min(size, len(people)))


def queries(people: list[Participant]) -> Iterator[str]:
    """By turns the first word of a last name, and with it the beginning of a first name."""
    for rank, person in enumerate(cycle(people)):
        word = person.last_name.replace("-", " ").split()[-1]
        yield f"{word} {person.first_name[:4]}" if rank % 2 else word


def forms(seed: int) -> Iterator[dict]:
    """People who come for the first time, of names that many bear."""
    rng = Random(seed)
    for _ in count():
        yield {
            "once": make_uid(),
            "last_name": invented.last_name(rng),
            "first_name": rng.choice(data("names")["men"]),
            "sex": "H",
            "birth_date": f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(1950, 2000)}",
            "received_on": f"{timezone.localdate():%d/%m/%Y}",
            "referrer_category": "spip",
            "legal_framework": "presentenciel",
            "motivation": "non_precise",
            "marital_status": "celibataire",
            "employment": "en_emploi",
            "resources": "salaires",
            "obligations": ["interdiction_contact"],
            "modules": ["stage"],
            "comment": "Convocation remise à l’audience.",
        }


def register(visitor: Visitor, people: Iterator[dict]) -> None:
    """Sends the form; where the page asks whether it is somebody known, the next person's."""
    new = reverse("referral_new")
    while visitor.client.post(new, next(people)).status_code != FOUND:
        pass


def pages(country: Country) -> list[Page]:
    practitioner, manager = Visitor(country.practitioners[0]), Visitor(country.manager)
    floors = floors_pages.Floors(country)
    people = sample(country, 60)
    by_turns, by_turns_too = cycle(people), cycle(people)
    typed, typed_too = queries(people), queries(people)
    sent, sent_too = forms(1), forms(2)
    report = reverse("report", args=[country.organisation.slug, date.today().year - 1, "default"])
    cell = reverse(
        "report_cell",
        args=[
            *(country.organisation.slug, date.today().year - 1, "default"),
            *("received-by-prescriber-and-site", "spip", "montpellier"),
        ],
    )
    return [
        Page(
            "list_50_rows_three_filters",
            lambda: practitioner.get(reverse("files"), **FILES),
            lambda: floors.files(FILES),
        ),
        Page(
            "referrals_50_rows_three_filters",
            lambda: practitioner.get(reverse("referrals"), **REFERRALS),
            lambda: floors.referrals(REFERRALS),
        ),
        Page(
            "search_by_name",
            lambda: practitioner.post(reverse("search"), {"q": next(typed)}, 200),
            lambda: floors.search(next(typed_too)),
        ),
        Page(
            "open_file",
            lambda: practitioner.get(reverse("file", args=[next(by_turns).uid])),
            lambda: floors.file(next(by_turns_too).uid),
        ),
        Page(
            "register_referral",
            lambda: register(practitioner, sent),
            lambda: floors.register(next(sent_too)),
        ),
        Page("referral_form", lambda: practitioner.get(reverse("referral_new"))),
        Page(
            "waiting_list",
            lambda: practitioner.get(reverse("waiting_list")),
            floors.waiting_list,
        ),
        Page(
            "today_practitioner",
            lambda: practitioner.get(reverse("today")),
            lambda: floors.today(country.practitioners[0].user_id),
        ),
        Page("today_manager", lambda: manager.get(reverse("today"))),
        Page("team", lambda: manager.get(reverse("team")), floors.team),
        Page("report_page", lambda: manager.get(report)),
        Page("report_cell", lambda: manager.get(cell)),
    ]


def main(quick: bool) -> None:
    scale = 10 if quick else 1
    call_command("migrate", interactive=False, verbosity=0)
    with open("/dev/null", "w") as nowhere:
        call_command("network", "load", stdout=nowhere)
    filled = country.fill(EPISODES // scale, PENDING // scale)
    repeats = 10 if quick else 40
    every = pages(filled)
    floors = {page.name: costs(page.floor, repeats=repeats) for page in every if page.floor}
    with as_in_production():
        for page in every:
            floor, measured = floors.get(page.name), costs(page.visit, repeats=repeats)
            publish(page.name, "ms", measured.cpu_ms, floor.cpu_ms if floor else None)
            publish(f"{page.name}_wall", "ms", measured.wall_ms, floor.wall_ms if floor else None)
            tell(f"{page.name}: {load()}")


@contextmanager
def as_in_production() -> Iterator[None]:
    """Where there are roles, pages are served by the one that row security binds; the floors, by
    hand and without any lock, are not."""
    if connection.vendor != "postgresql":
        yield
        return
    make_roles(connection.settings_dict["NAME"])
    with connected_as(APPLICATION):
        yield
