"""The compose file and the Kubernetes manifest: what a schema says of them, commands and settings
that there are, and no more rights than are needed."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli.arguments import parse
from app.cli.dicom.receive import LAST_SECONDS
from app.cli.requests import Receive, Work
from app.settings import Settings
from tests.paths import ROOT
from tests.tools import tool

COMPOSE = ROOT / "docs/container/compose.yaml"
MANIFEST = ROOT / "docs/container/kubernetes.yaml"
LINTERS = {
    COMPOSE: ("check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
    MANIFEST: ("kubernetes-validate", "--strict"),
}
NOWHERE = "http://127.0.0.1:9"  # a proxy that is not there


def said_of(file: Path, *, as_file: Path) -> subprocess.CompletedProcess[str]:
    """What the linter of one file says of another, with no way to a schema on the network."""
    name, *options = LINTERS[as_file]
    nowhere = {"http_proxy": NOWHERE, "https_proxy": NOWHERE, "no_proxy": ""}
    return subprocess.run(
        [tool("linters", name), *options, file],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **nowhere, **{key.upper(): value for key, value in nowhere.items()}},
    )


@pytest.mark.tools
@pytest.mark.parametrize("file", LINTERS, ids=lambda path: path.stem)
def test_its_linter_finds_nothing(file: Path) -> None:
    found = said_of(file, as_file=file)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.tools
@pytest.mark.parametrize("file", LINTERS, ids=lambda path: path.stem)
def test_its_linter_finds_a_word_that_is_none(file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / file.name
    wrong.write_text(re.sub(r"(?m)^(\s+)image: ", r"\1imago: ", file.read_text()))
    assert "imago" in "".join(said_of(wrong, as_file=file).stdout.split())


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def manifests(kind: str) -> dict[str, Any]:
    every = yaml.safe_load_all(MANIFEST.read_text())
    return {one["metadata"]["name"]: one for one in every if one["kind"] == kind}


def containers() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for kind in ("Deployment", "StatefulSet"):
        for one in manifests(kind).values():
            pod = one["spec"]["template"]["spec"]
            yield from ((pod, container) for container in pod["containers"])


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container["env"]}


def test_the_workers_run_the_command_that_there_is_on_one_thread_each() -> None:
    of_compose = services()["worker"]
    of_cluster = manifests("Deployment")["dprotonet-worker"]["spec"]["template"]["spec"]
    (container,) = of_cluster["containers"]
    for command in (of_compose["command"], container["command"]):
        assert command[:3] == ["python", "-m", "app"] and parse(command[3:]) == Work("cpu")
    assert of_compose["environment"]["OMP_NUM_THREADS"] == "1"
    assert environment_of(container)["OMP_NUM_THREADS"] == "1"
    assert of_compose["deploy"]["replicas"] > 1


def test_the_server_has_no_worker_of_its_own() -> None:
    of_compose = services()["server"]["environment"]
    (container,) = manifests("Deployment")["dprotonet-server"]["spec"]["template"]["spec"][
        "containers"
    ]
    for given in (of_compose, environment_of(container)):
        own = {k: v for k, v in given.items() if k != "DPROTONET_DATABASE_URL"}
        assert Settings.from_environment(own).workers == 0


def test_the_receiver_runs_the_command_that_there_is_and_somebody_may_send() -> None:
    of_compose = services()["receiver"]
    pod = manifests("Deployment")["dprotonet-receiver"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    given = (of_compose["environment"], environment_of(container))
    for command, env in zip((of_compose["command"], container["command"]), given, strict=True):
        assert command[:3] == ["python", "-m", "app"] and parse(command[3:]) == Receive()
        own = {k: v for k, v in env.items() if k != "DPROTONET_DATABASE_URL"}
        receiving = Settings.from_environment(own).receiving
        assert receiving.senders and receiving.port == container["ports"][0]["containerPort"]
    assert of_compose["profiles"] == ["receive"]
    assert pod["terminationGracePeriodSeconds"] > LAST_SECONDS
    assert of_compose["stop_grace_period"] == "20s"


def test_every_setting_is_one_that_the_program_reads() -> None:
    known = set(re.findall(r"DPROTONET_[A-Z_]+", (ROOT / "app/settings.py").read_text()))
    for file in (COMPOSE, MANIFEST):
        named = set(re.findall(r"DPROTONET_[A-Z_]+", file.read_text()))
        assert named and named <= known


def test_nobody_is_root_or_may_write_or_do_more_than_they_need() -> None:
    for pod, container in containers():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        closed = container["securityContext"]
        assert closed["capabilities"] == {"drop": ["ALL"]}
        assert closed["allowPrivilegeEscalation"] is False
        assert "memory" in container["resources"]["limits"]
        if container["name"] != "postgres":
            assert closed["readOnlyRootFilesystem"] is True
    for name in ("server", "worker", "receiver", "store", "bucket"):
        service = services()[name]
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    assert services()["server"]["read_only"] and services()["worker"]["read_only"]


def test_no_password_stands_in_them_and_no_port_is_open_to_others() -> None:
    for pod, container in containers():
        for one in container["env"]:
            is_secret = one["name"].endswith(("PASSWORD", "_URL", "_KEY", "_KEY_ID"))
            assert not is_secret or "secretKeyRef" in one["valueFrom"], (pod, one["name"])
    for service in services().values():
        given = service.get("environment", {})
        assert not [name for name in given if name.endswith(("PASSWORD", "_KEY", "_KEY_ID"))]
    published = [port for one in services().values() for port in one.get("ports", ())]
    assert published == ["127.0.0.1:8501:8501", "127.0.0.1:11112:11112"]


def test_server_and_workers_share_an_s3_store_and_no_folder() -> None:
    server, worker = services()["server"], services()["worker"]
    stored = {"DPROTONET_BLOBS", "AWS_ENDPOINT_URL", "AWS_REGION"}
    assert stored <= set(server["environment"]) & set(worker["environment"])
    assert server["env_file"] == worker["env_file"] and "s3.env" in server["env_file"]
    assert "volumes" not in worker and any(one.startswith("/data:") for one in worker["tmpfs"])
    name, _, _ = (
        Settings.from_environment({"DPROTONET_BLOBS": worker["environment"]["DPROTONET_BLOBS"]})
        .bucket.removeprefix("s3://")
        .partition("/")
    )
    assert name in services()["bucket"]["command"][0]
    for pod, container in containers():
        if container["name"] != "postgres":
            assert container["envFrom"] == [{"secretRef": {"name": "dprotonet-s3"}}]
        if container["name"] == "worker":
            assert {key for volume in pod["volumes"] for key in volume} == {"name", "emptyDir"}


def test_a_worker_is_given_longer_to_leave_than_it_takes() -> None:
    from app.runtime.worker import GRACE_SECONDS, LAST_SECONDS

    pod = manifests("Deployment")["dprotonet-worker"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > GRACE_SECONDS + LAST_SECONDS
    assert services()["worker"]["stop_grace_period"] == "20s"
