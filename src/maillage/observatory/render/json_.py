"""The report as the published contract, key by key."""

import json

from maillage.observatory.tables import Report


def render_json(report: Report) -> str:
    return json.dumps(report.to_contract(), ensure_ascii=False, indent=2) + "\n"
