"""Images with a read, whose objects are looked at."""

from __future__ import annotations

import io
from dataclasses import fields
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from app.domain.annotations import Annotation, MoreSaid
from app.domain.cases import Case
from app.domain.dicom.site import DicomSite
from app.domain.marks import Mark
from app.services import explanations, review
from app.services.adapters.image_reader import case_facts
from app.services.dicom_out.signed import SignedHeatmap, SignedRead
from app.services.dicom_out.source import of_header
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.images.dicom.frame_header import frame_header
from dprotonet.images.reader import look, read_image
from tests.app.services.workplaces import START, FakePool

TEXT = "Läsion links, 漢字\x07\nline two"
MARKS = (
    Mark("rectangle", ((2.0, 3.0), (9.0, 8.5)), text="here"),
    Mark("ellipse", ((1.0, 2.0), (11.0, 6.0))),
    Mark("outline", ((1.0, 1.0), (5.0, 1.5), (4.0, 6.0))),
    Mark("length", ((1.0, 1.0), (5.0, 4.0)), "measure"),
    Mark("angle", ((1.0, 1.0), (5.0, 1.0), (5.0, 6.0)), "measure"),
    Mark("point", ((4.5, 4.5),)),
    Mark("rectangle", ((0.0, 0.0), (3.0, 3.0)), "region", text="hidden to try"),
)
MODEL = "ab" * 32
PNEUMONIA = ClassCode("233604007", "SCT", "Pneumonia")
_OF_REVISION = {field.name for field in fields(Annotation)}
KINDS = ("dx", "cr", "frames", "ct", "colour", "colour frames")


@cache
def image_file(kind: str) -> bytes:
    """A DICOM file: of the phantom (digital; computed, inverted; three frames), or one of those
    that pydicom ships."""
    shipped = {
        "ct": "CT_small.dcm",
        "colour": "examples_rgb_color.dcm",
        "colour frames": "examples_ybr_color.dcm",
    }
    if kind in shipped:
        return Path(str(get_testdata_file(shipped[kind]))).read_bytes()
    from training.datasets.phantom.dicom.writer import DicomOptions, write_dicom, write_frames
    from training.datasets.phantom.generator import render
    from training.datasets.phantom.parameters import draw_facts

    image = render(draw_facts(61, "effusion", shape=(120, 101), view="AP"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.dcm"
        if kind == "frames":
            write_frames([image] * 3, path)
        elif kind == "cr":
            write_dicom(image, path, DicomOptions("MONOCHROME1", bits=12, signed=True))
        else:
            write_dicom(image, path)
        return path.read_bytes()


def changed(data: bytes, **values: Any) -> bytes:
    """The same file with other elements, by keyword; None takes one away."""
    dataset = dcmread(io.BytesIO(data))
    for name, value in values.items():
        if value is None:
            dataset.pop(name, None)
        else:
            setattr(dataset, name, value)
    if values.get("SOPInstanceUID"):
        dataset.file_meta.MediaStorageSOPInstanceUID = values["SOPInstanceUID"]
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def read_of(kind: str = "dx", *, data: bytes = b"", **said: Any) -> SignedRead:
    """A signed read without a store: by default of a digital radiograph, with every mark.

    Args:
        kind: of the image.
        data: the file, where it is none of the kinds'.
        said: other fields of the read, or of its revision.
    """
    data = data or image_file(kind)
    frame = 1 if "frames" in kind else 0
    image, (facts, digest) = read_image(data, frame=frame), look(data)
    values = np.zeros(image.shape, np.float32)
    values[image.shape[0] // 3 : image.shape[0] // 2, image.shape[1] // 4 : image.shape[1] // 2] = 1
    values[0, 0], values[0, 1] = 0.5, 0.25
    revision = {name: said.pop(name) for name in list(said) if name in _OF_REVISION}
    given: dict[str, Any] = {
        "case": Case("c1", "a.dcm", "f" * 64, digest, 1, case_facts(facts), "upload", MODEL, START),
        "revision": Annotation(
            **{
                "case_id": "c1",
                "frame": frame,
                "revision": 1,
                "reader": "Reader One",
                "verdict": "supplement",
                "corrected_label": "device",
                "confidence": 4,
                "text": TEXT,
                "model": MODEL,
                "model_name": "tiny",
                "predicted_label": "pneumonia",
                "predicted_probability": 0.83,
                "created_at": START,
                "reason": "partly",
                "marks": MARKS,
                **revision,
            }
        ),
        "source": of_header(
            Dataset.from_json(frame_header(data, frame=frame)),
            frames=facts.frames,
            frame=frame,
            size=image.shape,
        ),
        "image": image,
        "heatmap": SignedHeatmap("class:pneumonia", "Class pneumonia", values, "k" * 64, "inferno"),
        "probabilities": {"pneumonia": 0.83},
        "codes": {"pneumonia": PNEUMONIA},
        "site": DicomSite(),
        "replaces": False,
    }
    return SignedRead(**{**given, **said})


def taken_in(
    workplace: Workplace, pool: FakePool, data: bytes, *, frame: int = 0, explains: bool = True
) -> str:
    """The image as a case that the model has read, with a heatmap; nobody has signed it."""
    case_id = str(intake.add(workplace, data, name="image.dcm").case_id)
    queue.run_pending(workplace, pool)
    if frame:
        review.open_case(workplace, case_id, frame=frame)
        queue.run_pending(workplace, pool)
    if explains:
        sheet = review.open_case(workplace, case_id, frame=frame)
        node = f"class:{sheet.offered_class}"
        explanations.request(workplace, case_id, frame=frame, node=node)
        queue.run_pending(workplace, pool)
    return case_id


def sign(workplace: Workplace, case_id: str, *, frame: int = 0, **said: Any) -> int:
    """Sign the next revision; returns its number."""
    revisions = review.open_case(workplace, case_id, frame=frame).revisions
    named = {
        "verdict": "supplement",
        "confidence": 4,
        "corrected_label": "device",
        "text": TEXT,
        "more": MoreSaid(reason="partly", marks=MARKS),
    }
    signed = review.sign(
        workplace, case_id, frame=frame, expected_revision=len(revisions), **{**named, **said}
    )
    return signed.revision
