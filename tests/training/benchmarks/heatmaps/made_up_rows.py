"""Rows that are made up, so that who wins and who loses is known."""

from training.benchmarks.heatmaps.plan import Plan

METHODS = ("mdm", "rise", "gradcam", "centre")
# Insertion minus deletion above that of mdm, image by image on average.
GAINS = {"mdm": 0.0, "rise": 0.2, "gradcam": -0.2, "centre": 0.0}
PLAN = Plan(
    bundle="made-up",
    digest="0" * 64,
    split="test",
    nodes=("class", "prototype"),
    fills=("blur",),
    steps=4,
    seed=0,
    methods={name: {} for name in METHODS},
    primary=("rise", "gradcam"),
    images=tuple(f"{i:05d}-x" for i in range(40)),
)


def scores(inserted):
    return {"insertion": inserted, "deletion": 0.1, "kept": 0.6, "hidden": 0.2, "masked": 0.4}


def result(inserted, *scales):
    clock = {"seconds": 0.5, "measuring_seconds": 0.1, "measuring_passes": 20}
    return {
        **clock,
        "forward": 10,
        "backward": 2,
        "mean_of_map": 0.3,
        "fills": {"blur": {scale: scores(inserted) for scale in scales}},
    }


def row(number, chance):
    ends = {"image": 0.8, "blur": 0.3}
    methods = {}
    for name in METHODS:
        reached = 0.5 + GAINS[name] + chance.normal(0, 0.05)
        methods[name] = {
            "code": "same" if name != "rise" else f"state {number % 2}",
            "class": result(reached, "probability", "log_odds"),
            "prototype": result(reached, "similarity"),
        }
        if name == "centre" and number < 2:
            methods[name]["prototype"]["mean_of_map"] = 0.0
        if number < 4:
            location = {"energy": 0.25, "peak_inside": 0.0, "peak_near": 1.0}
            methods[name]["class"] |= location
    return {
        "patient": f"p{number}",
        "right": True,
        "truth_area": 0.1 if number < 4 else None,
        "ends": {
            "class": {"probability": ends, "log_odds": ends},
            "prototype": {"similarity": ends},
        },
        "methods": methods,
    }
