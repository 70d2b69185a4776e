"""The emergency numbers are served when the database is not: tried by really stopping it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import postgres  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgres.find_binaries() is None, reason="PostgreSQL is not installed"),
]
NUMBERS = ("tel:17", "tel:112", "sms:114")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def ask(origin: str, path: str, cookie: str = "", **form: str) -> tuple[int, str]:
    data = urllib.parse.urlencode(form).encode() if form else None
    asked = urllib.request.Request(origin + path, data, {"Cookie": cookie} if cookie else {})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(origin: str) -> None:
    for _ in range(150):
        try:
            ask(origin, "/")
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server never answered")


def test_the_public_site_without_its_database(tmp_path):
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with postgres.running() as url:
        environment = os.environ | {
            "MAILLAGE_DATABASE_URL": url,
            "MAILLAGE_DATA_DIR": str(tmp_path),
            "MAILLAGE_MODE": "local",
            "PYTHONPATH": str(ROOT / "src"),
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
        }
        manage = [sys.executable, "-m", "django"]
        subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True, cwd=ROOT)
        serve = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
        server = subprocess.Popen(
            [*serve, "maillage.config.wsgi:application"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(origin)
            assert ask(origin, "/aide/", need="danger", commune="34032")[0] == 200
        except BaseException:
            server.terminate()
            raise
    try:  # the block above stopped PostgreSQL; the site goes on alone
        status, body = ask(origin, "/")
        assert status == 200
        assert all(number in body for number in NUMBERS)

        status, body = ask(origin, "/aide/", need="danger", commune="34032")
        assert status == 503
        assert all(number in body for number in NUMBERS)
        assert "ne répond pas" in body

        for path in ("/reperes/1/", "/appareil/", "/f/l/m3/", "/facile/accueil/"):
            assert ask(origin, path)[0] == 200, path

        status, body = ask(origin, "/f/abc/")  # a page that needs it says so, with the numbers
        assert status == 500
        assert all(number in body for number in NUMBERS)

        status, body = ask(origin, "/", cookie="maillage=abcdefghijklmnopqrstuvwxyz012345")
        assert all(number in body for number in NUMBERS)
    finally:
        server.terminate()
        server.wait(20)
