"""The compose file and the Kubernetes manifest: what a schema says of them, commands and settings
that there are, and no more rights than are needed."""

import os
import re
import shutil
import subprocess
import sys
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

COMPOSE = ROOT / "docs/container/compose.yaml"
MANIFEST = ROOT / "docs/container/kubernetes.yaml"
LINTERS = {
    COMPOSE: ("check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
    MANIFEST: ("kubernetes-validate", "--strict"),
}


@pytest.mark.parametrize("file", LINTERS, ids=lambda path: path.stem)
def test_its_linter_finds_nothing_where_there_is_one(file: Path) -> None:
    name, *options = LINTERS[file]
    beside = str(Path(sys.executable).parent)
    linter = shutil.which(name, path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if linter is None:
        pytest.skip(f"{name} is not installed")
    found = subprocess.run([linter, *options, file], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stdout + found.stderr


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
    for name in ("server", "worker", "receiver"):
        service = services()[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_no_password_stands_in_them_and_no_port_is_open_to_others() -> None:
    for pod, container in containers():
        for one in container["env"]:
            is_secret = "PASSWORD" in one["name"] or one["name"].endswith("_URL")
            assert not is_secret or "secretKeyRef" in one["valueFrom"], (pod, one["name"])
    published = [port for one in services().values() for port in one.get("ports", ())]
    assert published == ["127.0.0.1:8501:8501", "127.0.0.1:11112:11112"]


def test_a_worker_is_given_longer_to_leave_than_it_takes() -> None:
    from app.runtime.worker import GRACE_SECONDS, LAST_SECONDS

    pod = manifests("Deployment")["dprotonet-worker"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > GRACE_SECONDS + LAST_SECONDS
    assert services()["worker"]["stop_grace_period"] == "20s"
