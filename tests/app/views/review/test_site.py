from __future__ import annotations

from collections.abc import Callable

from app.services import models
from app.services.checks import site_choice
from app.services.workplace import Workplace
from tests.app.services.checks.conftest import site_settings
from tests.app.views.screen import Screen


def test_a_case_says_under_whose_threshold_it_was_read_and_follows_when_told(
    image: Screen, workplace: Workplace, worker: Callable[[], int]
) -> None:
    assert "Threshold and calibration" not in image.text
    info = models.active(workplace)
    assert info is not None
    own = site_settings(info)
    site_choice.use(workplace, info.digest, own)
    image.run()
    assert "Threshold and calibration of the model." in image.text
    image.press("Read with this site's threshold")
    worker()
    image.run()
    assert "Threshold and calibration of this site (2026-11-26, 240 images)." in image.text
    site_choice.stop(workplace, info.digest)
    image.run().press("Read with the model's own threshold")
    assert "of this site (" not in image.text
