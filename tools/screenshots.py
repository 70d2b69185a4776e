"""The pictures of docs/screenshots/: the demonstration's main pages, on a desk and on a phone.

Every page is opened in four looks, and must answer and fit its screen; only the pictures that the
documents show are kept (--all keeps them all). --audit also runs axe-core on each page.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
PASSWORD = "demonstration-sans-risque"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOOKS = {
    "bureau-clair": (DESK, "light"),
    "bureau-sombre": (DESK, "dark"),
    "telephone-clair": (PHONE, "light"),
    "telephone-sombre": (PHONE, "dark"),
}
REPORT = "/espace/rapports/via-voltaire/2024/default/"


def first_file(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main table a[href*='/dossiers/']").first.click()


def act(name: str) -> Callable[[Page], None]:
    """From a list to the first file, then to the page of one act."""

    def open_act(page: Page) -> None:
        first_file(page)
        link = page.locator("section.due a", has_text=name).first
        with page.expect_navigation():
            link.evaluate("link => link.click()")

    return open_act


def follow(*names: str) -> Callable[[Page], None]:
    """From a page by the links of its tables, the first that is so named each time."""

    def go(page: Page) -> None:
        for name in names:
            with page.expect_navigation():
                page.locator("main table").get_by_role("link", name=name).first.click()

    return go


def search_somebody(page: Page) -> None:
    page.get_by_role("search", name="Personne").get_by_role("searchbox").fill("mas")
    page.get_by_text("Personnes trouvées").wait_for(state="attached")


@dataclass(frozen=True)
class View:
    name: str
    who: str | None
    where: str
    then: Callable[[Page], None] | None = None
    kept: tuple[str, ...] = ()


APEX, COURSE = "responsable@apex", "Stage de responsabilisation"
CLEAR, SMALL = "bureau-clair", "telephone-clair"
MINE, PENDING = "/espace/dossiers/?referent=me", "/espace/orientations/?state=received"
VIEWS = (
    View("public", None, "/", kept=(CLEAR, SMALL)),
    View("connexion", None, "/connexion/"),
    View("aujourdhui-accueil", "accueil", "/espace/", kept=(CLEAR,)),
    View("recherche", "accueil", "/espace/recherche/", search_somebody, kept=(CLEAR,)),
    View("nouvelle-orientation", "accueil", "/espace/orientations/nouvelle/", kept=(CLEAR, SMALL)),
    View("orientations", "accueil", "/espace/orientations/", kept=(CLEAR,)),
    View("attente", "accueil", "/espace/attente/", kept=(CLEAR,)),
    View("decision", "accueil", PENDING, act("Mettre sur la liste d’attente")),
    View("appel", "accueil", PENDING, act("Noter un appel ou un courrier")),
    View("aujourdhui", "psychologue", "/espace/", kept=(SMALL, "telephone-sombre")),
    View("dossiers", "psychologue", "/espace/dossiers/", kept=(CLEAR,)),
    View("dossier", "psychologue", MINE, first_file, kept=(CLEAR, "bureau-sombre", SMALL)),
    View("rendez-vous", "psychologue", MINE, act("Fixer un rendez-vous")),
    View("sortie", "psychologue", MINE, act("Terminer le suivi")),
    View("evaluation", "psychologue", PENDING, act("Noter l’évaluation")),
    View("accueillir", "psychologue", PENDING, act("Accueillir la personne")),
    View("aujourdhui-responsable", "responsable", "/espace/", kept=(CLEAR,)),
    View("equipe", "responsable", "/espace/equipe/"),
    View("rapports", "responsable", "/espace/rapports/"),
    View("rapport", "responsable", REPORT, kept=(CLEAR,)),
    View("case", "responsable", f"{REPORT}case/received-by-sex/F/total/"),
    View("comptes", "responsable", "/espace/comptes/"),
    View("groupes", APEX, "/espace/groupes/", kept=(CLEAR,)),
    View("groupe", APEX, "/espace/groupes/", follow(COURSE), kept=(CLEAR,)),
    View("emargement", APEX, "/espace/groupes/", follow(COURSE, "Émarger"), kept=(SMALL,)),
    View("calendrier", APEX, "/espace/groupes/calendrier/"),
    View("a-faire", APEX, "/espace/groupes/suites/"),
    View("rappels", APEX, "/espace/rappels-de-rendez-vous/"),
    View("questionnaire", APEX, "/espace/questionnaires/", follow("Fin de stage"), kept=(CLEAR,)),
    View("mon-compte", "responsable", "/espace/compte/"),
    View("inviter", "responsable", "/espace/comptes/inviter/"),
    View("reseau", "coordination", "/espace/reseau/"),
    View("antenne", "coordination", "/espace/reseau/via-voltaire/"),
    View("autre-cote", "aide", "/espace/"),
)


@contextmanager
def demonstration() -> Iterator[str]:
    """A server on a fresh demonstration; gives its address."""
    folder = tempfile.mkdtemp(prefix="maillage-pictures-")
    environment = {**os.environ, "MAILLAGE_DATA_DIR": folder, "MAILLAGE_MODE": "local"}
    environment.pop("MAILLAGE_DATABASE_URL", None)
    maillage = str(Path(sys.executable).with_name("maillage"))
    subprocess.run([maillage, "demo", "--no-serve"], env=environment, check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([maillage, "serve", "--port", str(port)], env=environment)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def sign_in(page: Page, who: str) -> None:
    page.goto("/connexion/")
    page.get_by_label("Adresse").fill(
        f"{who}.example.org" if "@" in who else f"{who}@demo.example.org"
    )
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Mot de passe").press("Enter")
    told = page.get_by_role("note").inner_text()
    page.get_by_label("Code").fill("".join(letter for letter in told if letter.isdigit()))
    page.get_by_label("Code").press("Enter")
    page.wait_for_url("**/espace/**")


def faults_of(page: Page, audit: bool) -> Iterator[str]:
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    if page.evaluate(wide) > 0:
        yield "wider than the screen"
    if audit:
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        yield from (f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"])


def write_small(picture: bytes, path: Path) -> None:
    """In 256 colours: a page has few, and the repository stays light."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def shoot(
    browser: Browser, address: str, look: str, options, sessions: dict[str, Any]
) -> Iterator[str]:
    """Opens every page in one look; tells what is wrong. Each person signs in once."""
    size, scheme = LOOKS[look]
    signed_in: str | None = ""
    page = None
    for view in VIEWS:
        if options.only and view.name not in options.only:
            continue
        if page is None or view.who != signed_in:
            page, signed_in = (
                browser.new_page(
                    base_url=address,
                    viewport=size,
                    color_scheme=scheme,
                    locale="fr-FR",
                    reduced_motion="reduce",
                    storage_state=sessions.get(view.who or ""),
                ),
                view.who,
            )
            if view.who and view.who not in sessions:
                sign_in(page, view.who)
                sessions[view.who] = page.context.storage_state()
        answer = page.goto(view.where)
        if answer is None or answer.status != 200:
            yield f"{view.name}: {answer and answer.status}"
        if view.then:
            view.then(page)
        page.evaluate("document.fonts.ready")
        if options.all or look in view.kept:
            write_small(page.screenshot(), options.to / f"{view.name}-{look}.png")
        yield from (f"{view.name} ({look}): {fault}" for fault in faults_of(page, options.audit))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=ROOT / "docs/screenshots")
    parser.add_argument("--only", nargs="*", help="names of pages")
    parser.add_argument("--all", action="store_true", help="keep the pictures of every look")
    parser.add_argument("--audit", action="store_true", help="run axe-core on each page")
    parser.add_argument("--address", help="a server that already runs the demonstration")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is needed to take pictures.", file=sys.stderr)
        return 1

    def run(address: str) -> list[str]:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            sessions: dict[str, Any] = {}
            return [
                fault
                for look in LOOKS
                for fault in shoot(browser, address, look, options, sessions)
            ]

    if options.address:
        faults = run(options.address)
    else:
        with demonstration() as address:
            faults = run(address)
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
