import dataclasses

import torch

from dprotonet.modeling.model import DProtoNet
from training.fitting import prototype_stage
from training.fitting.crossval import split_rows
from training.fitting.fit import fit_network
from training.fitting.networks import dprotonet


def _whole(context):
    """The context of a network of torchvision's that sees the images themselves."""
    recipe = dataclasses.replace(context.recipe, backbone="mobilenet_v2")
    return dataclasses.replace(context, recipe=recipe, inputs=context.live)


def _vectors(model, context, rows):
    with torch.inference_mode():
        return model.eval()(context.live.clean(rows.train)).vectors


def test_centring_takes_the_mean_out_of_the_pooled_vectors_and_nothing_else(context):
    context = _whole(context)
    rows = split_rows(context)
    model = dprotonet(context.recipe, context.dataset.classes, None).network
    before = _vectors(model, context, rows)
    assert before.mean(dim=(0, 1)).norm() > 0.1 * before.std()
    prototype_stage.centre(model, context, rows)
    after = _vectors(model, context, rows)
    assert after.mean(dim=(0, 1)).abs().max() < 1e-4
    shift = before - after
    assert torch.allclose(shift, shift[:1, :1].expand_as(shift), atol=1e-4)


def test_recentring_takes_the_mean_out_of_trained_vectors_and_moves_prototypes_with_them(context):
    context = _whole(context)
    rows = split_rows(context)
    model = dprotonet(context.recipe, context.dataset.classes, None).network
    with torch.no_grad():
        # Each prototype on the vector of one image: it has to stay on it, wherever that goes.
        model.prototypes.copy_(_vectors(model, context, rows)[0])
    length = _vectors(model, context, rows).norm(dim=-1).mean()
    prototype_stage.recentre(model, context, rows)
    after = _vectors(model, context, rows)
    assert after.mean(dim=(0, 1)).abs().max() < 1e-4
    near = torch.cosine_similarity(after[0], model.prototypes, dim=-1)
    far = torch.cosine_similarity(after[0], -model.prototypes, dim=-1)
    assert length > 0 and (near > far).all()


def test_pruning_drops_duplicates_and_says_what_it_cost(context, monkeypatch):
    twins = dataclasses.replace(
        context,
        recipe=dataclasses.replace(context.recipe, masks="image", prune=True, start="random"),
    )
    start = prototype_stage.update_prototypes

    def doubled(model, *args, **kwargs):
        with torch.no_grad():
            model.prototypes[1] = model.prototypes[0]
            model.masks.head[2].weight[1] = model.masks.head[2].weight[0]
        return start(model, *args, **kwargs)

    monkeypatch.setattr(prototype_stage, "update_prototypes", doubled)
    fitted = fit_network(twins, split_rows(twins), out=None)
    model = fitted.network
    assert isinstance(model, DProtoNet) and fitted.pruning is not None
    assert {"p00", "p01"} & set(fitted.pruning.dropped)
    assert fitted.pruning.kept_by_class == model.options.prototype_counts
    assert len(fitted.update.prototypes) == len(model.prototypes) == len(fitted.update.sources)
    assert 0.0 <= fitted.pruning.accuracy_after <= 1.0


def test_prototypes_may_be_a_mixture_from_the_start_to_the_end(context):
    recipe = dataclasses.replace(
        context.recipe, start="mixture", update="mixture", update_every=1, prune=True, usage="tanh"
    )
    mixed = dataclasses.replace(context, recipe=recipe)
    fitted = fit_network(mixed, split_rows(mixed), out=None)
    model, update = fitted.network, fitted.update
    assert isinstance(model, DProtoNet) and update.kind == "mixture"
    assert len(update.mixing_weights) == len(update.sources) == len(model.prototypes)
    assert all(sum(source.weight for source in own) > 0.999 for own in update.sources)
    assert torch.allclose(model.prototypes.detach(), update.prototypes)
    assert min(fitted.pruning.kept_by_class) >= 1


def test_non_negative_weights_are_the_best_of_their_kind(context):
    recipe = dataclasses.replace(context.recipe, head_nonnegative=True)
    context = dataclasses.replace(context, recipe=recipe)
    rows = split_rows(context)
    model = dprotonet(recipe, context.dataset.classes, None).network
    everyone = torch.arange(len(context.images))
    with torch.inference_mode():
        similarities = model.eval()(context.live.clean(everyone)).similarities.clone()
    prototype_stage.fit_head(model, similarities, context, rows)
    weight = model.head.weight.detach()
    own = torch.nn.functional.one_hot(model.prototype_class, 3).T.bool()
    assert (weight >= 0).all() and (weight[~own] == 0).all() and (weight[own] > 0).any()
    # An image that is like no prototype has equal logits.
    assert model.contributions(torch.zeros(1, 6)).sum(dim=-1).unique().numel() == 1


def test_prototypes_are_projected_between_epochs_and_only_such_networks_are_kept(context):
    recipe = dataclasses.replace(
        context.recipe, masks="patch", update="nearest", start="patches", project_every=2, epochs=4
    )
    own = dataclasses.replace(context, recipe=recipe)
    rows = split_rows(own)
    fitted = fit_network(own, rows, out=None)
    assert [epoch["projected"] for epoch in fitted.history] == [False, False, True, True]
    model, labels = fitted.network, own.images.labels[rows.train]
    for p, k in enumerate(model.options.prototype_classes):
        assert fitted.similarities[rows.train][labels == k, p].max() > 0.999
