"""A branch with people who wait, and those who must not know of them."""

from maillage.programme.episodes.tests.conftest import *  # noqa: F403 — the same house
