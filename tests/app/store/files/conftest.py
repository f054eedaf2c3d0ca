"""A place of blobs of each kind."""

from pathlib import Path

import pytest

BACK_ENDS = ["folder", pytest.param("s3", marks=pytest.mark.tools)]


@pytest.fixture(params=BACK_ENDS)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where blobs may lie: a folder, and a bucket of an S3 store."""
    if request.param == "folder":
        return str(tmp_path / "blobs")
    return f"{request.getfixturevalue('bucket')}/reviews/blobs"
