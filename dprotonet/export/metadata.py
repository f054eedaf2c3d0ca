"""What an exported file says of itself, so that it can be used without its bundle."""

from __future__ import annotations

import json
from typing import Any

from dprotonet import __version__
from dprotonet.bundle.bundle import Bundle

RESEARCH_USE = "Research use, not for diagnosis."


def facts(bundle: Bundle) -> dict[str, Any]:
    """Classes, calibration, thresholds, preprocessing and the bundle's digest, as JSON values."""
    limits = bundle.support_limits
    return {
        "intended_use": RESEARCH_USE,
        "name": bundle.name,
        "title": bundle.card.title,
        "licence": bundle.card.licence,
        "bundle_digest": bundle.digest,
        "exported_by": f"dprotonet {__version__}",
        "classes": list(bundle.classes),
        "negative_class": bundle.negative_class,
        "multi_label": bundle.multi_label,
        "temperature": bundle.temperature,
        "threshold": bundle.threshold,
        "thresholds": bundle.thresholds,
        "offsets": bundle.offsets,
        "prototypes": [
            {"id": record.id, "class": record.class_name} for record in bundle.prototypes
        ],
        "support": None if limits is None else limits.to_json(),
        "scope": None if bundle.card.scope is None else bundle.card.scope.to_json(),
        "preprocessing": {
            **bundle.manifest.preprocessing,
            "order": "(N, 3, S, S), R G B; a grey image three times",
            "range": "the image as displayed, 0 to 1, less the mean, divided by the sd",
            "placement": "resized with its sides' ratio kept (bilinear, antialiased), centred, "
            "0 beside it before the mean is taken off",
        },
    }


def texts(bundle: Bundle) -> dict[str, str]:
    """The same as texts, for formats that keep nothing else."""
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in facts(bundle).items()
    }
