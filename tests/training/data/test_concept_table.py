from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dprotonet.errors import ReadableError
from training.data.concept_table import concept_table, known_concepts, read_concepts
from training.datasets.registry import phantom
from training.datasets.samples import Sample
from training.recipe import load_recipe


def samples(count=60):
    return [
        Sample(f"s{i}", None, f"p{i}", 0, concepts=(("device", i % 2 == 0), ("rare", i == 0)))
        for i in range(count)
    ]


def recipe(*settings):
    return load_recipe("phantom", list(settings))


def everyone(count=60):
    return torch.arange(count)


def test_what_enough_training_images_show_is_chosen_and_what_is_rare_is_not():
    table = concept_table(samples(), recipe(), everyone())
    assert table.names == ("device",)
    assert table.values[:4, 0].tolist() == [1, 0, 1, 0]
    assert table.showing(0, torch.tensor([0, 1, 4])).tolist() == [0, 4]


def test_named_concepts_are_taken_in_their_order_however_rare():
    table = concept_table(samples(), recipe("concepts=rare, device"), everyone())
    assert table.names == ("rare", "device")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["concepts=halo"], "Nothing is known of the concept 'halo'. Choose among: device, rare"),
        (["concepts=rare"], "Of the training images 0 show 'rare'"),
    ],
)
def test_what_cannot_be_learned_is_refused(settings, said):
    with pytest.raises(ReadableError, match=said):
        concept_table(samples(), recipe(*settings), everyone()[1:])


def test_without_any_concept_the_sentence_names_the_mend():
    plain = [replace(s, concepts=()) for s in samples()]
    with pytest.raises(ReadableError, match="concept_table=PATH"):
        concept_table(plain, recipe(), everyone())


def test_view_sex_and_age_count_where_they_are_known():
    sample = Sample("s", None, "p", 0, view="AP", sex="F", age=61)
    assert known_concepts(sample) == {"AP view": True, "female": True, "60 or older": True}
    assert known_concepts(Sample("s", None, "p", 0, view="CC")) == {}


def test_the_phantom_knows_its_devices_and_its_token():
    made = phantom(recipe("phantom_films=200", "phantom_shortcut=true")).samples
    table = concept_table(made, recipe(), everyone(200))
    assert {"ecg_leads", "central_line", "token", "AP view"} <= set(table.names)
    token = table.values[:, table.names.index("token")]
    labels = np.array([s.label for s in made])
    assert token[labels == 1].mean() > 0.8 and token[labels != 1].mean() < 0.2


def test_a_folder_of_concept_folders_is_added_and_says_of_every_image_what_it_shows(tmp_path: Path):
    (tmp_path / "halo").mkdir()
    for number in range(1, 60, 2):
        (tmp_path / "halo" / f"s{number}.png").touch()
    table = concept_table(samples(), recipe(f"concept_table={tmp_path}"), everyone())
    assert table.names == ("device", "halo")
    assert table.values[:4, 1].tolist() == [0, 1, 0, 1]


def test_a_table_of_ones_own_is_added_and_an_empty_field_is_unknown(tmp_path: Path):
    file = tmp_path / "mine.csv"
    file.write_text("image,halo\n" + "".join(f"s{i},{i % 2}\n" for i in range(50)) + "s50,\n")
    table = concept_table(samples(), recipe(f"concept_table={file}"), everyone())
    assert table.names == ("device", "halo")
    assert table.values[:3, 1].tolist() == [0, 1, 0]
    assert table.values[50:, 1].tolist() == [-1] * 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image\ns1\n", "names no concepts"),
        ("image,halo\ns1,perhaps\n", "Line 2 of mine.csv says 'perhaps' of halo"),
        ("image,halo,rim\ns1,1\n", "Line 2 of mine.csv has 1 concepts"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(tmp_path: Path, text, said):
    file = tmp_path / "mine.csv"
    file.write_text(text)
    with pytest.raises(ReadableError, match=said):
        read_concepts(file)


def test_a_table_that_is_not_there_is_named():
    with pytest.raises(ReadableError, match=r"nowhere\.csv cannot be read"):
        read_concepts(Path("nowhere.csv"))
