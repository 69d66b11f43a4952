"""An API that renews its own tokens: Remint below /auth of a FastAPI application.

Run it with ``uvicorn examples.mount_fastapi:app``; the pages are at http://127.0.0.1:8000/auth/docs.
"""

from pathlib import Path

from fastapi import FastAPI

from remint.issuer import Issuer, Settings

issuer = Issuer(Settings(data_dir=Path("remint-data"), issuer_url="http://127.0.0.1:8000/auth"))
app = FastAPI(lifespan=issuer.lifespan)
app.mount("/auth", issuer)


@app.get("/orders")
def orders() -> list[str]:
    """The API itself."""
    return []
