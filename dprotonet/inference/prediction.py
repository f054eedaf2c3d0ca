"""What a model says about one image, and the rule that turns probabilities into a label.

No torch here: pages, the store and the shell read and write these without loading a model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from dprotonet.errors import WrongRequest
from dprotonet.inference.site_settings import SiteStamp
from dprotonet.inference.support import Support
from dprotonet.modeling.options import AND, NONE_CALLED
from dprotonet.modeling.reasons.options import ReasonKind
from dprotonet.prototypes.own_map import OwnMap


@dataclass(frozen=True)
class PrototypeMatch:
    """How one prototype counts for or against the predicted class.

    Attributes:
        prototype: its id, such as "p07".
        class_name: the class it belongs to.
        similarity: of the image's pooled vector to it; cosine in [-1, 1], or log similarity.
        contribution: signed, to the predicted class's logit; all contributions sum to that logit.
            0 where the image is not supported: there is no predicted class.
        against: signed, to the logit of the prediction's runner-up, to which they sum likewise;
            None where there is no runner-up.
        own_map: where the prototype's mask lies in the image; kept for those that speak most.
        kind: of a network with concepts "concept", whose similarity is how far its axis is above
            the mean of the training images, or "other", for what is no concept.
    """

    prototype: str
    class_name: str
    similarity: float
    contribution: float
    against: float | None = None
    own_map: OwnMap | None = None
    kind: ReasonKind = "prototype"

    @property
    def node(self) -> str:
        """The text of its node; empty where it is none that can be explained."""
        return "" if self.kind == "other" else f"{self.kind}:{self.prototype}"

    @property
    def evidence(self) -> float:
        """How much the prototype speaks for the predicted class rather than for the runner-up:
        its part of the difference of the two logits; without a runner-up its contribution."""
        return self.contribution - (self.against or 0.0)

    def to_json(self) -> dict[str, Any]:
        """Plain values; what an earlier version did not have is left out where there is none."""
        values = dict(vars(self))
        for name in ("against", "own_map"):
            if values[name] is None:
                del values[name]
        if self.own_map is not None:
            values["own_map"] = self.own_map.to_json()
        if self.kind == "prototype":
            del values["kind"]
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PrototypeMatch:
        """The match that :meth:`to_json` wrote."""
        own_map = data.get("own_map")
        return cls(**{**data, "own_map": None if own_map is None else OwnMap.from_json(own_map)})


@dataclass(frozen=True)
class Prediction:
    """What a model says about one image.

    Of an image outside of the model's support it says nothing but similarities: no label, no
    probability and no logit.

    Attributes:
        label: by :func:`decide`: a class; of a multi-label model all that it calls, joined by
            " + ", or "none called"; None where the image is not supported.
        probabilities: class name to calibrated probability, softmax(logits / temperature); of a
            multi-label model sigmoid(logit / temperature + offset); empty without a label.
        logits: class name to logit, before the temperature; empty without a label.
        threshold: the decision threshold in use, None where the most probable class wins.
        matches: every prototype, largest absolute contribution first; without a label the most
            similar first; none of a model without prototypes.
        closest_similarity: largest similarity among all prototypes that are not switched off; 0 of
            a model without prototypes.
        no_prototype_is_close: closest_similarity is below what 99 % of the training images had to a
            prototype of their own class.
        seconds: from pixels to this.
        bundle: digest of the bundle, 64 hex digits.
        thresholds: of a multi-label model: class name to the probability from which it is called.
        support: what the bundle's gate says of the image; None where the bundle has no gate.
        site: the site's settings that gave calibration and threshold; None for the bundle's own.
        runner_up: the class with the highest logit beside the label, which the label is compared
            with; None in a multi-label model, without a label, and in predictions of earlier
            versions.
    """

    label: str | None
    probabilities: dict[str, float]
    logits: dict[str, float]
    threshold: float | None
    matches: tuple[PrototypeMatch, ...]
    closest_similarity: float
    no_prototype_is_close: bool
    seconds: float
    bundle: str
    thresholds: dict[str, float] | None = None
    support: Support | None = None
    site: SiteStamp | None = None
    runner_up: str | None = None

    def __post_init__(self) -> None:
        if self.label is None:
            if self.supported or self.probabilities or self.logits:
                raise ValueError("Only an unsupported image has no label, and it has no figures.")
            return
        if set(self.logits) != set(self.probabilities):
            raise ValueError("Probabilities and logits must name the same classes.")
        if self.runner_up is not None and (
            self.runner_up not in self.logits or self.runner_up == self.label
        ):
            raise ValueError("The runner-up must be another class than the label.")
        if self.thresholds is not None:
            if set(self.thresholds) != set(self.probabilities):
                raise ValueError("Thresholds and probabilities must name the same classes.")
            if not all(0.0 <= p <= 1.0 for p in self.probabilities.values()):
                raise ValueError("A probability lies outside of 0 and 1.")
            if self.label != joined(called(self.probabilities, self.thresholds)):
                raise ValueError("The label is not what the thresholds say.")
            return
        if self.label not in self.probabilities:
            raise ValueError("Label and probabilities must name the same classes.")
        if not math.isclose(math.fsum(self.probabilities.values()), 1.0, abs_tol=1e-6):
            raise ValueError("The probabilities do not sum to 1.")

    @property
    def supported(self) -> bool:
        """Whether a label may be shown; True where the bundle has no gate."""
        return self.support is None or self.support.supported

    def withheld(self) -> Prediction:
        """The same without all that names a class or says how probable one is, if the image is not
        supported."""
        if self.supported:
            return self
        by_similarity = sorted(self.matches, key=lambda match: -match.similarity)
        return replace(
            self,
            label=None,
            probabilities={},
            logits={},
            matches=tuple(
                replace(match, contribution=0.0, against=None) for match in by_similarity
            ),
            runner_up=None,
        )

    @property
    def leading(self) -> str | None:
        """The class that is explained first: the label; of a multi-label model the class that is
        furthest above its threshold, or least below it, in log-odds. None without a label."""
        if self.label is None or self.thresholds is None:
            return self.label
        return leading(self.probabilities, self.thresholds)

    def require_leading(self) -> str:
        """The leading class.

        Raises:
            WrongRequest: the image is not supported; the sentence says why.
        """
        if self.leading is None:
            reason = self.support.sentence if self.support is not None else ""
            raise WrongRequest(
                f"The model makes no call here. {reason} "
                "Name a class, as class:NAME, to explain it anyway."
            )
        return self.leading

    @property
    def called(self) -> tuple[str, ...]:
        """The classes that are called: the label, or any number of them; none without a label."""
        if self.label is None:
            return ()
        if self.thresholds is None:
            return (self.label,)
        return called(self.probabilities, self.thresholds)

    @property
    def probability(self) -> float | None:
        """Calibrated probability of the leading class; None without a label."""
        return None if self.leading is None else self.probabilities[self.leading]

    def probability_of_a_finding(self, negative_class: str | None) -> float | None:
        """How probable it is that there is anything to find, whatever was called.

        Args:
            negative_class: the model's class that means "nothing found", if it has one.

        Returns:
            1 - p(negative class); without such a class the probability of the leading class; None
            without a label.
        """
        if negative_class is None or negative_class not in self.probabilities:
            return self.probability
        return 1.0 - self.probabilities[negative_class]

    @property
    def evidence(self) -> float:
        """What the evidence of all matches sums to: the logit of the leading class less that of
        the runner-up, which before the temperature are the log-odds of one against the other;
        without a runner-up the logit alone; 0 without a label."""
        if self.leading is None:
            return 0.0
        against = 0.0 if self.runner_up is None else self.logits[self.runner_up]
        return self.logits[self.leading] - against

    def class_to_look_at(self, negative_class: str | None) -> str | None:
        """The class whose heatmap and prototypes come first: the leading one; on a negative call
        the most probable finding, since there is little to see of its absence. None without a
        label."""
        if self.leading != negative_class:
            return self.leading
        return leading_finding(self.probabilities, negative_class) or self.leading

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        values = {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in vars(self).items()
        }
        values["matches"] = [match.to_json() for match in self.matches]
        for name in ("thresholds", "runner_up", "support", "site"):
            if values[name] is None:
                del values[name]
        if self.support is not None:
            values["support"] = self.support.to_json()
        if self.site is not None:
            values["site"] = asdict(self.site)
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prediction:
        """The prediction that :meth:`to_json` wrote."""
        matches = tuple(PrototypeMatch.from_json(match) for match in data["matches"])
        support, site = data.get("support"), data.get("site")
        return cls(
            **{
                **data,
                "matches": matches,
                "support": None if support is None else Support.from_json(support),
                "site": None if site is None else SiteStamp(**site),
            }
        )


def decide(
    probabilities: Mapping[str, float],
    *,
    negative_class: str | None = None,
    threshold: float | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> str:
    """The label for one image: what :func:`decide_classes` calls from the same, joined."""
    return joined(
        decide_classes(
            probabilities,
            negative_class=negative_class,
            threshold=threshold,
            thresholds=thresholds,
        )
    )


def decide_classes(
    probabilities: Mapping[str, float],
    *,
    negative_class: str | None = None,
    threshold: float | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> tuple[str, ...]:
    """The classes that one image is called; the one decision rule of the whole project.

    With a threshold for each class (multi-label): every class that reaches its own.

    With a negative class and a threshold: if 1 - p(negative) reaches the threshold, the most
    probable other class, else the negative class. Without: the most probable class. Ties go to the
    class that is named first.

    Args:
        probabilities: class name to probability, in the order of the classes.
        negative_class: the class that means "nothing found".
        threshold: in [0, 1].
        thresholds: of a multi-label model, class name to [0, 1].
    """
    if thresholds is not None:
        return called(probabilities, thresholds)
    if negative_class is None or threshold is None:
        return (max(probabilities, key=probabilities.__getitem__),)
    if 1.0 - probabilities[negative_class] >= threshold:
        others = {name: p for name, p in probabilities.items() if name != negative_class}
        return (max(others, key=others.__getitem__),)
    return (negative_class,)


def leading_finding(probabilities: Mapping[str, float], negative_class: str | None) -> str | None:
    """The most probable class other than the negative one, None without any; ties go to the
    first."""
    others = {name: p for name, p in probabilities.items() if name != negative_class}
    return max(others, key=others.__getitem__, default=None)


def called(probabilities: Mapping[str, float], thresholds: Mapping[str, float]) -> tuple[str, ...]:
    """The classes that reach their thresholds, in the order of the classes."""
    return tuple(name for name, p in probabilities.items() if p >= thresholds[name])


def joined(names: tuple[str, ...]) -> str:
    """Several classes as one label, "none called" without any."""
    return AND.join(names) or NONE_CALLED


def leading(probabilities: Mapping[str, float], thresholds: Mapping[str, float]) -> str:
    """The class whose log-odds lie highest over those of its threshold; ties go to the first."""
    return max(
        probabilities, key=lambda name: _log_odds(probabilities[name]) - _log_odds(thresholds[name])
    )


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-9), 1.0 - 1e-9)
    return math.log(p / (1.0 - p))
