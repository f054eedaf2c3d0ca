"""Every attribution method by its name, so that no caller has to know one.

``METHODS[name](model, x, nodes, …)`` gives the explanations of that method, all measured alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Unpack

from torch import Tensor, nn

from dprotonet.explain.baselines.cam import GradCAM, PrototypeActivation, ScoreCAM
from dprotonet.explain.baselines.controls import CentredGaussian, RandomSmooth
from dprotonet.explain.baselines.extremal import ExtremalPerturbation
from dprotonet.explain.baselines.own_map import PrototypeOwnMap
from dprotonet.explain.baselines.perturbation import RISE, IntegratedGradients, Occlusion
from dprotonet.explain.baselines.published_mdm import PublishedMDM
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.method import AttributionMethod, CallOptions
from dprotonet.explain.nodes import Node
from dprotonet.explain.settings import MDMSettings


@dataclass(frozen=True)
class RegisteredMethod:
    """One method, to be called as a function."""

    make: Callable[..., AttributionMethod]  # from a network and settings

    def __call__(
        self,
        model: nn.Module,
        x: Tensor,
        nodes: Sequence[Node],
        *,
        settings: MDMSettings | None = None,
        temperature: float = 1.0,
        **options: Unpack[CallOptions],
    ) -> list[Explanation]:
        """Explain ``x (3, S, S)`` or ``(N, 3, S, S)``, as :meth:`AttributionMethod.explain`."""
        return self.make(model, settings, temperature=temperature).explain(x, nodes, **options)


METHODS: Mapping[str, RegisteredMethod] = MappingProxyType(
    {
        MDM.name: RegisteredMethod(MDM),
        PublishedMDM.name: RegisteredMethod(PublishedMDM),
        GradCAM.name: RegisteredMethod(GradCAM),
        ScoreCAM.name: RegisteredMethod(ScoreCAM),
        PrototypeActivation.name: RegisteredMethod(PrototypeActivation),
        PrototypeOwnMap.name: RegisteredMethod(PrototypeOwnMap),
        IntegratedGradients.name: RegisteredMethod(IntegratedGradients),
        Occlusion.name: RegisteredMethod(Occlusion),
        RISE.name: RegisteredMethod(RISE),
        "rise-1000": RegisteredMethod(partial(RISE, masks=1000)),
        ExtremalPerturbation.name: RegisteredMethod(ExtremalPerturbation),
        CentredGaussian.name: RegisteredMethod(CentredGaussian),
        RandomSmooth.name: RegisteredMethod(RandomSmooth),
    }
)
"""All methods, by the names of :data:`dprotonet.names.METHODS`. ``gradcam`` and ``scorecam`` need
feature maps, ``prototype`` and ``own-map`` a DProtoNet; without them they raise
``WrongRequest``."""
