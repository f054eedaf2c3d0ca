"""``models list``, ``models add`` and ``models activate``."""

from pathlib import Path

import pytest

from app.cli.main import main


def test_models_are_added_listed_and_activated(
    data: Path, assets: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.settings.ASSETS", assets)
    monkeypatch.setattr("app.settings.Settings.model_folders", property(lambda s: (s.own_models,)))
    assert main(["models", "add", str(assets / "models" / "chest-phantom")]) == 0
    assert main(["models", "add", str(assets / "models" / "nih-pneumonia")]) == 0
    assert main(["models", "activate", "chest-phantom"]) == 0
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:15] for line in lines[-2:]] == ["* chest-phantom", "  nih-pneumonia"]
    assert main(["models", "add", str(assets / "models" / "nih-pneumonia"), "--activate"]) == 0
    assert "New uploads are read with nih-pneumonia" in capsys.readouterr().out
    assert main(["models", "activate", "none-such"]) == 1
    assert main(["models", "add", str(assets)]) == 1
    assert "none-such" in (err := capsys.readouterr().err) and str(assets) in err
