"""What the room shows of sending: each revision that is on its way, and the button that sends."""

from __future__ import annotations

from app.domain.cases import Sheet
from app.domain.permissions import within
from app.domain.room.sheet import Action, SendingNote
from app.domain.sending.sending import AGAIN, Sending
from app.services.sending import asking
from app.services.sending.words import state_text
from app.services.workplace import Workplace


@within
def of_sheet(workplace: Workplace, sheet: Sheet) -> tuple[SendingNote, ...]:
    """Each revision for each archive, the newest first."""
    found = asking.of_frame(workplace, sheet.case.case_id, frame=sheet.frame)
    newest, may = len(sheet.revisions), workplace.actor.may("send")
    return tuple(
        SendingNote(one.sending_id, _text(one, newest), _actions(one, newest) if may else ())
        for one in found
    )


@within
def send_words(workplace: Workplace, sheet: Sheet) -> str:
    """Send to main; empty where there is nothing to send, or this reader may not."""
    rule = workplace.settings.sending
    is_signed = bool(sheet.revisions) and sheet.case.facts.format == "dicom"
    if not rule.sends or not is_signed or not workplace.actor.may("send"):
        return ""
    found = asking.of_frame(workplace, sheet.case.case_id, frame=sheet.frame)
    newest = {one.archive for one in found if one.revision == len(sheet.revisions)}
    left = [name for name in rule.archives if name not in newest]
    return f"Send to {' and '.join(left)}" if left else ""


def _text(one: Sending, newest: int) -> str:
    text = state_text(one)
    return text if one.revision == newest else f"Revision {one.revision}: {text}"


def _actions(one: Sending, newest: int) -> tuple[Action, ...]:
    if one.revision != newest:
        return ()
    if one.state == "waiting":
        return (
            Action("retry", "Send now", "Do not wait for the next try."),
            Action("cancel", "Do not send", "Take it out of the outbox."),
        )
    if one.state in AGAIN:
        return (Action("retry", "Try again", "Send it once more."),)
    return ()
