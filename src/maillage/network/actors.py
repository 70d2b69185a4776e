"""Who acts when nobody is signed in."""

from dataclasses import dataclass
from typing import Any

from maillage.core.vault import Owner
from maillage.network.models import Organisation
from maillage.network.roles import Permission, Side


@dataclass(frozen=True)
class CommandLine:
    """Whoever has the machine and its keys, working for one organisation on one side."""

    organisation: Organisation
    side: str = Side.PROGRAMME
    user: None = None
    role: str = "command"

    @property
    def organisation_id(self) -> int:
        return self.organisation.pk

    @property
    def organisation_slug(self) -> str:
        return self.organisation.slug

    @property
    def vault_owner(self) -> Owner:
        return self.organisation.pk, self.side

    @property
    def row_terms(self) -> dict[str, Any]:
        return {"organisations": self.organisation.pk, "side": self.side}

    def hold(self) -> bool:
        return True

    def holds(self, permission: Permission) -> bool:
        return True
