"""The names of attribution methods, tiers of the decoder and engines, each written down once.

The command lines, the pages and the benchmark offer these; nothing here imports torch. The methods
themselves are in :mod:`dprotonet.explain.baselines.registry`, the tiers' settings in
:mod:`dprotonet.explain.settings`.
"""

from collections.abc import Mapping
from types import MappingProxyType

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "mdm": "the MDM decoder: learned masks that keep and remove the node's value",
        "mdm-published": "the masks of MDM, searched and merged as its authors published it",
        "gradcam": "Grad-CAM: the last feature maps, weighted by their mean gradients",
        "scorecam": "Score-CAM: the last feature maps, weighted by what each raises as a mask",
        "prototype": "the activation map of a DProtoNet's own prototypes",
        "own-map": "the map under which a DProtoNet's strongest prototype pools the image",
        "integrated-gradients": "gradients summed along the path from the fill to the image",
        "occlusion": "what hiding a square takes from the node's value",
        "rise": "RISE: the mean value over 150 random masks",
        "rise-1000": "RISE with 1,000 random masks",
        "extremal": "extremal perturbation: the best region of each of a few areas",
        "centre": "a centred Gaussian, the control that sees no model",
        "random": "a smooth random heatmap, the other control that sees no model",
    }
)
"""Every attribution method with a line on what it is; the default comes first."""

DEFAULT_METHOD = "mdm"

TIERS: Mapping[str, str] = MappingProxyType(
    {
        "standard": "the default",
        "instant": "the model's mask reader, or one gradient step where it has none; the quickest",
        "draft": "the same, measured; two gradient steps without a mask reader",
        "full": "more views and steps; without a mask reader twenty gradient steps and finer masks",
    }
)
"""Every tier of the decoder with a line on what it is; the default comes first."""

DEFAULT_TIER = "standard"

ENGINES: Mapping[str, str] = MappingProxyType(
    {
        "torch": "the default",
        "onnxruntime": "on a CPU, where it is installed and gives what torch gives; else torch",
    }
)
"""What runs the network that predicts, with a line on each; the default comes first."""

DEFAULT_ENGINE = "torch"
