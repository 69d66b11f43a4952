"""An issuer to keep tokens of."""

from tests.promises.conftest import engine, estate, make_estate, zygote

__all__ = ["engine", "estate", "make_estate", "zygote"]
