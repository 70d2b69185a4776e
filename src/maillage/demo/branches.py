"""Small invented caseloads for the branches whose persons the report does not count one by one.

Nothing here comes from a publication but what each branch does and where (R10, R18, R85, R129);
`course_rows` adds those who come for a course, run by run.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from maillage.demo.course_rows import course_rows
from maillage.demo.days import Days, working_days
from maillage.demo.people import identity, some_birth_date, some_situation, weighted
from maillage.demo.referrals import under
from maillage.demo.rows import DemoRow, File, check_today, numbered, seen

FIRST_REFERRAL = date(2023, 1, 9)
DAYS_BETWEEN_REFERRALS = (20, 56)
NOT_ENTERED = 0.12
_STAY = {
    "hebergement": (25, 150),
    "atelier_emotions": (40, 90),
    "controle_judiciaire": (120, 420),
    "groupe_parole": (90, 330),
    "groupe_socio_judiciaire": (90, 240),
    "suivi_psychologique": (90, 420),
    "suivi_socio_educatif": (60, 300),
}
_RETURN_REASONS = {"injoignable": 4, "pas_de_demande": 3, "refus_personne": 2, "hors_territoire": 1}
_EXIT_REASONS = {
    "concertee": 50,
    "abandon": 20,
    "changement_situation": 12,
    "relais_sante": 8,
    "exclusion": 4,
    "incarceration": 3,
    "recidive": 2,
    "reorientation": 1,
}


@dataclass(frozen=True, slots=True)
class Branch:
    """What a branch receives: `referrals` are prescriber, referring organisation and frame;
    `modules` are those that people enter one by one, courses apart."""

    prefix: str
    sites: dict[str, int]
    referrals: dict[tuple[str, str | None, str], int]
    modules: dict[str, int]
    women: float = 0.08


INVENTED = {
    "aers": Branch(
        prefix="AERS",
        sites={"montpellier": 3, "beziers": 2},
        referrals={
            ("tribunal", "tj-montpellier", "controle_judiciaire"): 4,
            ("tribunal", "tj-beziers", "controle_judiciaire"): 2,
            ("parquet", "parquet-montpellier", "composition_penale"): 4,
            ("parquet", "parquet-beziers", "alternative_poursuites"): 4,
            ("antenne", "via-voltaire", "volontaire"): 1,
            ("spontane", None, "volontaire"): 1,
        },
        modules={"controle_judiciaire": 6, "groupe_socio_judiciaire": 2},
        women=0.15,
    ),
    "la-clede": Branch(
        prefix="CLE",
        sites={"ales": 3, "nimes": 2},
        referrals={
            ("parquet", "parquet-ales", "alternative_poursuites"): 5,
            ("parquet", "parquet-nimes", "alternative_poursuites"): 3,
            ("spip", "spip-gard", "postsentenciel"): 3,
            ("medecin", None, "volontaire"): 1,
            ("spontane", None, "volontaire"): 2,
        },
        modules={"groupe_parole": 5, "suivi_psychologique": 2, "hebergement": 1},
    ),
    "la-traverse": Branch(
        prefix="TRA",
        sites={"mende": 1},
        referrals={
            ("tribunal", "tj-mende", "controle_judiciaire"): 5,
            ("delegue_procureur", "delegues-mende", "alternative_poursuites"): 5,
            ("spip", "spip-lozere", "postsentenciel"): 2,
            ("spontane", None, "volontaire"): 1,
        },
        modules={"controle_judiciaire": 4, "atelier_emotions": 1},
        women=0.15,
    ),
    "udaf-11": Branch(
        prefix="UDAF",
        sites={"carcassonne": 3, "narbonne": 3, "castelnaudary": 1},
        referrals={
            ("parquet", "parquet-narbonne", "presentenciel"): 4,
            ("parquet", "parquet-carcassonne", "presentenciel"): 4,
            ("spip", "spip-aude", "postsentenciel"): 3,
            ("departement", "mds-aude", "volontaire"): 1,
            ("gendarmerie", "gendarmerie-aude", "volontaire"): 1,
        },
        modules={"hebergement": 6, "suivi_socio_educatif": 3, "groupe_parole": 2},
        women=0.03,
    ),
}


def small_branch(slug: str, today: date) -> list[DemoRow]:
    """All rows as known on that day; a slug of no invented branch raises `KeyError`."""
    check_today(today)
    branch = INVENTED[slug]
    rng = Random(f"{slug} invented")
    days = working_days(today.year + 3)
    files: list[File] = []
    day = FIRST_REFERRAL
    while day <= today:
        row = _referred(rng, slug, branch, days.on_or_after(day))
        files.append([_lived(rng, row, days)])
        day += timedelta(days=rng.randint(*DAYS_BETWEEN_REFERRALS))
    files += [[row] for row in course_rows(slug, branch.referrals, today)]
    return numbered(seen(files, today), branch.prefix)


def _referred(rng: Random, slug: str, branch: Branch, day: date) -> DemoRow:
    site = weighted(rng, branch.sites)
    sex = "F" if rng.random() < branch.women else "H"
    prescriber, referrer, frame = weighted(rng, branch.referrals)
    birth = some_birth_date(rng, day)
    return DemoRow(
        **identity(rng, slug, site, sex),
        **some_situation(rng, birth, day),
        **under(rng, frame),
        date_naissance=birth,
        prescripteur=prescriber,
        referrer=referrer,
        date_orientation=day,
        lieu=site,
        module=weighted(rng, branch.modules),
    )


def _lived(rng: Random, row: DemoRow, days: Days) -> DemoRow:
    """The whole follow-up, drawn ahead."""
    if rng.random() < NOT_ENTERED:
        end = days.on_or_after(row.date_orientation + timedelta(days=rng.randint(15, 60)))
        return row.closed(end, weighted(rng, _RETURN_REASONS))
    entry = days.on_or_after(row.date_orientation + timedelta(days=rng.randint(7, 150)))
    shortest, longest = _STAY[row.module or "suivi_psychologique"]
    exit = days.on_or_after(entry + timedelta(days=rng.randint(shortest, longest)))
    return replace(row, date_entree=entry).left(exit, weighted(rng, _EXIT_REASONS))
