"""The offer as open data: the data.inclusion schema (v1) and Open Referral HSDS 3; and back.

What leaves and what comes in is held against the schema by its own package: a file that is not
valid is neither written nor read. A protected place is absent from every output. No name of a
contact ever leaves.
"""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from maillage.core.errors import Refused
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation, Site, SiteAddress
from maillage.portal import actions, places
from maillage.portal.models import Service
from maillage.portal.needs import CODES

SOURCE = "maillage"
THEMES = {
    "danger": ["famille--surmonter-conflits-separation-violence"],
    "talk": [
        "famille--surmonter-conflits-separation-violence",
        "sante--sante-mentale",
    ],
    "complaint": [
        "difficultes-administratives-ou-juridiques--prendre-en-compte-une-problematique-judiciaire"
    ],
    "housing": ["logement-hebergement--rechercher-une-solution-dhebergement-temporaire"],
    "money": [],
    "health": ["sante--sante-mentale"],
    "children": ["famille--soutien-a-la-parentalite-et-a-leducation"],
    "stop": [
        "famille--surmonter-conflits-separation-violence",
        "difficultes-administratives-ou-juridiques--prendre-en-compte-une-problematique-judiciaire",
    ],
    "witness": [],
    "professional": [],
}
FILES = ("data-inclusion", "hsds")
TAXONOMY = "maillage-besoins"


def folder() -> Path:
    return Path(settings.DATA_DIR) / "open-data"


def offered() -> Iterable[Service]:
    """What may leave: published, of a public organisation, at no protected place."""
    return (
        Service.objects.published()
        .filter(is_protected=False)
        .exclude(site__is_protected=True)
        .select_related("organisation", "site")
        .prefetch_related("needs", "site__addresses")
        .order_by("pk")
    )


def _without_nothing(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [])}


def data_inclusion(services: Iterable[Service], today: date) -> dict[str, list[dict]]:
    """Structures (one a place) and services, as the schema names them."""
    structures: dict[str, dict] = {}
    rows = []
    for service in services:
        organisation, place = service.organisation, service.site_id or 0
        structure = f"{SOURCE}--{organisation.slug}-{place}"
        town = places.named(service.town, service.department)
        changed = (service.verified_on or today).isoformat()
        structures[structure] = _without_nothing(
            {
                "source": SOURCE,
                "id": structure,
                "nom": organisation.name,
                "date_maj": changed,
                "description": organisation.role,
                "siret": organisation.siret,
                "commune": service.town,
                "code_insee": town.code if town else "",
                "code_postal": town.postcodes[0] if town and town.postcodes else "",
                "latitude": service.latitude,
                "longitude": service.longitude,
                "telephone": service.phone,
            }
        )
        themes = {theme for need in service.needs.all() for theme in THEMES[need.need]}
        rows.append(
            _without_nothing(
                {
                    "source": SOURCE,
                    "structure_id": structure,
                    "id": f"{SOURCE}--{service.uid}",
                    "nom": service.name,
                    "description": service.description or service.name,
                    "date_maj": changed,
                    "type": "accompagnement",
                    "thematiques": sorted(themes),
                    "publics_precisions": service.audience,
                    "frais_precisions": service.cost,
                    "conditions_acces": service.access,
                    "zone_eligibilite": [service.department],
                    "modes_accueil": ["en-presentiel"],
                    "telephone": service.phone,
                }
            )
        )
    return {"structures": list(structures.values()), "services": rows}


def hsds(services: Iterable[Service]) -> list[dict]:
    """Each service with its organisation and place, in the HSDS 3 full shape."""
    return [
        _without_nothing(
            {
                "id": service.uid,
                "name": service.name,
                "description": service.description,
                "status": "active",
                "fees_description": service.cost,
                "eligibility_description": service.audience,
                "assured_date": service.verified_on.isoformat() if service.verified_on else None,
                "assurer_email": None,
                "organization": _without_nothing(
                    {
                        "id": service.organisation.slug,
                        "name": service.organisation.name,
                        "description": service.organisation.role or service.organisation.name,
                    }
                ),
                "phones": [{"id": f"{service.uid}-1", "number": service.phone}]
                if service.phone
                else [],
                "attributes": [
                    {
                        "id": f"{service.uid}-{need.need}",
                        "taxonomy_term": {"code": need.need, "taxonomy": TAXONOMY},
                    }
                    for need in service.needs.all()
                ],
                "service_at_locations": [
                    {
                        "id": f"{service.uid}-l",
                        "location": _without_nothing(
                            {
                                "id": f"{service.uid}-lo",
                                "location_type": "physical",
                                "name": service.town,
                                "latitude": service.latitude,
                                "longitude": service.longitude,
                                "addresses": [
                                    _without_nothing(
                                        {
                                            "id": f"{service.uid}-a",
                                            "city": service.town,
                                            "state_province": service.department,
                                            "country": "FR",
                                            "address_type": "physical",
                                        }
                                    )
                                ],
                            }
                        ),
                    }
                ],
            }
        )
        for service in services
    ]


def check_valid(content: dict[str, list[dict]]) -> None:
    """Raises `Refused` with the first line that the schema does not admit, and why."""
    from data_inclusion.schema.v1 import Service as ServiceSchema  # a second: not for the pages
    from data_inclusion.schema.v1 import Structure as StructureSchema
    from pydantic import ValidationError

    for kind, schema in (("structures", StructureSchema), ("services", ServiceSchema)):
        for row in content.get(kind, []):
            try:
                schema.model_validate(row)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                where, why = ".".join(map(str, first["loc"])), first["msg"][:120]
                which = row.get("id", "sans identifiant")
                raise Refused(f"{kind}, {which}\u00a0: {where}, {why}") from error


def write(today: date) -> dict[str, int]:
    """The nightly files, each replaced at once; how many services each holds."""
    services = list(offered())
    inclusion = data_inclusion(services, today)
    check_valid(inclusion)
    made: dict[str, Any] = {
        "data-inclusion": inclusion,
        "hsds": hsds(services),
    }
    folder().mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        draft = folder() / f"{name}.part"
        draft.write_text(json.dumps(content, ensure_ascii=False, indent=1))
        draft.replace(folder() / f"{name}.json")
    return {"data-inclusion": len(made["data-inclusion"]["services"]), "hsds": len(made["hsds"])}


def needs_of(themes: Iterable[str]) -> list[str]:
    """The needs that a service of these themes answers; violence alone is « talk »."""
    given = set(themes)
    found = [need for need, ours in THEMES.items() if ours and set(ours) <= given]
    violence = "famille--surmonter-conflits-separation-violence"
    if violence in given and "talk" not in found:
        found.append("talk")
    return [need for need in found if need not in ("danger", "stop")]


@transaction.atomic
def read_data_inclusion(path: Path) -> tuple[int, int]:
    """Brings services of others in: how many were written, how many answer none of our needs.

    A structure of theirs becomes an organisation shown to the public, under « source--id ».
    Nothing of a person (`contact_nom_prenom`, `courriel`) is read.
    """
    content = json.loads(path.read_text())
    check_valid(content)
    structures = {row["id"]: row for row in content["structures"]}
    written = left = 0
    for row in content["services"]:
        needs = needs_of(row.get("thematiques", []))
        structure = structures.get(row["structure_id"])
        if structure is None:
            raise Refused(f"Le service {row['id']} est d’une structure que le fichier n’a pas.")
        if not needs or row["source"] == SOURCE:
            left += 1
            continue
        _bring_in(structure, row, needs)
        written += 1
    return written, left


def _bring_in(structure: dict, row: dict, needs: list[str], source: str = "data.inclusion") -> None:
    town = places.commune(structure.get("code_insee") or "") or places.named(
        structure.get("commune", "")
    )
    if town is None:
        raise Refused(f"La structure {structure['id']} n’a pas de commune connue.")
    slug = structure["id"].replace("--", "-")[:60]
    told = {"name": structure["nom"][:160], "is_public": True}
    told |= {"role": structure.get("description", ""), "source": structure["id"]}
    organisation, _ = Organisation.objects.update_or_create(slug=slug, defaults=told)
    site, _ = Site.objects.get_or_create(
        organisation=organisation, slug="lieu", defaults={"name": town.name}
    )
    if structure.get("adresse"):
        SiteAddress.objects.get_or_create(
            site=site, label=structure["adresse"][:160], defaults={"town": town.name}
        )
    latitude: Any = structure.get("latitude")
    longitude: Any = structure.get("longitude")
    is_told = latitude is not None and longitude is not None
    point = (float(latitude), float(longitude)) if is_told else (town.latitude, town.longitude)
    actions.publish(
        organisation=organisation,
        code=row["id"][:120],
        needs=needs,
        by=CommandLine(organisation),
        site=site,
        town=town.name,
        department=town.department,
        point=point,
        name=row["nom"][:150],
        description=row.get("description", ""),
        audience=row.get("publics_precisions", "")[:200],
        cost=row.get("frais_precisions", "")[:120],
        access=row.get("conditions_acces", "")[:200],
        phone=row.get("telephone") or structure.get("telephone", ""),
        source=f"{source}, {row['id']}"[:240],
    )


@transaction.atomic
def read_hsds(path: Path) -> tuple[int, int]:
    """Brings services of an Open Referral file (HSDS 3, a list or a page of it) in: how many were
    written, how many answer none of our needs.

    A need is read from our own terms, else from those of data.inclusion. Contacts are not read.
    """
    content = json.loads(path.read_text())
    rows = content.get("contents", []) if isinstance(content, dict) else content
    written = left = 0
    for row in rows:
        for field in ("id", "name", "organization"):
            if not row.get(field):
                raise Refused(f"Un service n’a pas de «\u202f{field}\u202f».")
        terms = [
            each.get("taxonomy_term", {}).get("code", "") for each in row.get("attributes", [])
        ]
        needs = [code for code in CODES if code in terms] or needs_of(terms)
        if not needs or row.get("status", "active") != "active":
            left += 1
            continue
        _bring_in_hsds(row, needs)
        written += 1
    return written, left


def _bring_in_hsds(row: dict, needs: list[str]) -> None:
    at = [each.get("location", {}) for each in row.get("service_at_locations", [])]
    location = at[0] if at else {}
    addresses = location.get("addresses") or [{}]
    address, theirs = addresses[0], row["organization"]
    town = places.named(address.get("city") or location.get("name", ""))
    if town is None:
        raise Refused(f"Le service {row['id']} n’a pas de commune connue.")
    structure = {
        "id": f"hsds--{theirs['id']}",
        "nom": theirs.get("name", ""),
        "description": theirs.get("description", ""),
        "commune": town.name,
        "code_insee": town.code,
        "adresse": address.get("address_1", ""),
        "latitude": location.get("latitude"),
        "longitude": location.get("longitude"),
    }
    phones = [each.get("number", "") for each in row.get("phones", [])]
    service = {
        "id": f"hsds--{row['id']}",
        "nom": row["name"],
        "description": row.get("description", ""),
        "publics_precisions": row.get("eligibility_description", ""),
        "frais_precisions": row.get("fees_description", ""),
        "conditions_acces": row.get("application_process", ""),
        "telephone": phones[0] if phones else "",
    }
    _bring_in(structure, service, needs, source="Open Referral")
