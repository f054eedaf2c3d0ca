"""Settings: sentences for wrong values, and no open door without a word."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.environment import WrongSetting
from app.settings import MEBIBYTE, Settings


def read(**environment: str) -> Settings:
    return Settings.from_environment({f"DPROTONET_{k}": v for k, v in environment.items()})


def test_without_any_setting_it_is_local_and_in_the_home_folder() -> None:
    settings = Settings.from_environment({})
    assert (settings.address, settings.port, settings.behind_proxy) == ("127.0.0.1", 8501, False)
    assert settings.data == Path.home() / ".local/share/dprotonet-review"
    assert settings.store_url == f"sqlite:///{settings.data}/review.sqlite3"
    assert settings.model_folders[0] == settings.assets / "models"


def test_stored_files_lie_in_the_data_folder_or_below_the_prefix_of_a_bucket(
    tmp_path: Path,
) -> None:
    assert Settings(tmp_path).blob_root == str(tmp_path / "blobs")
    for given in ("s3://films", "s3://films/ward-3/"):
        settings = read(DATA=str(tmp_path), BLOBS=given)
        assert settings.blob_root == f"{given.rstrip('/')}/blobs"


def test_every_variable_is_read(tmp_path: Path) -> None:
    folders = os.pathsep.join([str(tmp_path), "", str(tmp_path / "..")])
    settings = read(
        DATA=str(tmp_path / "d"),
        DATABASE_URL="postgresql://u:p@h/n",
        BLOBS="s3://films/ward-3/",
        MODELS=str(tmp_path),
        FOLDERS=folders,
        WATCH=str(tmp_path),
        WATCH_SECONDS="5",
        WATCH_EXPLAIN="1",
        TRAINING_DATA=str(tmp_path),
        ADDRESS="0.0.0.0",
        PORT="80",
        BEHIND_PROXY="1",
        SIGN_IN="accounts",
        SESSION_IDLE_MINUTES="5",
        SESSION_HOURS="6",
        HOSTS="Review.example, 10.0.0.7",
        LAUNCH_TOKEN="twenty letters or more",
        UPLOAD_FILES="7",
        UPLOAD_MB="8",
        FILE_MB="9",
        METRICS_TOKEN="0123456789abcdef0123",
        LOG="JSON",
        ENGINE="onnxruntime",
        WORKERS="3",
    )
    assert settings.data == tmp_path / "d"
    assert settings.store_url == "postgresql+psycopg://u:p@h/n"
    assert settings.training_data == tmp_path
    assert settings.models == (tmp_path,) and len(settings.folders) == 2
    assert settings.watched == (tmp_path.resolve(),)
    assert settings.watch_seconds == 5 and settings.watch_explains
    assert (settings.address, settings.port, settings.behind_proxy) == ("0.0.0.0", 80, True)
    assert (settings.upload_files, settings.upload_bytes) == (7, 8 * MEBIBYTE)
    assert settings.file_bytes == 9 * MEBIBYTE
    assert (settings.metrics_token, settings.log_format) == ("0123456789abcdef0123", "json")
    assert settings.engine == "onnxruntime"
    assert settings.workers == 3 and settings.is_shared
    assert settings.session_idle == timedelta(minutes=5)
    assert settings.session_life == timedelta(hours=6)
    assert settings.hosts == ("review.example", "10.0.0.7")
    assert settings.launch_token == "twenty letters or more"
    assert settings.launch_token not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "sixteen letters and spaces"),
        ("LOG", "syslog"),
        ("ENGINE", "tensorrt"),
        ("PORT", "8501.5"),
        ("ADDRESS", "everywhere"),
        ("ADDRESS", "0.0.0.0"),
        ("ADDRESS", "::"),
        ("ADDRESS", "192.168.1.7"),
        ("BEHIND_PROXY", "perhaps"),
        ("HOSTS", "http://review.example"),
        ("HOSTS", "review.example:8501"),
        ("LAUNCH_TOKEN", "short"),
        ("SIGN_IN", "no"),
        ("SESSION_HOURS", "1000"),
        ("FOLDERS", "/no/such/folder"),
        ("MODELS", "/no/such/folder"),
        ("TRUSTED_MODELS", "/no/such/file"),
        ("TRAINING_DATA", "/no/such/folder"),
        ("DATABASE_URL", "mysql://h/n"),
        ("BLOBS", "/mnt/films"),
        ("BLOBS", "s3://key:secret@films/a"),
        ("BLOBS", "s3://films/../a"),
        ("WORKERS", "-1"),
        ("WORKERS", "2"),  # with SQLite
        ("UPLOAD_FILES", "-1"),
        ("UPLOAD_MB", "much"),
        ("FILE_MB", "0"),
        ("DATA", __file__),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"DPROTONET_{variable} ") as result:
        read(**{variable: value})
    assert str(result.value).endswith(".") and len(str(result.value).split(". ")) >= 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.8.9.1"])
def test_loopback_needs_no_accounts(address: str) -> None:
    settings = read(ADDRESS=address)
    assert settings.is_loopback and settings.sign_in == "token"


def test_an_address_that_others_reach_takes_sign_in_whatever_stands_in_front() -> None:
    with pytest.raises(WrongSetting, match="DPROTONET_SIGN_IN=accounts"):
        read(ADDRESS="0.0.0.0", BEHIND_PROXY="1")
    assert read(ADDRESS="0.0.0.0", SIGN_IN="accounts").sign_in == "accounts"


def test_the_address_is_the_one_that_people_know(tmp_path: Path) -> None:
    settings = Settings(tmp_path, port=81)
    assert settings.public_address == "http://localhost:81"
    named = replace(settings, hosts=("review.example",))
    assert named.public_address == "http://review.example:81"
    assert replace(named, behind_proxy=True).public_address == "https://review.example"


def test_what_is_said_of_patients_is_read_and_the_key_is_never_printed() -> None:
    unsaid = read()
    assert (unsaid.patients, unsaid.deidentifies, unsaid.kept_tags) == (None, True, ())
    said = read(
        PATIENTS="yes",
        DEIDENTIFY="no",
        PSEUDONYM_KEY="ab" * 32,
        KEPT_TAGS="PatientSex; 0019xx10 ACME 1.1;",
    )
    assert (said.patients, said.deidentifies) == (True, False)
    assert said.kept_tags == ("PatientSex", "0019xx10 ACME 1.1")
    assert said.pseudonym_key == "ab" * 32 and "abab" not in repr(said)
    assert read(PATIENTS="no").patients is False
    with pytest.raises(WrongSetting, match="“PatientColour”, which is no element"):
        read(KEPT_TAGS="PatientColour")


def test_nobody_may_send_images_unless_they_are_named(tmp_path: Path) -> None:
    data = {"DPROTONET_DATA": str(tmp_path)}
    usual = Settings.from_environment(data).receiving
    assert usual.senders == () and (usual.address, usual.port) == ("127.0.0.1", 11112)
    given = {
        "DPROTONET_RECEIVE_FROM": "PACS1, CT 2,",
        "DPROTONET_RECEIVE_TITLE": "REVIEW",
        "DPROTONET_RECEIVE_HOSTS": "10.1.2.0/24",
        "DPROTONET_RECEIVE_ADDRESS": "0.0.0.0",
        "DPROTONET_RECEIVE_PORT": "104",
        "DPROTONET_RECEIVE_ASSOCIATIONS": "2",
        "DPROTONET_RECEIVE_PDU_KB": "64",
    }
    found = Settings.from_environment({**data, **given}).receiving
    assert found.senders == ("PACS1", "CT 2") and found.title == "REVIEW"
    assert (found.address, found.port, found.associations) == ("0.0.0.0", 104, 2)
    assert found.pdu_bytes == 65536 and found.may_connect("10.1.2.9")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DPROTONET_RECEIVE_FROM", "PACS1,A\\B"),
        ("DPROTONET_RECEIVE_TITLE", "LONGER THAN SIXTEEN"),
        ("DPROTONET_RECEIVE_HOSTS", "pacs"),
        ("DPROTONET_RECEIVE_ADDRESS", "pacs"),
        ("DPROTONET_RECEIVE_PORT", "70000"),
        ("DPROTONET_RECEIVE_ASSOCIATIONS", "0"),
        ("DPROTONET_RECEIVE_PDU_KB", "4096"),
        ("DPROTONET_RECEIVE_CERTIFICATE", "/there/is/none.pem"),
    ],
)
def test_a_setting_of_the_receiver_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(WrongSetting, match=name):
        Settings.from_environment({"DPROTONET_DATA": str(tmp_path), name: value})


def test_archives_are_those_of_their_file_and_its_secrets_are_closed(tmp_path: Path) -> None:
    secret, file = tmp_path / "password", tmp_path / "archives.toml"
    secret.write_text("hidden\n")
    file.write_text(
        '[[archive]]\nname = "main"\naddress = "https://pacs.example"\nuser = "ann"\n'
        f'password_file = "{secret}"\n'
    )
    secret.chmod(0o640)
    with pytest.raises(WrongSetting, match="Others may read a secret"):
        read(ARCHIVES=str(file))
    secret.chmod(0o600)
    settings = read(ARCHIVES=str(file))
    assert [archive.name for archive in settings.archives] == ["main"]
    assert settings.archives[0].credentials is not None
    assert settings.archives[0].credentials.secret == "hidden"
    assert "hidden" not in repr(settings)
    secret.unlink()
    with pytest.raises(WrongSetting, match="cannot be read"):
        read(ARCHIVES=str(file))


def test_a_wrong_file_of_archives_is_told_with_its_variable(tmp_path: Path) -> None:
    file = tmp_path / "archives.toml"
    with pytest.raises(WrongSetting, match="which is no file"):
        read(ARCHIVES=str(file))
    file.write_bytes(b"\xff")
    with pytest.raises(WrongSetting, match="cannot be read as text"):
        read(ARCHIVES=str(file))
    file.write_text("")
    with pytest.raises(WrongSetting, match=r"names no archive.*DPROTONET_ARCHIVES"):
        read(ARCHIVES=str(file))


def test_by_default_nothing_is_sent_and_what_is_sent_goes_to_an_archive_that_is_described(
    tmp_path: Path,
) -> None:
    assert not read().sending.sends
    file = tmp_path / "archives.toml"
    file.write_text('[[archive]]\nname = "main"\naddress = "https://pacs.example/dicom-web"\n')
    found = read(ARCHIVES=str(file), SEND_TO="main", SEND="automatic").sending
    assert found.archives == ("main",) and found.is_automatic
    with pytest.raises(WrongSetting, match="DPROTONET_SEND_TO names “other”"):
        read(ARCHIVES=str(file), SEND_TO="main, other")
    with pytest.raises(WrongSetting, match="DPROTONET_SEND_AS is “name”"):
        read(SEND_AS="name")


def test_a_watched_folder_lies_in_one_that_a_batch_may_read(tmp_path: Path) -> None:
    for name in ("allowed", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "allowed" / "link").symlink_to(tmp_path / "other")
    for folder in (tmp_path / "other", tmp_path / "allowed" / "link", tmp_path):
        with pytest.raises(WrongSetting, match="which no batch may read"):
            read(FOLDERS=str(tmp_path / "allowed"), WATCH=str(folder))
