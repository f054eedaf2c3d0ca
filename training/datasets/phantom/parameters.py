"""The facts of a phantom image, drawn before any pixel: cheap to list, saved beside the image."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from training.datasets.phantom.noise import derive, stream

FINDINGS = ("none", "consolidation", "nodule", "effusion")
"""The classes, in the order of their labels."""

VIEWS = ("PA", "AP")
DEVICES = ("ecg_leads", "central_line", "pacemaker", "tube")
HABITUS = ("slim", "average", "large")


@dataclass(frozen=True)
class Shortcut:
    """A token on the image that goes with one class, as a site's own marker may in real data.

    Attributes:
        finding: the class that it goes with.
        probability: of the token on an image of that class.
        elsewhere: of the token on any other image.
    """

    finding: str = "consolidation"
    probability: float = 0.95
    elsewhere: float = 0.05

    def __post_init__(self) -> None:
        if self.finding not in FINDINGS:
            raise ValueError(f"{self.finding!r} is no finding; choose among {', '.join(FINDINGS)}.")
        for name in ("probability", "elsewhere"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"Shortcut.{name} must lie in 0 to 1.")


@dataclass(frozen=True)
class CaseFacts:
    """All facts of one image, as a table holds them.

    The class decides ``finding`` and, with a shortcut, ``shortcut_token``; all the others are drawn
    from streams that do not depend on the class.
    """

    seed: int
    patient_seed: int
    finding: str
    view: str
    sex: str
    habitus: str
    devices: tuple[str, ...]
    marker_side: str
    marker_text: str
    exposure: float  # relative dose at the detector, 1 is usual
    difficulty: float
    rows: int  # px
    columns: int  # px
    shortcut_token: bool = False

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON or a table."""
        return asdict(self)


def draw_facts(
    seed: int,
    finding: str = "none",
    *,
    view: str | None = None,
    shape: tuple[int, int] = (512, 512),
    patient_seed: int | None = None,
    devices: tuple[str, ...] | None = None,
    shortcut: Shortcut | None = None,
    difficulty: float = 1.0,
) -> CaseFacts:
    """Draw the facts of the image of a seed; arguments that are given are not drawn.

    Args:
        seed: of the image.
        finding: one of FINDINGS.
        view: "PA" or "AP"; None draws it.
        shape: ``(H, W)`` in px.
        patient_seed: images that share it show one patient; None draws a new patient.
        devices: some of DEVICES; None draws them.
        shortcut: a token that goes with a class.
        difficulty: 1 is the usual one, lower makes findings plainer, higher fainter.

    Raises:
        ValueError: a finding, view or device that does not exist, or an image too small.
    """
    _check(finding, view, devices, shape)
    patient = derive(seed, "patient") if patient_seed is None else patient_seed
    body = stream(patient, "habitus")
    sex = str(body.choice(("F", "M")))
    habitus = str(body.choice(HABITUS, p=(0.3, 0.45, 0.25)))
    rng = stream(seed, "facts")
    random_view = str(rng.choice(VIEWS, p=(0.6, 0.4)))  # drawn in any case, for those after it
    chosen_view = view or random_view
    probabilities = (0.55, 0.35, 0.12, 0.30) if chosen_view == "AP" else (0.06, 0.05, 0.10, 0.0)
    uniform = rng.random(len(DEVICES))
    random_devices = tuple(
        d for d, u, p in zip(DEVICES, uniform, probabilities, strict=True) if u < p
    )
    side = str(rng.choice(("L", "R")))
    extra = str(rng.choice(("", "PORTABLE", "AP", "SUPINE"))) if chosen_view == "AP" else ""
    exposure = float(2.0 ** rng.normal(0.0, 0.7))
    token = False
    if shortcut is not None:
        chance = shortcut.probability if finding == shortcut.finding else shortcut.elsewhere
        token = bool(stream(seed, "shortcut").random() < chance)
    return CaseFacts(
        seed=seed,
        patient_seed=patient,
        finding=finding,
        view=chosen_view,
        sex=sex,
        habitus=habitus,
        devices=random_devices if devices is None else tuple(devices),
        marker_side=side,
        marker_text=extra,
        exposure=exposure,
        difficulty=difficulty,
        rows=shape[0],
        columns=shape[1],
        shortcut_token=token,
    )


def _check(
    finding: str, view: str | None, devices: tuple[str, ...] | None, shape: tuple[int, int]
) -> None:
    if finding not in FINDINGS:
        raise ValueError(f"{finding!r} is no finding; choose among {', '.join(FINDINGS)}.")
    if view is not None and view not in VIEWS:
        raise ValueError(f"{view!r} is no view; choose among {', '.join(VIEWS)}.")
    for device in devices or ():
        if device not in DEVICES:
            raise ValueError(f"{device!r} is no device; choose among {', '.join(DEVICES)}.")
    if min(shape) < 64:
        raise ValueError(f"An image of {shape[0]} × {shape[1]} is too small; take 64 or more.")
