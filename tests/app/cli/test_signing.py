"""``models key`` and ``models sign``: a key, a signature, and no data folder."""

import shutil
from pathlib import Path

import pytest

from app.cli.main import main
from app.services.trust.signatures import SIGNATURES


def test_a_key_is_made_and_signs_a_model(
    tmp_path: Path, assets: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(assets / "models" / "chest-phantom", bundle)
    key = str(tmp_path / "key.pem")
    assert main(["models", "key", key]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("ed25519 ") and line.endswith(" NAME")
    assert main(["models", "sign", str(bundle), "--key", key]) == 0
    assert line.split()[1] in capsys.readouterr().out and (bundle / SIGNATURES).is_file()
    assert not data.exists(), "no data was opened"
    assert main(["models", "key", key]) == 1
    assert "exists already" in capsys.readouterr().err


def test_an_altered_model_is_not_signed(
    tmp_path: Path, assets: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(assets / "models" / "chest-phantom", bundle)
    (bundle / "prototypes.json").write_text("[]")
    assert main(["models", "key", str(tmp_path / "key.pem")]) == 0
    assert main(["models", "sign", str(bundle), "--key", str(tmp_path / "key.pem")]) == 1
    assert "prototypes.json" in capsys.readouterr().err and not (bundle / SIGNATURES).exists()
    assert main(["models", "sign", str(bundle), "--key", str(tmp_path / "none.pem")]) == 1
    assert "none.pem cannot be read" in capsys.readouterr().err
    assert main(["models", "key", str(tmp_path / "none" / "key.pem")]) == 1
    assert "cannot be written" in capsys.readouterr().err
