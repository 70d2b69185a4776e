"""Who refers a person to Via Voltaire, under which frame, with which motivation (R40, R52, R58)."""

from random import Random

from maillage.demo.people import weighted

_WEST = frozenset({"agde", "beziers", "pezenas"})
_PARTNERS = {
    "antenne": 44,
    "tribunal": 10,
    "police": 7,
    "hopital": 6,
    "avocat": 6,
    "cpca": 5,
    "gendarmerie": 5,
    "iscg": 4,
    "chrs": 4,
    "plateforme_ecoute": 3,
    "mjd": 2,
    "departement": 2,
    "medecin": 2,
}
_ON_THEIR_OWN = {"spontane": 7, "proche": 2}
_ORGANISATIONS = {
    "antenne": "aers",
    "police": "police-herault",
    "gendarmerie": "gendarmerie-herault",
    "iscg": "iscg-herault",
    "hopital": "chu-montpellier",
    "chrs": "chrs-herault",
    "mjd": "mjd-herault",
    "departement": "mds-herault",
    "plateforme_ecoute": "fnacav",
    "pjj": "pjj-herault",
}
_FRAMES = {
    "spip": {"postsentenciel": 90, "presentenciel": 10},
    "antenne": {"controle_judiciaire": 55, "alternative_poursuites": 20, "volontaire": 25},
    "tribunal": {"controle_judiciaire": 60, "presentenciel": 40},
    "avocat": {"presentenciel": 50, "volontaire": 50},
    "pjj": {"presentenciel": 100},
}


def herault_referral(rng: Random, group: str, site: str) -> dict:
    """A referral by one of the three groups of prescribers that the report counts."""
    if group == "spip":
        prescriber = "spip"
    elif group == "spontanee":
        prescriber = weighted(rng, _ON_THEIR_OWN)
    else:
        prescriber = weighted(rng, _PARTNERS)
    return referral_by(rng, prescriber, site)


def referral_by(rng: Random, prescriber: str, site: str) -> dict:
    court = "beziers" if site in _WEST else "montpellier"
    courts = {"spip": f"spip-{court}", "tribunal": f"tj-{court}"}
    referrer = courts.get(prescriber) or _ORGANISATIONS.get(prescriber)
    frame = weighted(rng, _FRAMES.get(prescriber, {"volontaire": 100}))
    return {"prescripteur": prescriber, "referrer": referrer} | under(rng, frame)


def under(rng: Random, frame: str) -> dict:
    """The frame, with the duty of care and the motivation that go with it."""
    if frame == "volontaire":
        motivation = weighted(rng, {"adhesion": 70, "ambivalence": 25, "non_precise": 5})
        return {"cadre": frame, "obligation_soins": False, "motivation": motivation}
    weights = {"adhesion": 30, "ambivalence": 40, "contrainte": 22, "non_precise": 8}
    care = rng.random() < {"postsentenciel": 0.85, "controle_judiciaire": 0.5}.get(frame, 0.2)
    return {"cadre": frame, "obligation_soins": care, "motivation": weighted(rng, weights)}
