"""De-identification inside the child process: its side of the talk.

First the child says whom the file names; then it is given pseudonyms and answers with the new file.
"""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

from dprotonet.images.deidentify.instructions import Instructions, TextFound

if TYPE_CHECKING:
    from dprotonet.images.isolated.child import Request


def deidentify_talk(request: Request) -> None:
    """Answer a request "deidentify" and the one that follows it."""
    from dprotonet.images.deidentify.file import deidentify, survey_file

    source = request.source
    survey, pixels = survey_file(source, limits=request.limits)
    request.answer({"survey": asdict(survey)})
    following = request.next()
    if "instructions" not in following:  # the other side has changed its mind
        request.answer({"ended": True})
        return
    request.expect(2 * pixels)
    said = following["instructions"]
    instructions = Instructions(**{**said, "kept": tuple(said["kept"])})
    done = deidentify(source, instructions, limits=request.limits)
    answer = {
        "ending": done.ending,
        "warnings": done.warnings,
        "text": [astuple(box) for box in done.text],
    }
    request.answer(answer, [done.data])


def black_out_request(request: Request) -> None:
    """Answer a request "black out"."""
    from dprotonet.images.deidentify.blackout import blacked_out
    from dprotonet.images.reader import inspect

    source = request.source
    data = source if isinstance(source, bytes) else source.read_bytes()
    facts = inspect(data, limits=request.limits)
    request.expect(2 * facts.rows * facts.columns * facts.frames)
    boxes = [TextFound(*map(int, box)) for box in request.header["rectangles"]]
    changed, ending = blacked_out(data, boxes, request.limits)
    request.answer({"ending": ending}, [changed])
