"""Every setting a host can give, read from the environment and from nowhere else."""

import json
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

import environ

PROJECT_DIR = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    meaning: str
    is_secret: bool = False


VARIABLES = (
    Variable("MAILLAGE_MODE", "local", "local (one machine, own keys) or production"),
    Variable("MAILLAGE_DATA_DIR", "var", "folder of everything the program writes"),
    Variable(
        "MAILLAGE_DATABASE_URL",
        "sqlite in the data folder",
        "sqlite:///… or postgres://…",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_SECRET_KEY", "made in local mode", "signs sessions and forms", is_secret=True
    ),
    Variable(
        "MAILLAGE_VAULT_KEYS",
        "made in local mode",
        "id:key,id:key… — 32 bytes each in URL-safe base64; the first one writes, all read",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_VAULT_INDEX_KEY",
        "made in local mode",
        "key of the blind indexes, 32 bytes in URL-safe base64; never changes",
        is_secret=True,
    ),
    Variable("MAILLAGE_ALLOWED_HOSTS", "127.0.0.1,localhost", "host names that are answered"),
    Variable("MAILLAGE_TRUSTED_ORIGINS", "", "https://… origins allowed to post forms"),
    Variable("MAILLAGE_HTTPS", "on in production", "cookies over HTTPS alone, HSTS, redirection"),
    Variable("MAILLAGE_IDLE_MINUTES", "15", "minutes without a click before a session ends"),
    Variable("MAILLAGE_GRIDS_DIR", "", "folder of grids added to those that come along"),
    Variable("MAILLAGE_SILENT_MONTHS", "4", "months without contact before a file is flagged"),
    Variable("MAILLAGE_LOG_LEVEL", "WARNING", "what is written to standard error"),
)

env = environ.FileAwareEnv()

MODE = env.str("MAILLAGE_MODE", default="local")
IS_PRODUCTION = MODE == "production"
DATA_DIR = Path(env.str("MAILLAGE_DATA_DIR", default=str(PROJECT_DIR / "var"))).resolve()


def new_key() -> str:
    """Thirty-two random bytes, as the environment wants them."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _local_keys() -> dict[str, str]:
    """Keys of a one-machine installation, made once and readable by its owner alone."""
    path = DATA_DIR / "keys.json"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = {
            "MAILLAGE_SECRET_KEY": secrets.token_urlsafe(50),
            "MAILLAGE_VAULT_KEYS": f"k1:{new_key()}",
            "MAILLAGE_VAULT_INDEX_KEY": new_key(),
        }
        draft = path.with_name(f"keys.{os.getpid()}.json")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(keys, file)
        try:
            os.link(draft, path)  # the first of two processes wins, the other reads its keys
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return json.loads(path.read_text())


def secret(name: str) -> str:
    """A secret of the environment; made up in local mode, empty (and refused later) otherwise."""
    given = env.str(name, default="")
    return given or ("" if IS_PRODUCTION else _local_keys()[name])
