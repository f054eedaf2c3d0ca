from pathlib import Path, PurePath

from hypothesis import given
from hypothesis import strategies as st

from dprotonet.cli.inputs import InputFile
from dprotonet.cli.output_paths import OutputPaths, is_explanation, safe_node

NAMES = ("Mass", "mass", "no pneumonia", "a.b", "a%2Eb", "Infiltration/x", "p00", "CON", "Ö", "ö")


def source(relative: str, order: int = 1) -> InputFile:
    return InputFile(Path("images") / relative, PurePath(relative), order)


def test_a_node_keeps_its_plain_name():
    assert safe_node("class", names=NAMES) == "class"
    assert safe_node("prototype:p00", names=NAMES) == "prototype-p00"


def test_what_a_file_name_cannot_hold_is_encoded():
    assert safe_node("class:Infiltration/x", names=NAMES) == "class-Infiltration%2Fx"
    assert safe_node("class:no pneumonia", names=NAMES) == "class-no%20pneumonia"


def test_names_that_differ_in_capitals_alone_differ_where_capitals_do_not_count():
    safe = {safe_node(f"class:{name}", names=NAMES).casefold() for name in NAMES}

    assert len(safe) == len(NAMES)


@given(st.sets(st.text(min_size=1, max_size=60), min_size=2, max_size=8))
def test_no_two_nodes_share_a_name_on_any_file_system(names):
    safe = [safe_node(f"class:{name}", names=sorted(names)) for name in names]

    assert len({name.casefold() for name in safe}) == len(names)
    assert all(len(name) <= 100 for name in safe)
    assert all(character.isascii() for name in safe for character in name)
    assert not any(set(name) & set('<>:"/\\|?*. ') for name in safe)


def test_an_explanation_mirrors_the_folders_of_its_image():
    files = OutputPaths(Path("out")).files(source("ward/a.dcm"), 3, "class")

    assert files.heatmap == Path("out/ward/a.dcm.3.class.heatmap.npy")
    assert files.overlay == Path("out/ward/a.dcm.3.class.overlay.png")
    assert files.record == Path("out/ward/a.dcm.3.class.json")


def test_equal_names_from_two_paths_are_kept_apart():
    output_paths = OutputPaths(Path("out"))

    first = output_paths.files(source("a.dcm", 1), 0, "class")
    next_frame = output_paths.files(source("a.dcm", 1), 1, "class")
    second = output_paths.files(source("a.dcm", 2), 0, "class")
    capital = output_paths.files(source("A.dcm", 3), 0, "class")

    assert first.record == Path("out/a.dcm.0.class.json")
    assert next_frame.record == Path("out/a.dcm.1.class.json")
    assert second.record == Path("out/path-2/a.dcm.0.class.json")
    assert capital.record == Path("out/path-3/A.dcm.0.class.json")


def test_a_folder_that_is_called_like_the_way_out_is_kept_apart_too():
    output_paths = OutputPaths(Path("out"))
    given = [source("path-2/a.dcm", 1), source("a.dcm", 1), source("a.dcm", 2)]

    records = {output_paths.files(one, 0, "class").record for one in given}

    assert len(records) == 3


def test_a_name_that_would_be_too_long_keeps_its_ends_and_is_no_other_images(tmp_path):
    output_paths = OutputPaths(tmp_path)
    names = [f"{letter * count}{n}.dcm" for letter, count in (("x", 244), ("ä", 122)) for n in "12"]
    names += ["y" * 251 + ".png"]

    made = [output_paths.files(source(name), 99, "class", "integrated-gradients") for name in names]

    for files in made:
        for path in (files.heatmap, files.overlay, files.record):
            path.write_bytes(b"")
    assert len({files.record for files in made}) == len(names)
    assert made[0].record.name.startswith("xxx") and "1.dcm.99.class." in made[0].record.name


def test_a_name_that_fits_stays_as_it_is(tmp_path):
    name = "x" * (255 - len(".0.class.overlay.png"))

    files = OutputPaths(tmp_path).files(source(name), 0, "class")

    assert files.overlay.name == f"{name}.0.class.overlay.png"
    assert len(files.overlay.name) == 255


def test_a_path_that_would_be_too_long_lies_in_the_folder_itself(tmp_path):
    deep = PurePath(*["d" * 200] * 20)
    given = [source(str(deep / name)) for name in ("a.dcm", "b.dcm")]
    given += [source(str(deep.parent / ("e" * 200) / "a.dcm"))]
    output_paths = OutputPaths(tmp_path)

    made = [output_paths.files(one, 0, "class").record for one in given]

    assert len(set(made)) == 3
    assert {path.parent for path in made} == {tmp_path}
    assert all(path.name.endswith(".dcm.0.class.json") for path in made)


def test_a_byte_that_is_no_text_is_written_as_its_number():
    output_paths = OutputPaths(Path("out"))

    odd = output_paths.files(source("w\udcf6/r\udcf6.jpg"), 0, "class")
    plain = output_paths.files(source("w%F6/r%F6.jpg"), 0, "class")

    assert odd.record == Path("out/w%F6/r%F6.jpg.0.class.json")
    assert plain.record == Path("out/path-1/w%F6/r%F6.jpg.0.class.json")


def test_no_file_takes_a_name_that_windows_keeps_for_a_device():
    files = OutputPaths(Path("out")).files(source("con/aux.png"), 0, "class")

    assert files.record == Path("out/_con/_aux.png.0.class.json")


def test_an_image_beside_its_explanation_is_no_explanation(tmp_path):
    stem = "a.png.0.class"
    names = [f"{stem}.heatmap.npy", f"{stem}.overlay.png", f"{stem}.json"]
    for name in ("a.png", "b.overlay.png", *names):
        (tmp_path / name).touch()

    assert all(is_explanation(tmp_path / name) for name in names)
    assert not is_explanation(tmp_path / "a.png")
    assert not is_explanation(tmp_path / "b.overlay.png")
