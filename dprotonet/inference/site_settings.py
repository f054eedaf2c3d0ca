"""A site's own calibration and threshold for one bundle: a setting beside it, never inside it.

No torch here: the command line, the pages and the store read and write these without loading a
model. ``training.acceptance`` fits them on a site's own labelled images.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.atomic_files import write_whole
from dprotonet.errors import WrongRequest
from dprotonet.modeling.digests import json_digest

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

FORMAT = 1
FILE_NAME = "site_settings.json"
_MOST_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEND = "Fit them again with: python -m training accept BUNDLE --data DIR --out OUT"


@dataclass(frozen=True)
class SiteStamp:
    """What a prediction says of the settings that it was made under.

    Attributes:
        digest: of the settings, 64 hex digits.
        date: the day on which they were fitted, as 2026-11-26.
        images: how many images they were fitted on.
    """

    digest: str
    date: str
    images: int

    @property
    def text(self) -> str:
        """The words for a page: threshold and calibration of this site (2026-11-26, 240 images)."""
        return f"threshold and calibration of this site ({self.date}, {self.images} images)"


@dataclass(frozen=True)
class SiteSettings:
    """Calibration and threshold that a site fitted on its own images, for one bundle.

    Attributes:
        bundle: digest of the bundle, 64 hex digits.
        bundle_name: its short name, for the eye.
        made_by: who fitted them.
        made_at: when, as ISO 8601 with a time zone.
        images: how many images they were fitted on.
        patients: of how many patients; None where each image counted as a patient of its own.
        images_sha256: digest over the hashes of those images.
        temperature: divides the logits.
        offsets: class name to what is then added, before the softmax or the sigmoid (Alexandari,
            Kundaje and Shrikumar 2020; multi-label: Platt 1999).
        threshold: on 1 - p(negative class), in [0, 1]; None where the bundle has none.
        thresholds: of a multi-label bundle, and of no other: class name to [0, 1].
        figures: what was measured on held-out parts of those images, under "before" and "after".
    """

    bundle: str
    bundle_name: str
    made_by: str
    made_at: str
    images: int
    patients: int | None
    images_sha256: str
    temperature: float
    offsets: Mapping[str, float]
    threshold: float | None = None
    thresholds: Mapping[str, float] | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("bundle", "images_sha256"):
            if not _SHA256.fullmatch(str(getattr(self, name))):
                raise ValueError(f"{name} is no SHA-256")
        if datetime.fromisoformat(self.made_at).tzinfo is None:
            raise ValueError("made_at has no time zone")
        if not isinstance(self.images, int) or self.images < 1:
            raise ValueError("images is a number from 1 on")
        if not _is_number(self.temperature) or self.temperature <= 0:
            raise ValueError("the temperature must be a positive number")
        if not self.offsets or not all(map(_is_number, self.offsets.values())):
            raise ValueError("there must be an offset, a number, for each class")
        if self.threshold is not None and not _is_fraction(self.threshold):
            raise ValueError("the threshold must lie between 0 and 1")
        if self.thresholds is not None:
            if self.threshold is not None or set(self.thresholds) != set(self.offsets):
                raise ValueError("thresholds stand for a single one, and name the classes")
            if not all(map(_is_fraction, self.thresholds.values())):
                raise ValueError("a threshold must lie between 0 and 1")

    @property
    def digest(self) -> str:
        """SHA-256 over all values."""
        return json_digest(self.to_json())

    @property
    def stamp(self) -> SiteStamp:
        """What every prediction under these settings carries."""
        return SiteStamp(self.digest, self.made_at[:10], self.images)

    def check_bundle(self, bundle: Bundle) -> None:
        """Refuse a bundle that these settings were not fitted for.

        Raises:
            WrongRequest: it is another bundle, or another version of it.
        """
        if self.bundle != bundle.digest:
            raise WrongRequest(
                f"These settings were fitted for the model {self.bundle_name} {self.bundle[:8]}, "
                f"not for {bundle.name} {bundle.short}. {_MEND}"
            )
        if (
            set(self.offsets) != set(bundle.classes)
            or (self.thresholds is None) == bundle.multi_label
            or (self.threshold is not None and bundle.negative_class is None)
        ):
            raise WrongRequest(f"These settings do not fit the classes of {bundle.name}. {_MEND}")

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the digest."""
        values = asdict(self)
        if self.thresholds is None:
            del values["thresholds"]
        return {"format": FORMAT, **values}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SiteSettings:
        """The settings that :meth:`to_json` wrote, with or without their digest.

        Raises:
            WrongRequest: they are incomplete, altered or of another format.
        """
        try:
            values = dict(data)
            digest, form = values.pop("digest", None), values.pop("format")
            if form != FORMAT:
                raise ValueError(f"format {form!r}, this version reads {FORMAT}")
            settings = cls(**values)
            if digest not in (None, settings.digest):
                raise ValueError("they were altered")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WrongRequest(f"A site's settings cannot be used ({error}). {_MEND}") from error
        return settings


def write_site_settings(path: Path, settings: SiteSettings) -> None:
    """Write the settings with their digest, whole or not at all."""
    text = json.dumps(
        {**settings.to_json(), "digest": settings.digest},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )
    write_whole(path, lambda stream: stream.write((text + "\n").encode()))


def read_site_settings(path: Path) -> SiteSettings:
    """Read a file of settings.

    Raises:
        WrongRequest: there is none, or it is damaged, altered or of another format.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it holds no settings")
    except FileNotFoundError:
        raise WrongRequest(f"There is no file {path}. {_MEND}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise WrongRequest(f"{path} cannot be read ({error}). {_MEND}") from error
    return SiteSettings.from_json(data)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_fraction(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1
