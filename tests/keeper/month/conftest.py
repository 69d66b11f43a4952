"""An issuer to keep tokens of."""

from tests.promises.conftest import estate, make_estate, zygote

__all__ = ["estate", "make_estate", "zygote"]
