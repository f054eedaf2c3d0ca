"""The networks that are trained: a DProtoNet, the black box beside it, and parts of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.modeling.backbones import Backbone, build_backbone
from dprotonet.modeling.concepts.model import Axes, build_concept_net
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.losses import LossWeights, classification_loss, prototype_loss
from dprotonet.modeling.model import Inference, build_model
from dprotonet.modeling.options import ModelOptions
from dprotonet.modeling.usage_loss import usage_loss
from training.data.finding_masks import Targets
from training.data.inputs import Inputs
from training.fitting.attention_loss import AttentionPenalty
from training.fitting.occurrence_loss import OccurrencePenalty
from training.recipe import Recipe

Output = Inference | Axes | Tensor  # of a network with prototypes, with concepts, of a black box


class BlackBox(nn.Module):
    """The same backbone under mean pooling and one linear layer."""

    def __init__(self, backbone: Backbone, classes: int) -> None:
        super().__init__()
        self.backbone: nn.Module = backbone
        self.head = nn.Linear(backbone.out_channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)`` normalised images to ``(N, K)`` logits."""
        return self.head(self.backbone(images).mean(dim=(2, 3)))


@dataclass(frozen=True, eq=False)
class Trainee:
    """A network to train, with its own loss.

    Attributes:
        network: has ``backbone``; its output is logits or an inference.
        loss: (output, labels) to a scalar; labels with findings where the recipe asks for them.
    """

    network: nn.Module
    loss: Callable[[Output, Tensor | Targets], Tensor]


def dprotonet(
    recipe: Recipe, classes: tuple[str, ...], balance: Tensor | None, *, multi_label: bool = False
) -> Trainee:
    """A new DProtoNet. ``balance``: ``(K,)`` class weights, or None."""
    options = ModelOptions(
        classes=classes,
        backbone=recipe.backbone,
        prototypes_per_class=recipe.prototypes_per_class,
        depth=recipe.depth,
        image_size=recipe.image_size,
        masks=recipe.masks,
        top_share=recipe.top_share,
        levels=recipe.levels,
        cell_norm=recipe.cell_norm,
        stride=recipe.stride,
        similarity=recipe.similarity,
        similarity_scale=recipe.similarity_scale,
        seed=recipe.seed,
        multi_label=multi_label,
    )
    model = build_model(options, _weights(recipe))
    _start_from_bundle(model.backbone, recipe)
    weights = LossWeights(
        cluster=recipe.cluster,
        separation=recipe.separation,
        l1=recipe.l1,
        orthogonality=recipe.orthogonality,
        ranking=recipe.ranking,
        label_smoothing=recipe.label_smoothing,
    )

    penalty = None
    if recipe.occurrence_l1 or recipe.equivariance:
        penalty = OccurrencePenalty(model, recipe.occurrence_l1, recipe.equivariance)

    attention = AttentionPenalty(model, recipe.attention_kind) if recipe.attention else None

    def loss(output: Output, targets: Tensor | Targets) -> Tensor:
        assert isinstance(output, Inference)
        labels = targets.labels if isinstance(targets, Targets) else targets
        total = prototype_loss(output, labels, model, weights, class_weights=balance)["total"]
        total = total + recipe.usage_weight * usage_loss(
            output.similarities, labels, model.prototype_class, recipe.usage
        )
        if attention is not None and isinstance(targets, Targets):
            total = total + recipe.attention * attention(output, targets)
        return total if penalty is None else total + penalty(output.masks)

    return Trainee(model, loss)


def black_box(recipe: Recipe, classes: tuple[str, ...], balance: Tensor | None) -> Trainee:
    """A new black box, from the same weights and the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        backbone = build_backbone(recipe.backbone, _weights(recipe), stride=recipe.stride)
        model = BlackBox(backbone, len(classes))
    _start_from_bundle(backbone, recipe)
    return Trainee(model, _plain_loss(recipe, balance))


def concept_net(
    recipe: Recipe,
    classes: tuple[str, ...],
    concepts: tuple[str, ...],
    balance: Tensor | None,
    *,
    multi_label: bool = False,
) -> Trainee:
    """A new concept network, from the same weights and the same seed as a black box."""
    options = ConceptOptions(
        classes=classes,
        concepts=concepts,
        backbone=recipe.backbone,
        depth=recipe.depth,
        activation=recipe.concept_activation,
        image_size=recipe.image_size,
        stride=recipe.stride,
        seed=recipe.seed,
        multi_label=multi_label,
    )
    model = build_concept_net(options, _weights(recipe))
    _start_from_bundle(model.backbone, recipe)
    return Trainee(model, _plain_loss(recipe, balance))


def _plain_loss(
    recipe: Recipe, balance: Tensor | None
) -> Callable[[Output, Tensor | Targets], Tensor]:
    def loss(output: Output, targets: Tensor | Targets) -> Tensor:
        assert isinstance(targets, Tensor)
        return classification_loss(logits_of(output), targets, balance, recipe.label_smoothing)

    return loss


def logits_of(output: Output) -> Tensor:
    """The logits ``(N, K)`` of a network's output."""
    return output if isinstance(output, Tensor) else output.logits


def outputs(
    network: nn.Module, inputs: Inputs, rows: Tensor, read: Callable[[Any], Tensor], device: str
) -> Tensor:
    """``read`` of the network's output on the images as they are, ``(n, …)`` on the CPU."""
    network.eval()
    with torch.inference_mode():
        parts = [
            read(network(inputs.clean(batch).to(device))).float().cpu()
            for batch in rows.split(inputs.images_a_pass)
        ]
    return torch.cat(parts).clone()


def backbone_of(network: nn.Module) -> nn.Module:
    """The backbone of a DProtoNet or of a black box."""
    return network.get_submodule("backbone")


def front_blocks(backbone: nn.Module, count: int) -> nn.Sequential:
    """The first ``count`` blocks of a backbone, as modules of its own (not copies).

    Raises:
        ReadableError: the backbone has fewer blocks than that.
    """
    blocks = _blocks(backbone)
    if count > len(blocks):
        raise ReadableError(
            f"The recipe freezes {count} blocks, the backbone has {len(blocks)}. Freeze fewer."
        )
    return nn.Sequential(*blocks[:count])


def back_blocks(backbone: nn.Module, count: int) -> nn.Sequential:
    """The blocks after :func:`front_blocks`; both in sequence are the backbone."""
    return nn.Sequential(*_blocks(backbone)[count:])


def _blocks(backbone: nn.Module) -> list[nn.Module]:
    """A backbone is a chain; torchvision's ``features`` inside of it is one too."""
    chain: list[nn.Module] = []
    for name, child in backbone.named_children():
        chain.extend(child.children() if name == "features" else [child])
    return chain


def use_fast_activations(network: nn.Module) -> None:
    """In-place activations cost a copy in the backward pass on a CPU; the values are the same."""
    for module in network.modules():
        if isinstance(module, (nn.ReLU, nn.ReLU6, nn.SiLU)):
            module.inplace = False


def _weights(recipe: Recipe) -> str | Path | None:
    if recipe.weights is None or recipe.weights == "torchvision":
        return recipe.weights
    path = Path(recipe.weights)
    if path.is_dir():
        return None  # a bundle: see _start_from_bundle
    if not path.is_file():
        raise ReadableError(
            f"There is no weights file {path}. Give a .safetensors file or a bundle's folder by "
            "--set weights=PATH, or --set weights=torchvision to download torchvision's."
        )
    return path


def _start_from_bundle(backbone: Backbone, recipe: Recipe) -> None:
    """Load the backbone of a bundle, where the recipe's weights are the folder of one.

    Raises:
        ReadableError: the folder is no bundle, or has another backbone.
    """
    if recipe.weights is None or not Path(recipe.weights).is_dir():
        return
    bundle = Bundle.load(Path(recipe.weights))
    if bundle.options.backbone != recipe.backbone:
        raise ReadableError(
            f"The bundle {bundle.name} has the backbone {bundle.options.backbone}, the recipe "
            f"asks for {recipe.backbone}. Give --set backbone={bundle.options.backbone}."
        )
    backbone.load_state_dict(bundle.model.backbone.state_dict())
