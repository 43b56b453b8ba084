"""A web application in FastAPI that lets Sclera decide.

Each route says what it needs, and a dependency asks whether the caller holds it:

    PYTHONPATH=clients/python uvicorn --app-dir examples/fastapi ward:app --port 8080

SCLERA_URL is where Sclera is, and SCLERA_CA a file with the certificate that it is trusted by.
"""

import os
from typing import Callable

from fastapi import Depends, FastAPI, HTTPException, Request
from sclera_client import Client, Error, Passage, Refused

sclera = Client(
    os.environ.get("SCLERA_URL", "http://127.0.0.1:52773"),
    authorities=os.environ.get("SCLERA_CA"),
    patience=10,
)
app = FastAPI()


def needs(privilege: str) -> Callable[[Request], Passage]:
    """Who calls, if they hold the privilege. While no answer comes, nobody is let through."""

    # FastAPI calls what is not `async` on a thread that may wait.
    def judge(request: Request) -> Passage:
        try:
            return sclera.passage_of(
                privilege,
                authorization=request.headers.get("authorization"),
                cookie=request.headers.get("cookie"),
                address=request.client.host if request.client else None,
            )
        except Refused as refused:
            if refused.status == 401:
                challenge = {"WWW-Authenticate": 'Basic realm="ward", charset="UTF-8"'}
                raise HTTPException(401, headers=challenge) from None
            raise HTTPException(403 if refused.status == 403 else 503) from None
        except Error:
            raise HTTPException(503) from None

    return judge


@app.get("/")
def ward() -> str:
    return "the ward is open"


@app.get("/chart")
def read(caller: Passage = Depends(needs("Ward_Chart:R"))) -> str:
    return f"{caller.user} reads the chart"


@app.post("/chart")
def write(caller: Passage = Depends(needs("Ward_Chart:W"))) -> str:
    return f"{caller.user} wrote into the chart"
