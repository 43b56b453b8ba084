"""A client of Sclera's HTTP interface, of the standard library alone.

    from sclera_client import Client

    client = Client("https://sclera.ward.example:52773", authorities="/etc/ward/ca.pem", token=token)
    if client.holds("Ward_Chart", "RW"):
        ...
    role = client.get_role(name="Nurse")

Each operation of the OpenAPI document is a method; what it takes and gives are dictionaries, typed as the document says.
`docs/http.md` says what they mean.
"""

from . import _operations as operations
from ._calls import Error, Misconfigured, Refused, Unreachable, Unreadable
from ._client import Client, Passage

__all__ = [
    "Client",
    "Error",
    "Misconfigured",
    "Passage",
    "Refused",
    "Unreachable",
    "Unreadable",
    "operations",
]
