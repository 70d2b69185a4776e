"""Kills the server and an import while people write; nothing may be lost or half done.

Each round starts `maillage serve` and an import, lets clients write, sends SIGKILL to all of them
at a random moment, starts again and compares: every write that was acknowledged is there, nothing
is half-written, constraints and the trail hold. `--postgres` starts a PostgreSQL of one's own, and
kills the application alone.
"""

import argparse
import json
import os
import random
import signal
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPConnection, HTTPException
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent))

import postgres

CLIENTS, ROWS = 4, 250
COMMAND = [sys.executable, "-c", "from maillage.config.cli import main; main()"]
HEADERS = "dossier;nom;prenom;sexe;prescripteur;cadre;date_orientation;date_entree;lieu"
TOKEN = "k" * 32  # of the forms: the cookie and the field agree, which is all that is asked


@dataclass
class Log:
    """What was acknowledged, and what was seen on the way."""

    files: list[str] = field(default_factory=list)  # uid of a person
    notes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    imports: list[int] = field(default_factory=list)  # rounds whose import said it was done
    cut: int = 0  # answers that never came
    imports_cut: int = 0
    refused: list[str] = field(default_factory=list)  # answers that say the server failed


class Faults(Exception):
    pass


class Client(threading.Thread):
    """Somebody who writes without a pause until the server is gone."""

    def __init__(self, port: int, cookies: str, referral: str, log: Log, seed: int):
        super().__init__(daemon=True)
        self.port, self.cookies, self.referral, self.log = port, cookies, referral, log
        self.random = random.Random(seed)

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            while True:
                act = self.random.choices(
                    (self.register, self.note, self.call, self.piece), (4, 4, 4, 1)
                )[0]
                act(connection)
        except (OSError, HTTPException):
            self.log.cut += 1
        except Faults as fault:
            self.log.refused.append(str(fault))

    def word(self) -> str:
        return "".join(self.random.choices(string.ascii_lowercase, k=14))

    def send(self, connection, path: str, body: bytes, kind: str) -> str:
        """Where one is sent after a success; nothing where the form came back."""
        headers = {"Content-Type": kind, "Cookie": self.cookies}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 302):
            raise Faults(f"{path} answered {answer.status}")
        if answer.getheader("Location", "").startswith("/connexion/"):
            raise Faults(f"{path} asked to sign in again")
        return answer.headers.get("Location", "")

    def form(self, connection, path: str, **typed) -> str:
        body = urlencode({"csrfmiddlewaretoken": TOKEN, **typed}).encode()
        return self.send(connection, path, body, "application/x-www-form-urlencoded")

    def register(self, connection) -> None:
        unknown = ("motivation", "marital_status", "employment", "resources")
        where = self.form(
            connection,
            "/espace/orientations/nouvelle/",
            last_name=self.word(),
            first_name=self.word(),
            sex="H",
            received_on="1/9/2025",
            referrer_category="spip",
            legal_framework="postsentenciel",
            care_obligation="unknown",
            once=self.word()[:12],
            **dict.fromkeys(unknown, "non_precise"),
        )
        if "/dossiers/" in where:
            self.log.files.append(where.split("/dossiers/")[1].split("/")[0])

    def note(self, connection) -> None:
        text, path = self.word(), f"/espace/orientations/{self.referral}/note/"
        if self.form(connection, path, kind="factual", on="1/9/2025", text=text):
            self.log.notes.append(text)

    def call(self, connection) -> None:
        text, path = self.word(), f"/espace/orientations/{self.referral}/contact/"
        typed = {"channel": "phone", "outcome": "voicemail", "on": "2/9/2025", "comment": text}
        if self.form(connection, path, **typed):
            self.log.calls.append(text)

    def piece(self, connection) -> None:
        title, end = self.word(), "limit-of-a-part"
        fields = {"csrfmiddlewaretoken": TOKEN, "kind": "other", "title": title}
        parts = [
            f'--{end}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
            for k, v in fields.items()
        ]
        parts.append(
            f'--{end}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        )
        body = "".join(parts).encode() + PICTURE + f"\r\n--{end}--\r\n".encode()
        path = f"/espace/orientations/{self.referral}/pieces/"
        if self.send(connection, path, body, f"multipart/form-data; boundary={end}"):
            self.log.pieces.append(title)


def a_picture() -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.effect_noise((400, 400), 60).save(out, "PNG")
    return out.getvalue()


PICTURE = b""


def start(*arguments: str) -> subprocess.Popen:
    """In a session of its own, so that its workers are killed with it."""
    with Path(os.environ["MAILLAGE_DATA_DIR"], "errors.log").open("a") as errors:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )


def kill(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
            time.sleep(0.1)
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise Faults("the server does not start again")


def prepare() -> tuple[list[str], list[str]]:
    """A branch with a site, people signed in, and a referral for each; cookies and uids."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from maillage.accounts.doors import BACKEND
    from maillage.accounts.models import UserSession
    from maillage.core import stepup
    from maillage.core.models import User
    from maillage.network.models import Mandate, Membership, Organisation, Site
    from maillage.programme.intake import actions

    call_command("migrate", interactive=False, verbosity=0)
    branch = Organisation.objects.create(slug="branch", name="Antenne inventée")
    Mandate.objects.create(organisation=branch, kind="branch")
    Site.objects.create(organisation=branch, slug="site", name="Site")
    cookies, referrals = [], []
    for number in range(CLIENTS):
        user = User.objects.create_user(f"p{number}@example.org", name=f"P{number}")
        by = Membership.objects.create(
            user=user, organisation=branch, side="programme", role="reception"
        )
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session["membership"] = by.pk
        session["door"] = UserSession.objects.create(user=user, device="Essai", method="totp").uid
        session["signed_in_at"] = time.time()
        stepup.mark(session, "totp")
        session.save()
        cookies.append(f"maillage={session.session_key}; csrftoken={TOKEN}")
        made = actions.register_referral(
            by=by,
            identity={"sex": "H"},
            referral={
                "received_on": date(2025, 9, 1),
                "referrer_category": "spip",
                "legal_framework": "postsentenciel",
            },
        )
        referrals.append(made.uid)
    return cookies, referrals


def spreadsheet(folder: Path, number: int) -> Path:
    path = folder / f"import-{number}.csv"
    rows = [
        f"I{number}-{n};Nom{number}x{n};Camille;H;spip;postsentenciel;01/09/2025;05/10/2025;site"
        for n in range(ROWS)
    ]
    path.write_text("\n".join([HEADERS, *rows]) + "\n")
    return path


def rehearse(folder: Path, log: Log) -> float:
    """How long an import takes here when nobody kills it."""
    began = time.monotonic()
    if start_import(folder, 0).wait():
        raise Faults((folder / "data" / "errors.log").read_text()[-4000:])
    log.imports.append(0)
    return time.monotonic() - began


def start_import(folder: Path, number: int) -> subprocess.Popen:
    path = spreadsheet(folder, number)
    return start("import", "follow-ups", str(path), "--organisation", "branch")


def one_round(number: int, folder: Path, port: int, people, log: Log, wait: float) -> None:
    server = start("serve", "--port", str(port))
    load = None
    try:
        wait_for(port)
        load = start_import(folder, number)
        clients = [
            Client(port, cookie, referral, log, 100 * number + which)
            for which, (cookie, referral) in enumerate(zip(*people, strict=True))
        ]
        for client in clients:
            client.start()
        time.sleep(wait)
        if load.poll() == 0:
            log.imports.append(number)
        elif load.poll() is None:
            log.imports_cut += 1
        else:
            log.refused.append(f"import {number} failed by itself")
    finally:
        kill(server)
        if load is not None:
            kill(load)
    for client in clients:
        client.join(30)


def faults(log: Log, rounds: int) -> list[str]:
    """What does not hold in the database as it is now."""
    from django.core.management import call_command, get_commands
    from django.db import connection
    from django.db.models import Count

    from maillage.core.models import TrailEntry
    from maillage.programme.episodes.models import Episode, Note
    from maillage.programme.intake.models import (
        ContactAttempt,
        Document,
        NameKey,
        Participant,
        Referral,
        ReferralStep,
    )

    found = list(log.refused)

    def holds(condition: object, told: str) -> None:
        if not condition:
            found.append(told)

    def lost(what: str, acknowledged, there) -> None:
        missing = set(acknowledged) - set(there)
        holds(not missing, f"{len(missing)} acknowledged {what} lost")

    try:
        told = dict(TrailEntry.objects.values_list("verb").annotate(Count("pk")))
        registered = Referral.objects.exclude(participant__reference__startswith="I")
        lost("files", log.files, Participant.objects.values_list("uid", flat=True))
        lost("notes", log.notes, Note.objects.values_list("text", flat=True))
        lost("calls", log.calls, ContactAttempt.objects.values_list("comment", flat=True))
        lost("pieces", log.pieces, Document.objects.values_list("title", flat=True))
        for verb, rows in (
            ("referral_registered", registered.count()),
            ("note_written", Note.objects.count()),
            ("contact_attempted", ContactAttempt.objects.count()),
            ("document_added", Document.objects.count()),
        ):
            holds(told.get(verb, 0) == rows, f"{verb}: {told.get(verb, 0)} entries, {rows} rows")
        targets = TrailEntry.objects.filter(verb="referral_registered").values("target")
        holds(not registered.exclude(uid__in=targets).exists(), "a referral without its entry")
        steps = ReferralStep.objects.values("referral")
        holds(not registered.exclude(pk__in=steps).exists(), "a referral without its step")
        keys = NameKey.objects.values("participant")
        nameless = registered.filter(number=1).exclude(participant__in=keys).count()
        holds(nameless == CLIENTS, f"{nameless - CLIENTS} people that search does not find")
        for document in Document.objects.order_by("-pk")[:20]:
            content = b"".join(part.content for part in document.parts.all())
            holds(len(content) == document.size, f"piece {document.uid} is incomplete")
        for number in range(rounds):
            people = Participant.objects.filter(reference__startswith=f"I{number}-").count()
            whole = (0, ROWS) if number not in log.imports else (ROWS,)
            holds(people in whole, f"import {number}: {people} of {ROWS} people")
        imported = Participant.objects.filter(reference__startswith="I").count()
        holds(Episode.objects.count() == imported, "an imported person without a follow-up")
        holds(told.get("follow_ups_imported", 0) * ROWS == imported, "an import without its entry")
        connection.check_constraints()
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                state = cursor.execute("PRAGMA integrity_check").fetchone()[0]
            holds(state == "ok", f"the file of the database is damaged: {state}")
        if "trail" in get_commands():
            call_command("trail", "verify", stdout=StringIO())
    finally:
        connection.close()
    return found


def run(kills: int, seed: int, url: str | None) -> int:
    global PICTURE
    rng, log, began = random.Random(seed), Log(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="maillage-kill-") as name:
        folder = Path(name)
        for key in [key for key in os.environ if key.startswith("MAILLAGE_")]:
            del os.environ[key]
        os.environ["MAILLAGE_DATA_DIR"] = str(folder / "data")
        if url:
            os.environ["MAILLAGE_DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "maillage.config.settings"
        import django

        django.setup()
        PICTURE = a_picture()
        people = prepare()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        longest = 1.5 * rehearse(folder, log)
        for number in range(1, kills + 1):
            one_round(number, folder, port, people, log, rng.uniform(0.2, longest))
            found = faults(log, number + 1)
            print(f"\r{number} of {kills}", end="", file=sys.stderr, flush=True)
            if found:
                print(f"round {number} (seed {seed}):", *found, sep="\n  ")
                print((folder / "data" / "errors.log").read_text()[-4000:])
                return 1
    told = {
        "kills": kills,
        "database": "postgresql" if url else "sqlite",
        "acknowledged": {k: len(getattr(log, k)) for k in ("files", "notes", "calls", "pieces")},
        "answers_cut": log.cut,
        "imports_done": len(log.imports),
        "imports_cut": log.imports_cut,
        "lost": 0,
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(told))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 20))
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of one's own")
    options = parser.parse_args()
    with ExitStack() as stack:
        url = stack.enter_context(postgres.running()) if options.postgres else None
        return run(options.kills, options.seed, url)


if __name__ == "__main__":
    sys.exit(main())
