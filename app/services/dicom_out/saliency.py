"""The heatmap as a fractional segmentation, and, where an image lies in space, as values."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from app.services.dicom_out.codes import one_line
from app.services.dicom_out.equipment import algorithm, creator, finish, series
from app.services.dicom_out.signed import SignedHeatmap, SignedRead
from app.services.dicom_out.words import HEATMAP

STEPS = 255  # that 1 is stored as


def segmentation(read: SignedRead, heatmap: SignedHeatmap) -> Dataset:
    """A segmentation of one segment, "Saliency" (DCM 130404), of type FRACTIONAL.

    DICOM knows two meanings of a fraction, probability and occupancy. A heatmap is neither: it
    says how much the model relied on a pixel, compared with the most of this image. PROBABILITY is
    written, as by others.
    """
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import Segmentation, SegmentDescription

    facts = algorithm(read)
    segment = SegmentDescription(
        1,
        one_line(heatmap.title, 64),
        segmented_property_category=codes.SCT.SpatialAndRelationalConcept,
        segmented_property_type=codes.DCM.Saliency,
        algorithm_type="AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name=facts.name,
            family=codes.DCM.ArtificialIntelligence,
            version=facts.version,
            source=facts.maker,
            parameters={"Bundle": facts.parameter},
        ),
        tracking_uid=read.tracking(heatmap.node),
        tracking_id=one_line(f"Model: {heatmap.title}", 64),
    )
    made = Segmentation(
        [read.source.header],
        heatmap.values[None],
        "FRACTIONAL",
        [segment],
        fractional_type="PROBABILITY",
        max_fractional_value=STEPS,
        omit_empty_frames=False,
        content_label="HEATMAP",
        content_description=HEATMAP,
        content_creator_name=creator(read),
        **series(read, "segmentation"),
    )
    # Type 2C of General Image (PS3.3 C.7.6.1): there where no plane says how the image lies.
    if not read.source.has_plane:
        made.PatientOrientation = read.source.header.get("PatientOrientation", "")
    return finish(read, made, "segmentation")


def parametric_map(read: SignedRead, heatmap: SignedHeatmap) -> Dataset:
    """The same values as 32-bit numbers; needs to know where the frame lies in the patient."""
    from highdicom import VOILUTTransformation
    from highdicom.pm import ParametricMap, RealWorldValueMapping

    mapping = RealWorldValueMapping(
        "HEATMAP",
        HEATMAP,
        codes.UCUM.NoUnits,
        value_range=(0.0, 1.0),
        slope=1.0,
        intercept=0.0,
        quantity_definition=codes.DCM.Saliency,
    )
    made = ParametricMap(
        [read.source.header],
        np.ascontiguousarray(heatmap.values[None], np.float32),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[VOILUTTransformation(window_center=0.5, window_width=1.0)],
        content_label="HEATMAP",
        content_description=HEATMAP,
        content_creator_name=creator(read),
        **series(read, "parametric-map"),
    )
    return finish(read, made, "parametric-map")
