"""How far a revision got on its way to an archive, in words; and why it went no further."""

from __future__ import annotations

import math
from datetime import datetime

from app.domain.sending.sending import Sending
from app.domain.text import counted

NOTHING_LEAVES = (
    "This installation sends nothing: DPROTONET_SEND_TO names no archive. Whoever runs it can "
    "name one."
)
NOT_THERE_ANY_MORE = (
    "The site's settings no longer send to this archive, so nothing was sent. Name it in "
    "DPROTONET_SEND_TO, then try again."
)
HELD = (
    "A study still has this case read without the model's answer, so it is sent when those reads "
    "are done or the study is closed."
)
NOT_CHOSEN = (
    "Of the objects that the site sends none could be made of this revision, so nothing was sent."
)
NO_KEY = (
    "This image was de-identified on its way in, and the key of its pseudonyms is not there, so "
    "nothing was sent. Name the key in DPROTONET_PSEUDONYM_KEY, then try again."
)
NOT_NOTED = (
    "This image lost its person before it came here, so it can only be sent as it is. Nothing was "
    "sent. Say DPROTONET_SEND_AS=pseudonyms where that is meant."
)
SAID_NOTHING = "The archive {archive} did not say whether it stored {objects}."
NOT_STORED = "The archive {archive} did not store {objects}: {why}."
GIVEN_UP = "Given up after {attempts}. {reason}"


def state_text(sending: Sending) -> str:
    """Sent to main, 27 Nov 2026 14:02; Waiting for main, next try in 3 min; Refused by main: ….

    The reason follows where there is one.
    """
    to = sending.archive
    if sending.state == "sent":
        at = "" if sending.sent_at is None else f", {_moment(sending.sent_at)}"
        return f"Sent to {to}{at}."
    if sending.state == "sending":
        return f"Being sent to {to}."
    if sending.state == "waiting":
        when = f"next try in {_span(sending.wait)}" if sending.wait >= 1 else "to be sent soon"
        return _with_reason(f"Waiting for {to}, {when}", sending.reason)
    word = {"refused": "Not sent to {to}: refused", "failed": "Not sent to {to}: failed"}
    return _with_reason(
        word.get(sending.state, "Not sent to {to}: cancelled").format(to=to), sending.reason
    )


def _with_reason(text: str, reason: str) -> str:
    return f"{text}. {reason}".strip() if reason else f"{text}."


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%d %b %Y %H:%M").lstrip("0")


def _span(seconds: float) -> str:
    """40 s, 3 min, 2 h."""
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def objects_text(count: int) -> str:
    """1 object, 3 objects."""
    return counted(count, "object")
