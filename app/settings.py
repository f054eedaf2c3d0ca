"""The application's settings: one frozen dataclass, read from the environment once."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

from app import environment
from app.domain.accounts.outside import OutsideSignIn
from app.domain.archives.archive import Archive
from app.domain.archives.document import archives_of
from app.domain.dicom.receiving import KIBIBYTE, Receiving, networks
from app.domain.dicom.site import DicomSite
from app.domain.errors import Refused
from app.domain.sending.rule import SendingRule
from app.environment import SHORTEST_TOKEN, WrongSetting
from dprotonet.names import DEFAULT_ENGINE, ENGINES

ASSETS = Path(__file__).resolve().parent.parent / "assets"
MEBIBYTE = 1024 * 1024
LogFormat = Literal["text", "json"]
SignIn = Literal["token", "accounts"]
SIGN_INS: tuple[SignIn, ...] = get_args(SignIn)
LOG_FORMATS: tuple[LogFormat, ...] = get_args(LogFormat)
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")


@dataclass(frozen=True)
class Settings:
    """Where things lie, where the server listens, and how much it takes in."""

    data: Path
    """Folder of the database, the originals and the user's models (DPROTONET_DATA)."""
    database_url: str = ""
    """SQLAlchemy URL (DPROTONET_DATABASE_URL); empty: SQLite inside data."""
    bucket: str = ""
    """The S3 store of the originals and heatmaps (DPROTONET_BLOBS), s3://BUCKET/PREFIX; empty: they
    lie inside data. Its address and credentials are AWS_… of the environment."""
    models: tuple[Path, ...] = ()
    """More folders with bundles (DPROTONET_MODELS), each a bundle or a folder of bundles."""
    folders: tuple[Path, ...] = ()
    """Server folders that a batch may read (DPROTONET_FOLDERS)."""
    watched: tuple[Path, ...] = ()
    """Folders in these whose new files become batches by themselves (DPROTONET_WATCH)."""
    watch_seconds: int = 60
    """Between two looks at a watched folder (DPROTONET_WATCH_SECONDS)."""
    watch_explains: bool = False
    """Also compute the heatmap of each image's predicted class (DPROTONET_WATCH_EXPLAIN)."""
    training_data: Path | None = None
    """Folder of the images that the models were trained on (DPROTONET_TRAINING_DATA), which a model
    needs to learn from judgements; or a folder of such folders, each named as a model."""
    trusted_models: Path | None = None
    """The list of keys and digests of models that may read images here (DPROTONET_TRUSTED_MODELS);
    None: all may."""
    assets: Path = ASSETS
    """What comes with the program: models/ and cases/."""
    address: str = "127.0.0.1"
    """Where the server listens (DPROTONET_ADDRESS)."""
    port: int = 8501
    """TCP port (DPROTONET_PORT)."""
    behind_proxy: bool = False
    """A proxy stands in front (DPROTONET_BEHIND_PROXY=1); browsers may reach it by https."""
    hosts: tuple[str, ...] = ()
    """More names that are answered, beside those of this machine (DPROTONET_HOSTS, with commas)."""
    launch_token: str = field(default="", repr=False)
    """The token that lets in the local reader (DPROTONET_LAUNCH_TOKEN), for programs that start
    this one; empty: a new one at each start."""
    sign_in: SignIn = "token"
    """How somebody becomes known (DPROTONET_SIGN_IN): "token" for one reader at this machine,
    "accounts" for several."""
    session_idle: timedelta = timedelta(minutes=30)
    """A session ends when nothing was done for so long (DPROTONET_SESSION_IDLE_MINUTES)."""
    session_life: timedelta = timedelta(hours=12)
    """And so long after the sign-in in any case (DPROTONET_SESSION_HOURS)."""
    outside: OutsideSignIn | None = None
    """A service by which people sign in too, beside accounts (DPROTONET_OIDC_ISSUER and others)."""
    upload_files: int = 200
    """Most files in one upload (DPROTONET_UPLOAD_FILES)."""
    upload_bytes: int = 512 * MEBIBYTE
    """Most bytes in one upload (DPROTONET_UPLOAD_MB, in mebibytes)."""
    file_bytes: int = 256 * MEBIBYTE
    """Most bytes in one file, wherever it comes from (DPROTONET_FILE_MB, in mebibytes)."""
    folder_files: int = 100_000
    """Most files in one batch from a server folder."""
    api_requests: int = 600
    """Requests a minute that a program may make by one token (DPROTONET_API_REQUESTS)."""
    metrics_token: str = ""
    """What whoever reads /metrics must give (DPROTONET_METRICS_TOKEN); empty: nobody can."""
    log_format: LogFormat = "text"
    """How the log is written (DPROTONET_LOG): text, or json for a program that collects it."""
    engine: str = DEFAULT_ENGINE
    """What runs the networks that predict (DPROTONET_ENGINE): torch, or onnxruntime, which takes
    seconds to begin and is faster on a CPU."""
    patients: bool | None = None
    """Patients' images are held (DPROTONET_PATIENTS=yes); None: as it was chosen before, which the
    first page asks for."""
    deidentifies: bool = True
    """Patients' images are de-identified on their way in (DPROTONET_DEIDENTIFY=no: they are not).
    """
    pseudonym_key: str = field(default="", repr=False)
    """The key of the pseudonyms: a file's path, or 64 hexadecimal digits
    (DPROTONET_PSEUDONYM_KEY)."""
    blob_key: str = field(default="", repr=False)
    """The key that stored files are sealed with: a file's path, or 64 hexadecimal digits
    (DPROTONET_BLOB_KEY); empty: they are kept as they are."""
    old_blob_key: str = field(default="", repr=False)
    """The key before it (DPROTONET_OLD_BLOB_KEY), until all files are turned over."""
    workers: int = 1
    """Worker processes that the server starts (DPROTONET_WORKERS); 0: others run elsewhere."""
    sending: SendingRule = field(default_factory=SendingRule)
    """What leaves for archives by itself or on request (DPROTONET_SEND_TO, DPROTONET_SEND,
    DPROTONET_SEND_OBJECTS, DPROTONET_SEND_AS); nothing by default."""
    keep_read_days: int | None = None
    """Days after its newest signature when a case is due to go (DPROTONET_KEEP_READ_DAYS); None:
    never."""
    keep_unread_days: int | None = None
    """Days after it came when a case that nobody signed is due to go
    (DPROTONET_KEEP_UNREAD_DAYS); None: never."""
    kept_tags: tuple[str, ...] = ()
    """Elements of DICOM headers that stay (DPROTONET_KEPT_TAGS), divided by semicolons."""
    dicom_site: DicomSite = field(default_factory=DicomSite)
    """Who verifies reports that leave as DICOM objects (DPROTONET_ORGANISATION,
    DPROTONET_VERIFIERS)."""
    receiving: Receiving = field(default_factory=Receiving)
    """Who may store images here by DICOM, and where (DPROTONET_RECEIVE_FROM and others)."""
    archives: tuple[Archive, ...] = ()
    """Where studies come from and results go to, in the order of their file
    (DPROTONET_ARCHIVES)."""

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise WrongSetting(
                f"DPROTONET_PORT is {self.port}, which is no port. Give a number from 1 to 65535."
            )
        if self.launch_token and len(self.launch_token) < SHORTEST_TOKEN:
            raise WrongSetting(
                f"DPROTONET_LAUNCH_TOKEN has {len(self.launch_token)} characters and could be "
                f"guessed. Give {SHORTEST_TOKEN} or more, or leave it out."
            )
        if self.outside is not None and self.sign_in == "token":
            raise WrongSetting(
                "DPROTONET_OIDC_ISSUER names a sign-in service, which goes with accounts. "
                "Say so: DPROTONET_SIGN_IN=accounts."
            )
        if not self.is_loopback and self.sign_in == "token":
            raise WrongSetting(
                f"DPROTONET_ADDRESS is {self.address}, which others can reach. Use 127.0.0.1, or "
                "let everybody sign in: DPROTONET_SIGN_IN=accounts."
            )

        try:
            self.sending.check_archives(tuple(archive.name for archive in self.archives))
        except Refused as error:
            raise WrongSetting(str(error)) from None
        if self.workers > 1 and not self.is_shared:
            raise WrongSetting(
                f"DPROTONET_WORKERS is {self.workers}, but SQLite takes one worker. Give 1, or a "
                "PostgreSQL database with DPROTONET_DATABASE_URL."
            )

    @property
    def is_shared(self) -> bool:
        """Several workers may share the database."""
        return self.database_url.startswith("postgresql")

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach the address."""
        if self.address.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False

    @property
    def public_address(self) -> str:
        """The address at which people most likely find this server."""
        if self.hosts:
            scheme = "https" if self.behind_proxy else "http"
            port = "" if self.behind_proxy else f":{self.port}"
            return f"{scheme}://{self.hosts[0]}{port}"
        return f"http://localhost:{self.port}"

    @property
    def store_url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data / 'review.sqlite3'}"

    @property
    def blobs(self) -> Path:
        """Folder of the originals and heatmaps, by content, where they lie inside data."""
        return self.data / "blobs"

    @property
    def blob_root(self) -> str:
        """Where they lie: this folder, or its like in the S3 store."""
        return f"{self.bucket}/blobs" if self.bucket else str(self.blobs)

    @property
    def spool(self) -> Path:
        """Folder of what browsers have sent and nobody has taken in yet; emptied at a start."""
        return self.data / "spool"

    @property
    def own_models(self) -> Path:
        """Folder that ``models add`` copies into."""
        return self.data / "models"

    @property
    def galleries(self) -> Path:
        """Pictures of prototypes that are not part of a bundle, one folder a bundle digest."""
        return self.data / "galleries"

    @property
    def learning(self) -> Path:
        """Folder of models that learned and that nobody approved yet, one folder a job."""
        return self.data / "learning"

    @property
    def checks(self) -> Path:
        """Folder of reports of checks on a site's own images, one folder a job."""
        return self.data / "checks"

    @property
    def backups(self) -> Path:
        """Folder of the database's backups."""
        return self.data / "backups"

    @property
    def address_file(self) -> Path:
        """The address with the launch token, while the server runs."""
        return self.data / "address.txt"

    @property
    def signing_key(self) -> Path:
        """The key that signs cookies."""
        return self.data / ".signing.key"

    @property
    def server_lock(self) -> Path:
        """Held while the server, or a command that changes the whole store, runs."""
        return self.data / ".server.lock"

    @property
    def worker_lock(self) -> Path:
        """Held while the worker runs, where there is one only."""
        return self.data / ".worker.lock"

    @property
    def receiver_lock(self) -> Path:
        """Held while images are received by DICOM."""
        return self.data / ".receiver.lock"

    @property
    def model_folders(self) -> tuple[Path, ...]:
        """The folders that hold bundles, in the order in which bundles are listed."""
        return (self.assets / "models", self.own_models, *self.models)

    @classmethod
    def from_environment(cls, given: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Args:
            given: ``os.environ`` when left out.

        Raises:
            WrongSetting: one value cannot be used; the sentence names the variable.
        """
        env = os.environ if given is None else given
        return cls(
            data=_data_folder(env),
            database_url=_database_url(env),
            bucket=_bucket(env),
            models=environment.folders(env, "DPROTONET_MODELS"),
            folders=environment.folders(env, "DPROTONET_FOLDERS"),
            watched=_watched(env),
            watch_seconds=environment.number(
                env, "DPROTONET_WATCH_SECONDS", 60, unit="number of seconds", most=86_400
            ),
            watch_explains=environment.yes(env, "DPROTONET_WATCH_EXPLAIN"),
            training_data=environment.folder(env, "DPROTONET_TRAINING_DATA"),
            trusted_models=environment.file(env, "DPROTONET_TRUSTED_MODELS"),
            address=_address(env, "DPROTONET_ADDRESS"),
            port=environment.number(env, "DPROTONET_PORT", 8501, unit="port", least=1, most=65535),
            behind_proxy=environment.yes(env, "DPROTONET_BEHIND_PROXY"),
            hosts=_hosts(env),
            sign_in=environment.one_of(
                env,
                "DPROTONET_SIGN_IN",
                SIGN_INS,
                mend="Give token, for one reader at this machine, or accounts.",
            ),
            session_idle=timedelta(
                minutes=environment.number(
                    env, "DPROTONET_SESSION_IDLE_MINUTES", 30, unit="number of minutes", most=1440
                )
            ),
            session_life=timedelta(
                hours=environment.number(
                    env, "DPROTONET_SESSION_HOURS", 12, unit="number of hours", most=168
                )
            ),
            outside=_outside(env),
            launch_token=env.get("DPROTONET_LAUNCH_TOKEN", "").strip(),
            upload_files=environment.number(
                env, "DPROTONET_UPLOAD_FILES", 200, unit="number of files"
            ),
            upload_bytes=MEBIBYTE
            * environment.number(env, "DPROTONET_UPLOAD_MB", 512, unit="number of mebibytes"),
            file_bytes=MEBIBYTE
            * environment.number(env, "DPROTONET_FILE_MB", 256, unit="number of mebibytes"),
            api_requests=environment.number(
                env, "DPROTONET_API_REQUESTS", 600, unit="number of requests", least=1
            ),
            metrics_token=environment.token(env, "DPROTONET_METRICS_TOKEN"),
            engine=environment.one_of(
                env, "DPROTONET_ENGINE", tuple(ENGINES), mend="Give torch or onnxruntime."
            ),
            log_format=environment.one_of(
                env, "DPROTONET_LOG", LOG_FORMATS, mend="Give text or json."
            ),
            patients=environment.yes_or_none(env, "DPROTONET_PATIENTS"),
            deidentifies=environment.yes_or_none(env, "DPROTONET_DEIDENTIFY") is not False,
            pseudonym_key=env.get("DPROTONET_PSEUDONYM_KEY", "").strip(),
            blob_key=env.get("DPROTONET_BLOB_KEY", "").strip(),
            old_blob_key=env.get("DPROTONET_OLD_BLOB_KEY", "").strip(),
            workers=environment.number(
                env, "DPROTONET_WORKERS", 1, unit="number of workers", least=0, most=64
            ),
            sending=_sending(env),
            keep_read_days=environment.days(env, "DPROTONET_KEEP_READ_DAYS"),
            keep_unread_days=environment.days(env, "DPROTONET_KEEP_UNREAD_DAYS"),
            kept_tags=_kept_tags(env),
            dicom_site=_dicom_site(env),
            receiving=_receiving(env),
            archives=_archives(env),
        )


def _data_folder(env: Mapping[str, str]) -> Path:
    text = env.get("DPROTONET_DATA", "").strip()
    if text:
        folder = Path(text).expanduser().absolute()
    else:
        folder = Path("~/.local/share/dprotonet-review").expanduser()
    if folder.exists() and not folder.is_dir():
        raise WrongSetting(f"DPROTONET_DATA is {folder}, which is a file. Give a folder.")
    return folder


def _database_url(env: Mapping[str, str]) -> str:
    url = env.get("DPROTONET_DATABASE_URL", "").strip()
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise WrongSetting(
            "DPROTONET_DATABASE_URL is of a kind that is not supported. "
            "Give sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME."
        )
    return url


def _bucket(env: Mapping[str, str]) -> str:
    text = env.get("DPROTONET_BLOBS", "").strip().rstrip("/")
    if text and not _BUCKET.fullmatch(text):
        raise WrongSetting(
            "DPROTONET_BLOBS is no address of an S3 store. Give s3://BUCKET or s3://BUCKET/PREFIX, "
            "its credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    return text


def _address(env: Mapping[str, str], name: str) -> str:
    address = env.get(name, "").strip() or "127.0.0.1"
    if address.lower() == "localhost":
        return address.lower()
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise WrongSetting(
            f"{name} is “{address}”, which is no address of this machine. "
            "Give one such as 127.0.0.1."
        ) from None


def _outside(env: Mapping[str, str]) -> OutsideSignIn | None:
    try:
        return OutsideSignIn.from_environment(env)
    except Refused as error:
        raise WrongSetting(str(error)) from None


def _sending(env: Mapping[str, str]) -> SendingRule:
    try:
        return SendingRule.from_environment(env)
    except Refused as error:
        raise WrongSetting(str(error)) from None


def _watched(env: Mapping[str, str]) -> tuple[Path, ...]:
    """The watched folders; their real paths, since no link may lead out of what is allowed."""
    roots = [root.resolve() for root in environment.folders(env, "DPROTONET_FOLDERS")]
    watched = [folder.resolve() for folder in environment.folders(env, "DPROTONET_WATCH")]
    for folder in watched:
        if not any(folder.is_relative_to(root) for root in roots):
            raise WrongSetting(
                f"DPROTONET_WATCH names {folder}, which no batch may read. Name it, or a folder "
                "that it lies in, in DPROTONET_FOLDERS too."
            )
    return tuple(dict.fromkeys(watched))


def _hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(
        name.strip().lower() for name in env.get("DPROTONET_HOSTS", "").split(",") if name.strip()
    )
    for name in names:
        if not _HOST.fullmatch(name):
            raise WrongSetting(
                f"DPROTONET_HOSTS has “{name}”, which is no host's name. "
                "Give names such as review.example, without http:// and port."
            )
    return names


def _dicom_site(env: Mapping[str, str]) -> DicomSite:
    try:
        return DicomSite.from_environment(env)
    except Refused as error:
        raise WrongSetting(str(error)) from None


def _receiving(env: Mapping[str, str]) -> Receiving:
    senders = env.get("DPROTONET_RECEIVE_FROM", "").split(",")
    usual = Receiving()
    try:
        return Receiving(
            title=env.get("DPROTONET_RECEIVE_TITLE", "").strip() or usual.title,
            senders=tuple(title.strip() for title in senders if title.strip()),
            hosts=networks(env.get("DPROTONET_RECEIVE_HOSTS", "")),
            address=_address(env, "DPROTONET_RECEIVE_ADDRESS"),
            port=environment.number(
                env, "DPROTONET_RECEIVE_PORT", usual.port, unit="port", least=0, most=65535
            ),
            associations=environment.number(
                env,
                "DPROTONET_RECEIVE_ASSOCIATIONS",
                usual.associations,
                unit="number of associations",
                most=64,
            ),
            pdu_bytes=KIBIBYTE
            * environment.number(
                env,
                "DPROTONET_RECEIVE_PDU_KB",
                usual.pdu_bytes // KIBIBYTE,
                unit="number of kibibytes",
                least=4,
                most=1024,
            ),
            certificate=environment.file(env, "DPROTONET_RECEIVE_CERTIFICATE"),
            private_key=environment.file(env, "DPROTONET_RECEIVE_PRIVATE_KEY"),
            authorities=environment.file(env, "DPROTONET_RECEIVE_AUTHORITIES"),
        )
    except Refused as error:
        raise WrongSetting(str(error)) from None


def _archives(env: Mapping[str, str]) -> tuple[Archive, ...]:
    path = environment.file(env, "DPROTONET_ARCHIVES")
    if path is None:
        return ()

    def secret(file: Path) -> str:
        return environment.private_text(file, named_by="The file of archives")

    try:
        return archives_of(path.read_text("utf-8"), env=env, read_file=secret)
    except (OSError, UnicodeDecodeError):
        raise WrongSetting(
            f"DPROTONET_ARCHIVES names {path}, which cannot be read as text. Correct it."
        ) from None
    except WrongSetting:
        raise
    except Refused as error:
        raise WrongSetting(f"{error} The file is that of DPROTONET_ARCHIVES.") from None


def _kept_tags(env: Mapping[str, str]) -> tuple[str, ...]:
    parts = (part.strip() for part in env.get("DPROTONET_KEPT_TAGS", "").split(";"))
    names = tuple(part for part in parts if part)
    if names:
        from dprotonet.images.deidentify.instructions import check_kept  # pydicom: not at a start

        for name in names:
            try:
                check_kept(name)
            except ValueError:
                raise WrongSetting(
                    f"DPROTONET_KEPT_TAGS names “{name}”, which is no element. Give keywords such "
                    "as PatientSex, or private elements such as 0019xx10 ACME 1.1, divided by ;"
                ) from None
    return names
