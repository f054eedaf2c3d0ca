"""Sentences about objects that were not made, and the words that stand in those that were."""

from __future__ import annotations

NATURAL = (
    "This image is no DICOM file, so there is no study that DICOM objects could belong to. "
    "Nothing was made. Use the report as a PDF file."
)
NOT_SIGNED = (
    "Nobody has signed a verdict on this image, so there is nothing to hand on. Sign it first."
)
NO_REVISION = "There is no such revision of this image. Choose one that was signed."
INCOMPLETE = (
    "This DICOM file does not say which study, series and instance it is ({missing}), so nothing "
    "can refer to it. Nothing was made. Export it again from where it came."
)
UNKNOWN_KIND = (
    "This DICOM file is of a kind that the standard does not list ({kind}), so nothing can refer "
    "to it. Nothing was made. Export it again as a standard kind."
)
OTHER_SIZE = (
    "The header of this DICOM file states another size than its pixels have. Nothing was made. "
    "Export it again."
)
NO_HEATMAP = (
    "No heatmap of this image was there when it was signed: neither a segmentation nor a picture "
    "of it was made. Ask for one, then sign again."
)
REFUSED = (
    "The model refused this image, so it has no heatmap: neither a segmentation nor a picture of "
    "it was made."
)
NO_FRAME_OF_REFERENCE = (
    "This image states no frame of reference (where it lies in the patient), without which there "
    "is no parametric map. The heatmap is in the segmentation."
)
HEATMAP = "Heatmap of what the model relied on"
