import pytest
import torch

from dprotonet.modeling.concepts.rotation import ConceptGradients, cayley_step, turn
from dprotonet.modeling.concepts.whitening import ConceptWhitening


def rotation(channels=12, seed=0):
    torch.manual_seed(seed)
    return torch.nn.init.orthogonal_(torch.empty(channels, channels, dtype=torch.float64))


def direction_of(concept):
    """No axis, and on the positive side of the concept's own: modes that look at the highest cells
    would not see it from the other."""
    direction = rotation(seed=7)[concept].float()
    return direction * direction[concept].sign()


def images_of(concept, count=8):
    """White cells, of which a corner shows a concept along its direction."""
    torch.manual_seed(concept)
    features = torch.randn(count, 12, 6, 6)
    features[:, :, :3, :3] += 6.0 * direction_of(concept)[:, None, None]
    return features


def test_a_step_is_the_published_one():
    """Against the published formula, with the inverse of the whole matrix."""
    before, gradient = rotation(), torch.randn(3, 12, dtype=torch.float64)
    after, search = cayley_step(before, gradient)
    whole = torch.zeros(12, 12, dtype=torch.float64)
    whole[:3] = gradient
    slant = whole @ before.T - before @ whole.T
    even = torch.eye(12, dtype=torch.float64)
    turned = torch.linalg.inv(even + search.step / 2 * slant) @ (even - search.step / 2 * slant)
    assert torch.allclose(after, turned @ before, atol=1e-10)


def test_both_of_wolfes_conditions_hold_at_the_step():
    before, gradient = rotation(), torch.randn(3, 12, dtype=torch.float64)

    def value(step):
        whole = torch.zeros(12, 12, dtype=torch.float64)
        whole[:3] = gradient
        slant = whole @ before.T - before @ whole.T
        even = torch.eye(12, dtype=torch.float64)
        turned = torch.linalg.solve(even + step / 2 * slant, (even - step / 2 * slant) @ before)
        return (whole * turned).sum()

    _, search = cayley_step(before, gradient)
    slope = torch.func.grad(value)(torch.tensor(0.0, dtype=torch.float64))
    here = torch.func.grad(value)(torch.tensor(search.step, dtype=torch.float64))
    assert value(search.step) <= value(0.0) + 1e-4 * search.step * slope
    assert here >= 0.9 * slope
    assert search.after > search.before


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_steps_of_any_scale_stay_among_the_rotations_and_gain(scale):
    turned, gained = rotation(), []
    gradient = scale * torch.randn(3, 12, dtype=torch.float64)
    for _ in range(20):
        turned, search = cayley_step(turned, gradient)
        gained.append(search.after)
    assert torch.allclose(turned @ turned.T, torch.eye(12, dtype=torch.float64), atol=1e-9)
    assert gained == sorted(gained)


def test_at_the_best_rotation_there_is_nothing_to_gain():
    turned = rotation()
    after, search = cayley_step(turned, -turned[:2])
    assert torch.allclose(after, turned, atol=1e-6)
    assert search.after == pytest.approx(search.before)


def test_without_a_gradient_nothing_turns():
    before = rotation()
    after, search = cayley_step(before, torch.zeros(2, 12, dtype=torch.float64))
    assert torch.equal(after, before) and search.step == 0.0


@pytest.mark.parametrize("mode", ["mean", "max", "positive_mean", "max_pool"])
def test_each_axis_turns_to_its_own_concept(mode):
    layer = ConceptWhitening(12).eval()
    gradients = ConceptGradients(2, 12)
    for _ in range(15):
        for concept in (0, 1):
            gradients.add(layer, images_of(concept), concept, mode)
        turn(layer, gradients)
    for concept in (0, 1):
        assert float(layer.rotation[concept] @ direction_of(concept)) > 0.9
    assert torch.allclose(layer.rotation @ layer.rotation.T, torch.eye(12), atol=1e-5)


def test_the_mean_over_batches_forgets_and_does_not_grow():
    layer, gradients = ConceptWhitening(12).eval(), ConceptGradients(1, 12)
    gradients.add(layer, images_of(0), 0, "mean")
    once = gradients.means.clone()
    for _ in range(50):
        gradients.add(layer, images_of(0), 0, "mean")
    assert torch.allclose(gradients.means, once, atol=1e-5)


def test_a_concept_without_a_batch_has_no_direction():
    gradients = ConceptGradients(2, 12)
    gradients.add(ConceptWhitening(12).eval(), images_of(0), 0)
    assert gradients.means[1].abs().max() == 0.0
