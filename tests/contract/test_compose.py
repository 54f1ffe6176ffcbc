"""The compose file: its roles get settings that there are, secrets that are made, and no more rights than they need."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.deploy_files import CONTAINERFILE, DEPLOY, documents, parse, settled, version_of_image
from yarl import URL

from stream.desk.store.vault import Vault
from stream.settings.kafka import is_local

FOLDER = DEPLOY / "compose"
GIVEN = {"CHURNWATCH_OIDC_ISSUER": "https://id.example", "CHURNWATCH_OIDC_CLIENT": "desk"}


def filled(text: str) -> str:
    """Fill in variables as compose does: the default, or what somebody must give."""
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: GIVEN[found[1]], text)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


COMPOSE: dict[str, Any] = yaml.safe_load(filled((FOLDER / "compose.yaml").read_text(encoding="utf-8")))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ROLES = {name: service for name, service in SERVICES.items() if service["image"].startswith("churnwatch:")}


def settings_of(name: str, secrets: Path):
    service = ROLES[name]
    return settled(service["environment"], secrets, service["secrets"])


def test_all_that_it_takes_is_there():
    assert set(ROLES) == {"topics", "worker-0", "worker-1", "trainer", "desk"}
    assert set(SERVICES) - set(ROLES) == {"kafka", "postgres", "prometheus", "grafana"}
    assert "$" not in str(COMPOSE)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded_and_can_be_seen_to_be_well(name):
    service = SERVICES[name]
    version_of_image(service["image"])
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "network_mode", "pid", "devices", "cap_add"} & set(service)
    assert "healthcheck" in service or (name in ROLES and "HEALTHCHECK" in CONTAINERFILE.read_text(encoding="utf-8"))
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_what_it_names_is_declared_and_what_it_mounts_is_there():
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (FOLDER / source).is_dir() if source.startswith(".") else source in COMPOSE["volumes"], mount


@pytest.mark.parametrize("name", ROLES)
def test_a_role_is_started_with_a_command_and_settings_that_there_are(name, tmp_path):
    parse(ROLES[name]["command"])
    settings = settings_of(name, tmp_path)
    (server,) = settings.kafka.servers
    assert not is_local(server.split(":")[0])
    assert settings.kafka.allow_plaintext
    assert f"PLAINTEXT://{server}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert ROLES[name]["read_only"]
    assert ROLES[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", ROLES)
def test_a_role_has_time_to_end(name, tmp_path):
    settings = settings_of(name, tmp_path)
    assert int(ROLES[name]["stop_grace_period"].removesuffix("s")) * 1000 > settings.engine.transaction_timeout_ms


def test_workers_keep_their_names_and_disks_apart(tmp_path):
    workers = [name for name in ROLES if name.startswith("worker")]
    for name in workers:
        settings = settings_of(name, tmp_path)
        assert settings.engine.instance == settings.http.advertise == name
        assert ROLES[name]["volumes"] == [f"{name}:/var/lib/churnwatch"]
    assert len(workers) <= settings.topics.partitions


def test_the_desk_signs_in_by_a_provider_and_has_a_database_of_its_own(tmp_path):
    settings = settings_of("desk", tmp_path)
    assert settings.desk.web.sign_in == "oidc"
    assert not settings.desk.database.embedded
    assert ROLES["desk"]["ports"] == [f"127.0.0.1:{settings.desk.port}:{settings.desk.port}"]


def test_prometheus_asks_the_roles_where_they_listen(tmp_path):
    (asked,) = documents(DEPLOY / "prometheus" / "prometheus.yml")
    targets = {target for job in asked["scrape_configs"] for one in job["static_configs"] for target in one["targets"]}
    assert targets == {f"{name}:{settings_of(name, tmp_path).http.port}" for name in ROLES if name != "topics"}


def test_grafana_is_given_prometheus_and_every_dashboard():
    (sources,) = documents(FOLDER / "grafana" / "datasources" / "prometheus.yaml")
    assert [source["type"] for source in sources["datasources"]] == ["prometheus"]
    assert sources["datasources"][0]["url"].startswith("http://prometheus:")
    (boards,) = documents(FOLDER / "grafana" / "dashboards" / "churnwatch.yaml")
    path = boards["providers"][0]["options"]["path"]
    assert f"../grafana:{path}:ro" in SERVICES["grafana"]["volumes"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DEPLOY / "grafana" / home.removeprefix(path + "/")).is_file()


def test_secrets_are_made_once_and_fit(tmp_path):
    folder = tmp_path / "secrets"
    command = ["bash", str(FOLDER / "secrets.sh"), str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    made = {file.name: file.read_text(encoding="ascii") for file in folder.iterdir()}
    assert {f"secrets/{name}" for name in made} == {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    Vault([made["desk-keys"].strip()])
    assert len({text.strip() for text in made.values()}) == len(made)
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert made == {file.name: file.read_text(encoding="ascii") for file in folder.iterdir()}


def test_the_password_of_the_desks_database_is_that_of_postgres(tmp_path):
    subprocess.run(["bash", str(FOLDER / "secrets.sh"), str(tmp_path)], check=True, capture_output=True, timeout=60)
    url = URL((tmp_path / "desk-database-url").read_text(encoding="ascii").strip())
    environment = SERVICES["postgres"]["environment"]
    assert url.password == (tmp_path / "postgres-password").read_text(encoding="ascii").strip()
    assert (url.host, url.user) == ("postgres", environment["POSTGRES_USER"])
    assert url.path == "/" + environment["POSTGRES_DB"]
