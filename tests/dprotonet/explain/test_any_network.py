"""Whatever a classifier is made of: a map over what it looks at, or a sentence with what to do."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dprotonet.errors import Unexplainable, WrongRequest
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from tests.dprotonet.explain.toys import SIZE, PatchClassifier, overlap, patch_mask, toy_image

POSITION = (6, 22)
QUICK = MDMSettings(steps=2, faithfulness_steps=3)
NODE = [ClassNode(1, "squares")]


class Around(nn.Module):
    """A classifier that knows squares, and something around it."""

    def __init__(self, network: nn.Module | None = None) -> None:
        super().__init__()
        self.network = PatchClassifier() if network is None else network

    def forward(self, x: Tensor) -> object:
        return self.network(x)


def giving(output):
    """A classifier whose forward gives something else than a tensor of logits."""

    class Giving(Around):
        def forward(self, x):
            return output(self.network(x))

    return Giving()


def weight_normed():
    model = PatchClassifier()
    torch.nn.utils.weight_norm(model.features[0])
    torch.nn.utils.weight_norm(model.classifier)
    model(toy_image()[None])  # leaves a weight with a graph behind it
    return model


def as_exported():
    batch = torch.export.Dim("batch", min=1, max=64)
    example = toy_image()[None].repeat(2, 1, 1, 1)
    return torch.export.export(PatchClassifier(), (example,), dynamic_shapes=[{0: batch}]).module()


def in_inference_mode():
    with torch.inference_mode():
        return PatchClassifier()


class CastsItself(Around):
    """Computes in double precision whatever it is given, so it cannot be taken out of it."""

    def __init__(self):
        super().__init__(PatchClassifier().double())

    def forward(self, x):
        if x.dtype != torch.float64 or next(self.parameters()).dtype != torch.float64:
            raise RuntimeError("expected double")
        return self.network(x)


class DropsOut(Around):
    def forward(self, x):
        return self.network(F.dropout2d(x, 0.9, self.training))


class EvalGivesNothing(Around):
    """As some write it, train and eval hand nothing on."""

    def train(self, mode=True):
        super().train(mode)


class Flattening(nn.Module):
    """As in the best known tutorial: a view of activations, which wants them in one piece."""

    def __init__(self) -> None:
        super().__init__()
        self.network = PatchClassifier()
        self.pool = nn.AdaptiveAvgPool2d(2)

    def forward(self, x):
        seen = self.pool(self.network.features(x))
        return self.network.classifier(seen.view(-1, 4, 4).mean(dim=2))


class WritesIntoItsInput(Around):
    def forward(self, x):
        x -= 0.01
        x /= 1.01
        return self.network(x)


class WritesIntoFeatures(Around):
    def forward(self, x):
        seen = F.relu(self.network.features[1](self.network.features[0](x)), inplace=True)
        return self.network.classifier(seen.mean(dim=(2, 3)))


class WritesIntoFusedFeatures(Around):
    """Two layers as one kernel keep what is written over here; each alone does not."""

    def __init__(self):
        super().__init__()
        self.network.features[2] = nn.ReLU6()

    def forward(self, x):
        seen = self.network.features(x)
        seen *= 1.0
        return self.network.classifier(seen.mean(dim=(2, 3)))


class OneAtATime(Around):
    def forward(self, x):
        if len(x) > 1:
            raise ValueError("one image, please")
        return self.network(x)


class ByTheBatch(Around):
    """What it says of an image depends on the others, as batch norms without statistics do."""

    def forward(self, x):
        return (
            self.network(x - x.mean(dim=0, keepdim=True) + x.mean())
            if len(x) > 1
            else (self.network(x))
        )


class HoldsALock(Around):
    """No copy can be made of it."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class KeepsItsFeatures(Around):
    def forward(self, x):
        self.seen = [self.network.features(x)]
        return self.network.classifier(self.seen[0].mean(dim=(2, 3)))


class BackboneOfOtherKind(Around):
    """`backbone` may be anybody's word: here for a name, and for what gives no feature map."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone


def used():
    model = KeepsItsFeatures()
    model(toy_image()[None])
    return model


def patched():
    """A forward that was put on from outside, and runs the layers that it was taken from."""
    model = PatchClassifier()
    forward = model.forward
    model.forward = lambda x: {"logits": forward(x)}
    return model


@dataclass
class Answer:
    logits: Tensor
    loss: Tensor | None = None


NETWORKS = {
    "scripted": lambda: torch.jit.script(PatchClassifier()),
    "scripted, trained": lambda: torch.jit.script(PatchClassifier().train()),
    "scripted, frozen": lambda: torch.jit.freeze(torch.jit.script(PatchClassifier())),
    "traced": lambda: torch.jit.trace(PatchClassifier(), toy_image()[None]),
    "scripted inside": lambda: nn.Sequential(nn.Identity(), torch.jit.script(PatchClassifier())),
    "exported": as_exported,
    "compiled": lambda: torch.compile(PatchClassifier()),
    "parallel": lambda: nn.DataParallel(PatchClassifier()),
    "float16": lambda: PatchClassifier().half(),
    "bfloat16": lambda: PatchClassifier().bfloat16(),
    "float64": lambda: PatchClassifier().double(),
    "casts itself": CastsItself,
    "old weight norm": weight_normed,
    "new weight norm": lambda: Around(
        nn.Sequential(PatchClassifier(), torch.nn.utils.parametrizations.weight_norm(_negation()))
    ),
    "old spectral norm": lambda: _spectral(torch.nn.utils.spectral_norm),
    "new spectral norm": lambda: _spectral(torch.nn.utils.parametrizations.spectral_norm),
    "made in inference mode": in_inference_mode,
    "wants no gradients": lambda: PatchClassifier().requires_grad_(False),
    "drops out": lambda: DropsOut().train(),
    "eval gives nothing": EvalGivesNothing,
    "flattening": Flattening,
    "writes into its input": WritesIntoItsInput,
    "writes into features": WritesIntoFeatures,
    "writes into fused features": WritesIntoFusedFeatures,
    "one at a time": OneAtATime,
    "by the batch": ByTheBatch,
    "holds a lock": HoldsALock,
    "used before": used,
    "patched": patched,
    "a name for a backbone": lambda: BackboneOfOtherKind("patches"),
    "a backbone of vectors": lambda: BackboneOfOtherKind(nn.Linear(2, 2)),
    "gives a tuple": lambda: giving(lambda y: (y, y.new_zeros(len(y), 4, 3, 3))),
    "gives equals": lambda: giving(lambda y: [y, y * 0.5]),
    "gives a dict": lambda: giving(lambda y: {"logits": y, "features": y.new_zeros(len(y), 7)}),
    "gives one of another name": lambda: giving(lambda y: OrderedDict(out=y)),
    "gives an object": lambda: giving(lambda y: Answer(y)),
    "gives a namespace": lambda: giving(lambda y: SimpleNamespace(logits=y, hidden_states=None)),
    "gives maps of one cell": lambda: giving(lambda y: y[:, :, None, None]),
}


def _negation():
    layer = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(2))
    return layer


def _spectral(norm):
    model = Around(nn.Sequential(PatchClassifier(), norm(_negation())))
    model.train()
    model(toy_image()[None].repeat(2, 1, 1, 1))  # leaves a weight with a graph behind it
    return model


def state_of(model):
    return {
        "modes": [getattr(m, "training", None) for m in model.modules()],
        "wants": [p.requires_grad for p in model.parameters()],
        "gradients": [p.grad is None for p in model.parameters()],
        "weights": [t.detach().clone() for t in [*model.parameters(), *model.buffers()]],
        "hooks": [len(m._forward_hooks) + len(m._backward_hooks) for m in model.modules()],
        "inplace": [getattr(m, "inplace", None) for m in model.modules()],
    }


def assert_untouched(model, before):
    after = state_of(model)
    for one, other in zip(before.pop("weights"), after.pop("weights"), strict=True):
        assert one.dtype == other.dtype and torch.equal(one, other)
    assert after == before
    assert all(after["gradients"])


@pytest.mark.usefixtures("processor")
@pytest.mark.parametrize("name", NETWORKS)
def test_the_decoder_explains_it_and_leaves_it_as_it_is(name):
    model, x = NETWORKS[name](), toy_image(squares=POSITION)
    before, given = state_of(model), x.clone()
    (result,) = METHODS["mdm"](model, x, NODE, settings=QUICK)
    heatmap = torch.from_numpy(result.heatmap)
    assert patch_mask(*POSITION).flatten()[heatmap.argmax()]
    assert overlap(heatmap, patch_mask(*POSITION)) >= 0.4
    assert result.value_before > 0.5 > result.faithfulness.hidden_value
    assert torch.equal(x, given)
    assert_untouched(model, before)


OF_EVERY_KIND = ("traced", "float16", "casts itself", "old weight norm", "holds a lock", "patched")
OF_PROTOTYPES = ("prototype", "own-map")
METHODS_FOR_ALL = [name for name in METHODS if name not in (*OF_PROTOTYPES, "mdm", "rise-1000")]


@pytest.mark.parametrize("method", METHODS_FOR_ALL)
def test_every_method_gives_a_heatmap_or_a_sentence_and_leaves_the_network_as_it_is(method):
    for name in OF_EVERY_KIND:
        model, x = NETWORKS[name](), toy_image(squares=POSITION)
        before = state_of(model)
        try:
            (result,) = METHODS[method](model, x, NODE, settings=QUICK)
        except WrongRequest as error:
            assert method in ("gradcam", "scorecam"), name
            assert "no feature maps that can be read" in str(error), name
        else:
            # Of features before their activation a class activation map may be negative throughout.
            assert result.heatmap.max() == 1 or method in ("gradcam", "scorecam"), name
            assert result.value_before > 0.5, name
        assert_untouched(model, before)


class CutOff(Around):
    """A forward that hands no gradient on."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def forward(self, x):
        if self.how == "no_grad":
            with torch.no_grad():
                return self.network(x)
        if self.how == "inference_mode":
            with torch.inference_mode():
                return self.network(x)
        if self.how == "detach":
            return self.network(x.detach())
        if self.how == "numpy":
            return self.network(torch.from_numpy(x.numpy().copy()))
        seen = self.network.features(x)
        seen = torch.exp(seen)
        seen -= 1.0  # a write over what exp kept for its gradient
        return self.network.classifier(seen.mean(dim=(2, 3)))


CUTS = ["no_grad", "inference_mode", "detach", "numpy", "write in place"]


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize(
    "method", ["mdm", "mdm-published", "integrated-gradients", "extremal", "gradcam"]
)
def test_a_method_that_needs_a_gradient_says_that_none_comes_back(method, how):
    if method == "gradcam" and how in ("detach", "numpy"):
        return  # cut off before its feature maps, which is nothing to it
    model = CutOff(how)
    before = state_of(model)
    with pytest.raises(Unexplainable, match=r"No gradient .* (scorecam|rise)\."):
        METHODS[method](model, toy_image(squares=POSITION), NODE, settings=QUICK)
    assert_untouched(model, before)


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize("method", ["occlusion", "rise", "scorecam"])
def test_a_method_that_needs_no_gradient_goes_without(method, how):
    (result,) = METHODS[method](CutOff(how), toy_image(squares=POSITION), NODE, settings=QUICK)
    heatmap = torch.from_numpy(result.heatmap)
    assert patch_mask(*POSITION).flatten()[heatmap.argmax()]


class Spoilt(Around):
    """Numbers that are none, of the whole image or of what shows less than half of it."""

    def __init__(self, value, *, hidden_alone=False):
        super().__init__()
        self.value, self.hidden_alone = value, hidden_alone

    def forward(self, x):
        logits = self.network(x)
        spoilt = logits[:, 1:] < 0 if self.hidden_alone else logits[:, 1:] == logits[:, 1:]
        return torch.where(spoilt, torch.full_like(logits, self.value), logits)


class SpoiltGradient(Around):
    """The value is right, its gradient is not: the root of a constant nothing."""

    def forward(self, x):
        return self.network(x) + ((x - x).square().sum(dim=(1, 2, 3)).sqrt())[:, None]


EVERY_METHOD = [name for name in METHODS if name not in (*OF_PROTOTYPES, "rise-1000")]


@pytest.mark.parametrize("method", EVERY_METHOD)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("hidden_alone", [False, True])
def test_values_that_are_no_numbers_are_said(method, value, hidden_alone):
    with pytest.raises(Unexplainable, match="not finite numbers"):
        METHODS[method](
            Spoilt(value, hidden_alone=hidden_alone),
            toy_image(squares=POSITION),
            NODE,
            settings=QUICK,
        )


@pytest.mark.parametrize("method", EVERY_METHOD)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_an_image_with_pixels_that_are_no_numbers_is_refused(method, value):
    x = toy_image(squares=POSITION)
    x[1, 40, 3] = value
    with pytest.raises(Unexplainable, match="pixels that are not finite numbers"):
        METHODS[method](PatchClassifier(), x, NODE, settings=QUICK)


@pytest.mark.parametrize("method", ["mdm", "mdm-published", "integrated-gradients", "extremal"])
def test_gradients_that_are_no_numbers_are_said(method):
    with pytest.raises(Unexplainable, match="gradients of this network"):
        METHODS[method](SpoiltGradient(), toy_image(squares=POSITION), NODE, settings=QUICK)


def test_a_class_that_the_network_rules_out_does_no_harm_to_the_others():
    class Masked(Around):
        def forward(self, x):
            logits = self.network(x)
            return torch.cat([logits, torch.full_like(logits[:, :1], -torch.inf)], dim=1)

    (result,) = METHODS["mdm"](Masked(), toy_image(squares=POSITION), NODE, settings=QUICK)
    assert overlap(torch.from_numpy(result.heatmap), patch_mask(*POSITION)) >= 0.4


@pytest.mark.parametrize(
    ("output", "what"),
    [
        (lambda y: (y, y.new_zeros(len(y), 7)), "but tuple"),
        (lambda y: {"a": y, "b": y.new_zeros(len(y), 7)}, "but dict"),
        (lambda y: y[:, :, None, None].expand(-1, -1, 5, 5), r"a tensor \(1, 2, 5, 5\)"),
        (lambda y: y.argmax(dim=1), "of int64"),
        (lambda y: None, "but NoneType"),
        (lambda y: "squares", "but str"),
        (lambda y: y[:1].squeeze(0), "2 rows of logits for 1 image"),
    ],
)
def test_an_output_without_logits_is_a_sentence(output, what):
    with pytest.raises(Unexplainable, match=what) as caught:
        METHODS["mdm"](giving(output), toy_image(), NODE, settings=QUICK)
    assert "Wrap it in a module whose forward returns" in str(caught.value)


def test_one_logit_for_each_image_is_read_whatever_its_shape():
    for output in (lambda y: y[:, 1:], lambda y: y[:, 1], lambda y: y[:, 1].squeeze()):
        (result,) = METHODS["mdm"](
            giving(output), toy_image(squares=POSITION), [ClassNode(0)], settings=QUICK
        )
        assert overlap(torch.from_numpy(result.heatmap), patch_mask(*POSITION)) >= 0.4


def test_what_cannot_be_run_is_a_sentence():
    cases = {
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1)): "fails on an image of shape",
        nn.Sequential(nn.Flatten(), nn.LazyLinear(2)): "no size yet",
    }
    for model, sentence in cases.items():
        with pytest.raises(Unexplainable, match=sentence):
            METHODS["mdm"](model, toy_image(), NODE, settings=QUICK)
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        METHODS["mdm"](lambda x: x, toy_image(), NODE, settings=QUICK)
    with pytest.raises(ValueError, match=r"\(C, S, S\)"):
        METHODS["rise"](PatchClassifier(), toy_image()[:, :40], NODE, settings=QUICK)


def test_images_of_one_colour_are_explained_by_every_method():
    model = PatchClassifier()
    model.features[0] = nn.Conv2d(1, 4, 8, stride=2, bias=False)
    with torch.no_grad():
        model.features[0].weight.copy_(PatchClassifier().features[0].weight[:, :1] * 3)
    for method in set(EVERY_METHOD) - {"extremal", "mdm-published"}:
        (result,) = METHODS[method](model, toy_image(squares=POSITION)[:1], NODE, settings=QUICK)
        assert result.heatmap.shape == (SIZE, SIZE)


def test_hooks_that_look_on_are_not_called_by_the_search_and_those_that_count_are():
    model, seen = PatchClassifier(), []
    model.features.register_forward_hook(lambda _m, _args, out: seen.append(out))
    model.features[0].register_full_backward_hook(lambda _m, _in, out: seen.append(out))
    METHODS["mdm"](model, toy_image(squares=POSITION), NODE, settings=QUICK)
    assert len(seen) <= 2  # to find out what they do
    turned = PatchClassifier()
    turned.register_forward_hook(lambda _m, _args, out: out.flip(1))
    (result,) = METHODS["mdm"](turned, toy_image(squares=POSITION), NODE, settings=QUICK)
    assert result.value_before < 0.1
