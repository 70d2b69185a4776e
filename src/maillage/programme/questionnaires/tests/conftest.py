from maillage.programme.episodes.tests.conftest import house, signed_in  # noqa: F401
