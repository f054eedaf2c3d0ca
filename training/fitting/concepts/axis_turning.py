"""Every few batches of training: a batch of each concept, and the axes turn towards them.

Source: Chen, Bei & Rudin 2020, algorithm 1 and its released code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from ignite.engine import Engine, Events
from monai.engines import SupervisedTrainer
from torch import Tensor

from dprotonet.modeling.concepts.model import ConceptNet
from dprotonet.modeling.concepts.rotation import ConceptGradients, Search, turn
from training.data.concept_table import ConceptTable
from training.data.inputs import derived_seed
from training.fitting.context import TrainingContext


class AxisTurning:
    """The turns of one training.

    Args:
        model: in training.
        context: whose recipe says how often.
        table: what the images show.
        train: ``(n,)`` rows to draw from.

    Attributes:
        searches: of the last turn.
    """

    def __init__(
        self, model: ConceptNet, context: TrainingContext, table: ConceptTable, train: Tensor
    ) -> None:
        self._model, self._context = model, context
        self._showing = [table.showing(c, train) for c in range(len(table.names))]
        self._gradients = ConceptGradients(len(table.names), len(model.whitening.mean))
        self.searches: list[Search] = []

    def attach(self, trainer: SupervisedTrainer) -> Mapping[str, Any]:
        """Add the turns to a trainer; returns what its checkpoint keeps."""
        every = Events.ITERATION_COMPLETED(every=self._context.recipe.turn_every)

        @trainer.on(every)
        def now(engine: Engine) -> None:
            self.turn(engine.state.epoch, engine.state.iteration)

        return {"concept_gradients": self._gradients}

    def turn(self, epoch: int, iteration: int) -> None:
        """One turn. What is drawn depends on seed and iteration alone, as all in training does."""
        model, context = self._model, self._context
        was_training = model.training
        model.eval()
        with torch.no_grad():
            for concept, rows in enumerate(self._showing):
                drawn = _drawn(rows, context.recipe.concept_batch, self._seed(concept, iteration))
                images = context.inputs.augmented(drawn, epoch).to(context.device)
                features = model.cells(images).float()
                mode = model.options.activation
                self._gradients.add(model.whitening, features, concept, mode)
            self.searches = turn(model.whitening, self._gradients)
        model.train(was_training)

    def _seed(self, concept: int, iteration: int) -> int:
        return derived_seed("concept", self._context.recipe.seed, concept, iteration)


def _drawn(rows: Tensor, count: int, seed: int) -> Tensor:
    """At most ``count`` of these rows."""
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    return rows[order[:count]]
