"""Small images of two classes, as files to be opened like any other."""

from pathlib import Path

from PIL import Image

from tests.dprotonet.tiny_bundle import tiny_images


def image_files(folder: Path, per_class: int = 4) -> list[Path]:
    """PNG files, class by class in turns."""
    paths = []
    for number, image in enumerate(tiny_images(2, per_class)):
        paths.append(folder / f"{number}.png")
        Image.fromarray(image).save(paths[-1])
    return paths
