"""Trust: without a list all models read images, with one only those that it vouches for."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.trust import Approval
from app.services import batches, models, review
from app.services.inference import queue
from app.services.trust.approval import approval
from app.services.trust.keys import new_key, read_key
from app.services.trust.signatures import SIGNATURES, sign
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import FakePool, make_workplace, png


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, assets: Path) -> Workplace:
    """With its own copies of two models, and a list that is empty as yet."""
    shutil.copytree(assets / "models", tmp_path / "assets" / "models")
    trusted = tmp_path / "trusted"
    trusted.write_text("")
    settings = Settings(
        tmp_path / "data",
        database_url=sqlite_url,
        assets=tmp_path / "assets",
        trusted_models=trusted,
    )
    return make_workplace(settings)


def model(site: Workplace, name: str = "chest-phantom") -> BundleInfo:
    found = site.models.find(name)
    assert found is not None
    return found


def trust(site: Workplace, *lines: str) -> None:
    assert site.settings.trusted_models is not None
    site.settings.trusted_models.write_text("\n".join(lines))


def test_without_a_list_nothing_is_asked_for(site: Workplace) -> None:
    free = replace(site, settings=replace(site.settings, trusted_models=None))
    assert approval(free, model(free)) == Approval(True)
    assert models.active(free) is not None


def test_an_empty_list_trusts_none_but_all_can_be_looked_at(site: Workplace) -> None:
    assert models.active(site) is None
    assert len(models.all(site)) == 2 and models.bundle(site, model(site).digest).card
    with pytest.raises(Refused, match=f"add “sha256 {model(site).digest}”"):
        models.set_active(site, model(site).digest)
    with pytest.raises(Refused, match="There is no model"):
        batches.start_folder(site, site.settings.data)


def test_a_listed_digest_is_trusted_and_taken_back_with_its_line(site: Workplace) -> None:
    info = model(site)
    trust(site, f"sha256 {info.digest} board, 3 May")
    assert approval(site, info) == Approval(True, "the site's list (board, 3 May)")
    assert models.set_active(site, info.digest) == models.active(site)
    assert not approval(site, model(site, "nih-pneumonia")).is_approved
    trust(site)
    assert models.active(site) is None


def test_a_model_that_a_listed_key_signed_is_trusted(site: Workplace, tmp_path: Path) -> None:
    info = model(site)
    public = new_key(tmp_path / "key.pem")
    sign(info.path, info.digest, read_key(tmp_path / "key.pem"))
    assert not approval(site, info).is_approved, "its key is not on the list"
    trust(site, f"ed25519 {public} Radiology")
    assert approval(site, info) == Approval(True, "the key of Radiology")
    other = model(site, "nih-pneumonia")
    shutil.copy(info.path / SIGNATURES, other.path / SIGNATURES)
    assert not approval(site, other).is_approved, "a signature is of one model"


def test_a_list_that_cannot_be_understood_trusts_none(site: Workplace) -> None:
    trust(site, f"sha256 {model(site).digest}", "all")
    with pytest.raises(Refused, match="Line 2"):
        models.active(site)
    assert site.settings.trusted_models is not None
    site.settings.trusted_models.unlink()
    with pytest.raises(Refused, match="cannot be read, so that no model is trusted"):
        models.set_active(site, model(site).digest)


def test_a_model_that_is_trusted_no_more_reads_nothing_that_waits(site: Workplace) -> None:
    info = model(site)
    trust(site, f"sha256 {info.digest}")
    taken = intake.add(site, png(1, level=200), name="a.png")
    case = str(taken.case_id)
    trust(site)
    pool = FakePool()
    queue.run_pending(site, pool)
    sheet = review.open_case(site, case)
    assert sheet.prediction is None and "not among the models" in str(sheet)
    with pytest.raises(Refused, match="not among the models"):
        review.set_case_model(site, case, info.digest)
