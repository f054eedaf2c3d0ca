"""A server behind the entrance that says whom the entrance let in."""

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """The trusted header and the actor; a websocket is closed with 1000."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    said = [value.decode() for name, value in scope["headers"] if name.lower() == b"x-reader"]
    actor = scope.get("actor")
    if actor is not None:
        said.append(actor.name)
    await PlainTextResponse(" ".join(said))(scope, receive, send)
