"""Where prototypes come from and how they behave: plain records, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dprotonet.modeling.reasons.options import ReasonKind


@dataclass(frozen=True)
class PrototypeSource:
    """One training image that a prototype was made from.

    Attributes:
        sample_id: stable name of the sample, never a loader's index.
        image_sha256: of the image file.
        weight: its fraction of the prototype; the weights of one prototype sum to 1.
        similarity: of the sample's vector to the finished prototype.
    """

    sample_id: str
    image_sha256: str
    weight: float
    similarity: float


@dataclass(frozen=True)
class PrototypeActivation:
    """How one prototype responded to the images of a data set.

    Attributes:
        mean: of the similarity over the images of its own class.
        mean_others: over the images of all other classes; None when there was none.
        percentiles: of the similarity over all images, keyed "1", "25", "50", "75", "99".
        closest_share: fraction of its own class's images for which it is the closest prototype of
            that class.
        dead: its similarity hardly differs between images, so that it says the same of all.
        duplicates: ids of prototypes of the same class whose vectors nearly equal its own and whose
            similarities rise and fall with its own.
    """

    mean: float
    mean_others: float | None
    percentiles: dict[str, float]
    closest_share: float
    dead: bool
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrototypeRecord:
    """All that a bundle keeps of one prototype besides its vector.

    Attributes:
        id: such as "p07".
        class_name: the class it belongs to.
        sources: the images it was made from, heaviest first.
        activation: its behaviour on the training set; None where it was not measured.
        kind: what it is; concepts and what is beside them stand where prototypes stand.
    """

    id: str
    class_name: str
    sources: tuple[PrototypeSource, ...]
    activation: PrototypeActivation | None = None
    kind: ReasonKind = "prototype"

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file; bundles of earlier versions say no kind."""
        values = asdict(self)
        if self.kind == "prototype":
            del values["kind"]
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PrototypeRecord:
        """The record that :meth:`to_json` wrote."""
        activation = data["activation"]
        if activation is not None:
            activation = PrototypeActivation(
                **{**activation, "duplicates": tuple(activation["duplicates"])}
            )
        sources = tuple(PrototypeSource(**source) for source in data["sources"])
        kind = data.get("kind", "prototype")
        return cls(data["id"], data["class_name"], sources, activation, kind)
