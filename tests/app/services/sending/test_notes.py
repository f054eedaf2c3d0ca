"""What the room shows of sending, and to whom it offers what."""

from __future__ import annotations

from app.domain.actors import Actor
from app.services.room.opening import open_room
from app.services.sending import asking, delivering
from app.services.workplace import Workplace
from tests.app.services.dicom_out.reads import image_file, sign, taken_in
from tests.app.services.sending.outboxes import NOWHERE, FakeStore, sending_to, signed
from tests.app.services.workplaces import FakePool

READER = Actor("Ann", "reader", frozenset({"reader"}))


def shown(workplace: Workplace, case_id: str) -> tuple[str, list[tuple[str, list[str]]]]:
    facts = open_room(workplace, case_id).facts
    return facts.send, [(one.text, [act.id for act in one.actions]) for one in facts.sending]


def test_the_room_offers_to_send_and_says_how_far_it_got(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"))
    sends = sending_to(workplace, NOWHERE, kinds=("report",))
    assert shown(sends, case_id) == ("", []), "nobody signed"
    sign(workplace, case_id)
    assert shown(workplace, case_id) == ("", []), "the site sends nothing"
    assert shown(sends, case_id) == ("Send to main", [])
    assert shown(sends.of(READER), case_id) == ("", []), "a reader may not"
    asking.send(sends, case_id)
    waits = "Waiting for main, to be sent soon."
    assert shown(sends, case_id) == ("", [(waits, ["retry", "cancel"])])
    assert shown(sends.of(READER), case_id) == ("", [(waits, [])])
    delivering.send_next(sends, store=store)
    send, ((text, actions),) = shown(sends, case_id)
    assert (send, actions) == ("", []) and text.startswith("Sent to main, 1 Mar 2026")


def test_an_earlier_revision_is_named_and_the_newest_can_be_sent(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    sends = sending_to(workplace, NOWHERE, kinds=("parametric-map",))
    case_id = signed(sends, pool)
    asking.send(sends, case_id)
    delivering.send_next(sends, store=store)
    assert shown(sends, case_id)[1][0][1] == ["retry"]
    sign(sends, case_id)
    send, ((text, actions),) = shown(sends, case_id)
    assert send == "Send to main" and text.startswith("Revision 1: Not sent") and actions == []
