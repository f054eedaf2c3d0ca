"""A prototype's own map as an attribution: the mask under which it pools an image.

It is what prototype networks show beside their answers. No pass is made for it.

Letters: N images, P prototypes, h w the map's cells, S the network's side.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dprotonet.explain.baselines.baseline import Baseline
from dprotonet.explain.baselines.cam import prototype_network
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.nodes import ClassNode, Node
from dprotonet.modeling.model import DProtoNet

_TIE = 1e-4  # of the neighbourhood: what parts places that are equally high


class PrototypeOwnMap(Baseline):
    """The own map of a prototype, enlarged as a page shows it; of a class that of its strongest.

    The strongest is the prototype of the class that adds most to its logit. A vector node shows
    the map of its prototype, under which it was pooled.
    """

    name = "own-map"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """None beside the one that every method begins with."""
        return 0, 0

    def raw(self, probe: Probe) -> Tensor:
        """The enlarged masks, ``(Q, S, S)``.

        Raises:
            WrongRequest: the network is no DProtoNet.
        """
        network, output = prototype_network(probe), _output(probe)
        large = upsampled(output.masks.detach(), probe.size)[0]
        return torch.stack([large[_row(network, output.similarities, n)] for n in probe.nodes])


def _output(probe: Probe) -> Any:
    """What the network gave for the image: masks and similarities among it."""
    return probe.whole


def _row(network: DProtoNet, similarities: Tensor, node: Node) -> int:
    if not isinstance(node, ClassNode):
        return node.index
    return strongest_prototype(network, similarities, node.index)


def strongest_prototype(network: DProtoNet, similarities: Tensor, index: int) -> int:
    """The row of a class's own prototype that adds most to the class's logit.

    Args:
        similarities: ``(1, P)`` of one image, on the network's device.
        index: of the class.
    """
    with torch.no_grad():
        added = network.contributions(similarities.detach())[0, index].cpu()
    owner = torch.tensor(network.options.prototype_classes)
    return int(added.masked_fill(owner != index, -torch.inf).argmax())


def upsampled(masks: Tensor, size: int) -> Tensor:
    """``(N, P, h, w)`` masks to ``(N, P, S, S)``, bicubically, as a page shows them.

    So a peak may lie between cells: bilinearly it would be the middle of one, which misses a
    finding smaller than a cell. The kernel is Pillow's, which "antialias" chooses. Within the range
    of the cells; of equally high places the one whose neighbouring cells are highest together is a
    little higher.
    """
    cells = masks.float()
    around = F.avg_pool2d(cells, 3, stride=1, padding=1)
    large, nearby = (
        F.interpolate(m, size=(size, size), mode="bicubic", antialias=True) for m in (cells, around)
    )
    highest = cells.amax(dim=(2, 3), keepdim=True)
    return large.clamp(min=0.0).minimum(highest) + _TIE * nearby.clamp(min=0.0)
