"""Networks that rest on one of two textures, and images that show both: the evidence is known."""

import torch
from torch import Tensor, nn

from dprotonet.explain.reader.settings import ReaderSettings
from tests.dprotonet.explain.toys import PATCH, SIZE, checkers, patch_mask, toy_image

QUICK = ReaderSettings(
    steps=100,
    batch=4,
    cells=12,
    rate=1e-2,
    edged=True,
    smoothness=0.1,
    noise=0.05,
    steady=0.0,
    averaging=0.5,
    shift=0,  # the textures are seen at even places alone
    validate_every=50,
    validation_images=4,
    precision="float32",
)


class TextureClassifier(nn.Module):
    """Two classes; the second means "this texture somewhere". All textures reach its features."""

    def __init__(self, texture: str) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 8, stride=2), nn.ReLU())
        self.classifier = nn.Linear(4, 2)
        kernels = [checkers(kind)[:8, :8] / 64 / 3 for kind in ("squares", "rows")]
        chosen = (("squares", "rows").index(texture)) * 2
        with torch.no_grad():
            bank = torch.stack([kernels[0], -kernels[0], kernels[1], -kernels[1]])
            self.features[0].weight.copy_(bank[:, None].expand(-1, 3, -1, -1))
            self.features[0].bias.fill_(-0.3)
            self.classifier.weight.zero_()
            self.classifier.weight[1, chosen : chosen + 2] = 60.0
            self.classifier.weight[0] = -self.classifier.weight[1]
            self.classifier.bias.copy_(torch.tensor([1.5, -1.5]))
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean(dim=(2, 3)))


def planted(
    count: int, seed: int, *, most: float = 1.0
) -> tuple[Tensor, list[dict[str, tuple[int, int]]]]:
    """Images ``(N, 3, SIZE, SIZE)`` with squares in one half and rows in the other, and where.

    ``most`` is the fraction of the images that have each of the two.
    """
    generator = torch.Generator().manual_seed(seed)
    places, images = [], []
    for _ in range(count):
        # At even places, where the network's steps of two pixels meet the texture.
        rows = (2 * torch.randint(0, (SIZE - PATCH) // 2, (2,), generator=generator)).tolist()
        columns = (2 * torch.randint(0, PATCH // 4, (2,), generator=generator)).tolist()
        side = int(torch.randint(2, (), generator=generator))
        at = [(rows[i], columns[i] + (i ^ side) * SIZE // 2) for i in (0, 1)]
        has = (torch.rand(2, generator=generator) < most).tolist()
        both = {"squares": at[0], "rows": at[1]}
        places.append(
            {kind: place for (kind, place), one in zip(both.items(), has, strict=True) if one}
        )
        noise = 0.05 * torch.randn(3, SIZE, SIZE, generator=generator)
        images.append(toy_image(**places[-1]) + noise)
    return torch.stack(images), places


def peaks_inside(heatmaps: Tensor, places: list[dict[str, tuple[int, int]]], texture: str) -> int:
    """Of heatmaps ``(N, 1, S, S)``, how many have their highest pixel on the texture."""
    return sum(
        bool(patch_mask(*place[texture]).flatten()[heatmap.argmax()])
        for heatmap, place in zip(heatmaps, places, strict=True)
    )
