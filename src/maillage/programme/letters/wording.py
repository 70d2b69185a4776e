"""The words of a letter: text with names in braces, filled in, never evaluated, set in French."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).parent / "data" / "letters.toml"
NAMES = {  # what a letter may say, and nothing of anybody else
    "prenom_nom": "prénom et nom de la personne",
    "civilite": "« Madame », « Monsieur » ou les deux",
    "naissance": "sa date de naissance",
    "intitule": "l’intitulé du stage ou du groupe",
    "seances": "les séances, une par ligne",
    "lieu": "le lieu",
    "prix": "ce qui est à payer, s’il y a quelque chose",
    "debut": "le premier jour",
    "fin": "le dernier jour",
    "absence_le": "le jour de l’absence",
    "duree": "la durée suivie",
    "manque": "ce qui manque",
    "numero": "le numéro du document",
    "code": "le code de vérification",
    "montant": "la somme reçue",
    "moyen": "en espèces, par chèque, par virement ou par carte",
    "recu_le": "le jour du paiement",
    "reste": "ce qui reste à payer",
}
_NAME = re.compile(r"\{([^{}]*)\}")
NBSP, NARROW = "\u00a0", "\u202f"


def defaults() -> dict[str, dict[str, str]]:
    """The letters that come with the software, by kind."""
    with DATA.open("rb") as file:
        return tomllib.load(file)


def unknown_names(text: str) -> list[str]:
    """The names in braces that no letter knows; a lone brace is one of them."""
    found = [name for name in _NAME.findall(text) if name not in NAMES]
    rest = _NAME.sub("", text)
    return sorted(set(found)) + [sign for sign in "{}" if sign in rest]


def filled(text: str, context: Mapping[str, str]) -> str:
    """The text with its names filled in; a value that holds braces stays as it is."""
    return _NAME.sub(lambda match: context.get(match[1], ""), text)


def paragraphs(body: str, context: Mapping[str, str]) -> list[str]:
    """Each paragraph filled in and set; one that says nothing but an empty name is left out."""
    found = []
    for raw in re.split(r"\n\s*\n", body.strip()):
        names = _NAME.findall(raw)
        if names and not _NAME.sub("", raw).strip() and not any(map(context.get, names)):
            continue
        text = "\n".join(line.strip() for line in filled(raw, context).splitlines())
        found.append(french(text))
    return found


def french(text: str) -> str:
    """With the spaces that French asks for: before « : ; ? ! », inside « », between a number and
    what it counts. Setting it twice changes nothing."""
    text = re.sub(rf"[ {NBSP}{NARROW}]+([;?!])", rf"{NARROW}\1", text)
    text = re.sub(rf"[ {NBSP}{NARROW}]+:", f"{NBSP}:", text)
    text = re.sub(rf"«[ {NBSP}{NARROW}]*", f"«{NARROW}", text)
    text = re.sub(rf"[ {NBSP}{NARROW}]*»", f"{NARROW}»", text)
    text = re.sub(rf"(\d)[ {NBSP}{NARROW}](h|€|%|min)(?![^\W\d_])", rf"\1{NBSP}\2", text)
    text = re.sub(rf"(\d{NBSP}h)[ {NBSP}{NARROW}](\d)", rf"\1{NBSP}\2", text)
    return re.sub(rf"(n°)[ {NBSP}{NARROW}]+(\d)", rf"\1{NBSP}\2", text)
