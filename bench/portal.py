"""The public site at the size of a country: 60,000 services, five hundred visitors at once."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import time as hour
from random import Random
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.measure import load, tell
from maillage.network.models import Opening, Organisation, Site
from maillage.portal import flood, places
from maillage.portal.finding import find
from maillage.portal.models import Service, ServiceNeed
from maillage.portal.needs import CODES, needs

SERVICES, ORGANISATIONS = 60_000, 12_000
SEARCHES, VISITORS, VISITS = 400, 500, 4


def main(quick: bool) -> None:
    part = 10 if quick else 1
    call_command("migrate", verbosity=0)
    draw = Random(7)
    communes = _communes(draw, SERVICES // part)
    tell(f"{len(communes)} services, {load()}")
    _fill(draw, communes, ORGANISATIONS // part)
    asked = [(needs()[draw.choice(CODES)], draw.choice(communes)) for _ in range(SEARCHES // part)]
    now = timezone.localtime()
    _report("portal_find", _times(lambda one: find(one[0], one[1], "now", now), asked))
    client = Client(SERVER_NAME="localhost")

    def visit(one) -> None:
        flood.SEARCHES.clear()
        answer = client.post("/aide/", {"need": one[0].code, "commune": one[1].code})
        assert answer.status_code == 200

    _report("portal_search_page", _times(visit, asked))
    _crowd(VISITORS // part, asked)


def _communes(draw: Random, count: int) -> list[places.Commune]:
    """Where services are: as people are."""
    known = [each for each in places.every_one() if each.population]
    return draw.choices(known, weights=[each.population for each in known], k=count)


def _fill(draw: Random, communes: list[places.Commune], organisations: int) -> None:
    owners = Organisation.objects.bulk_create(
        Organisation(slug=f"o-{n}", name=f"Organisation {n}", is_public=True)
        for n in range(organisations)
    )
    sites = Site.objects.bulk_create(
        Site(organisation=owners[n % organisations], slug=f"s-{n}", name=commune.name)
        for n, commune in enumerate(communes)
    )
    services = Service.objects.bulk_create(
        (
            Service(
                organisation=site.organisation,
                site=site,
                code=site.slug,
                name=f"Service {site.slug}",
                town=commune.name,
                department=commune.department,
                latitude=commune.latitude,
                longitude=commune.longitude,
                source="Essai",
            )
            for site, commune in zip(sites, communes, strict=True)
        ),
        batch_size=2_000,
    )
    ServiceNeed.objects.bulk_create(
        (
            ServiceNeed(
                service=service, need=need, latitude=service.latitude, longitude=service.longitude
            )
            for service in services
            for need in draw.sample(CODES, 3)
        ),
        batch_size=5_000,
    )
    Opening.objects.bulk_create(
        (
            Opening(
                organisation=site.organisation,
                site=site,
                purpose="Écoute",
                weekday=weekday,
                starts_at=hour(9),
                ends_at=hour(17),
                source="Essai",
            )
            for site in sites
            for weekday in draw.sample(range(7), 3)
        ),
        batch_size=5_000,
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _times(work, asked: list) -> list[float]:
    for one in asked[:10]:
        work(one)
    found = []
    for one in asked:
        start = time.perf_counter()
        work(one)
        found.append(1000 * (time.perf_counter() - start))
    return sorted(found)


def _report(name: str, times: list[float], **told: object) -> None:
    median, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    line = {"name": name, "unit": "ms", "median": round(median, 1), "p95": round(p95, 1)}
    print(json.dumps(line | told), flush=True)


def _crowd(visitors: int, asked: list) -> None:
    """Visitors at the same time, each from an address of their own, on the real server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "django", "serve", "--port", str(port), "--workers", "2"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=os.environ.copy(), **quiet)
    try:
        _wait(port)
        with ThreadPoolExecutor(visitors) as crowd:
            answers = [each for some in crowd.map(
                lambda n: _visit(port, n, asked), range(visitors)) for each in some]  # fmt: skip
    finally:
        server.terminate()
        server.wait(20)
    codes = Counter(code for code, _ in answers)
    _report("portal_crowd", sorted(ms for _, ms in answers), visitors=visitors, answers=codes)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server never listened")


def _visit(port: int, visitor: int, asked: list) -> list[tuple[int, float]]:
    draw, found = Random(visitor), []
    source = f"127.1.{visitor // 250}.{visitor % 250 + 1}", 0
    for _ in range(VISITS):
        need, commune = draw.choice(asked)
        body = urlencode({"need": need.code, "commune": commune.code})
        start = time.perf_counter()
        line = http.client.HTTPConnection("127.0.0.1", port, 120, source_address=source)
        try:
            line.request(
                "POST", "/aide/", body, {"Content-Type": "application/x-www-form-urlencoded"}
            )
            answer = line.getresponse()
            answer.read()
            found.append((answer.status, 1000 * (time.perf_counter() - start)))
        except OSError:
            found.append((0, 1000 * (time.perf_counter() - start)))
        finally:
            line.close()
    return found
