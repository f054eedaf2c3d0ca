"""How tests and benchmarks come in: they start the program with a launch token that they know."""

from app.server.launch import address_with

TOKEN = "a token that only tests have"
STARTED_WITH = {"DPROTONET_LAUNCH_TOKEN": TOKEN, "DPROTONET_PATIENTS": "no"}
"""For the environment of the program, which then asks nothing at its first start."""
BEARER = {"Authorization": f"Bearer {TOKEN}"}
"""For requests and websockets of a program; a browser opens :func:`entrance` instead."""


def entrance(port: int) -> str:
    """The address that gives a browser its cookie."""
    return address_with(TOKEN, port=port)
