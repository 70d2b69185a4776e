"""A branch and those around it."""

from maillage.programme.episodes.tests.conftest import *  # noqa: F403 — the same house
