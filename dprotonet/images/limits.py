"""What is refused before a single pixel is decoded, and why.

A header of a few bytes can promise terabytes: sizes are checked as the header states them, and
again as the compressed data states them, before anything is allocated.
"""

from __future__ import annotations

from dataclasses import dataclass

from dprotonet.errors import UnreadableImage

MEGA = 1_000_000


@dataclass(frozen=True)
class Limits:
    """The largest image that is decoded."""

    file_bytes: int = 2 * 1024**3  # bytes of the file on disk
    frame_pixels: int = 80 * MEGA  # rows × columns of one frame
    frames: int = 20_000  # frames of one file
    total_pixels: int = 20_000 * MEGA  # rows × columns × frames; they are never decoded at once
    inflated_bytes: int = 512 * 1024**2  # bytes after inflating a deflated DICOM file

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")


def check_file_size(size: int, limits: Limits) -> None:
    """Refuse a file larger than ``limits.file_bytes``.

    Raises:
        UnreadableImage: the size in bytes is too large.
    """
    if size > limits.file_bytes:
        raise UnreadableImage(
            f"This file has {size / 1e6:,.0f} MB, and at most {limits.file_bytes / 1e6:,.0f} MB are"
            " read. Export it with fewer frames or compressed."
        )


def check_grid(rows: int, columns: int, frames: int, limits: Limits) -> None:
    """Refuse a pixel grid that is empty or too large to decode.

    Raises:
        UnreadableImage: a side is not positive, or a product is over its limit.
    """
    if rows < 1 or columns < 1 or frames < 1:
        raise UnreadableImage(
            f"The header states an image of {rows} × {columns} pixels and {frames} frames, which is"
            " no image. Export it again."
        )
    if rows * columns > limits.frame_pixels:
        raise UnreadableImage(
            f"The image has {rows} × {columns} pixels, and at most"
            f" {limits.frame_pixels / MEGA:,.4g} million are read. Export it at a smaller size."
        )
    if frames > limits.frames or rows * columns * frames > limits.total_pixels:
        raise UnreadableImage(
            f"The file states {frames:,} frames of {rows} × {columns} pixels, and at most"
            f" {limits.frames:,} frames and {limits.total_pixels / MEGA:,.6g} million pixels are"
            " read. Export fewer frames to a file."
        )


def check_frame(frame: int, frames: int) -> None:
    """Refuse a frame that the file does not hold.

    Raises:
        UnreadableImage: ``frame`` is not in ``0 … frames - 1``.
    """
    if not 0 <= frame < frames:
        content = "one frame, number 0"
        if frames > 1:
            content = f"{frames} frames, numbers 0 to {frames - 1}"
        raise UnreadableImage(
            f"The file holds {content}; there is no frame {frame}. Choose another."
        )
