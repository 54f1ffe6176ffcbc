"""The kustomize base: pods get settings, commands and secrets that there are, time to end, and no needless rights.

What a schema knows is checked by the commands in `deploy/docs/install.md`; here is what none knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.deploy_files import DEPLOY, documents, instructions, parse, settled

from stream.capacity import costs
from stream.config import Settings

FOLDER = DEPLOY / "kubernetes"
BASE = FOLDER / "base"
(KUSTOMIZATION,) = documents(BASE / "kustomization.yaml")
OBJECTS = [document for name in KUSTOMIZATION["resources"] for document in documents(BASE / name)]
KEPT = {one["metadata"]["name"]: set(one["stringData"]) for one in documents(FOLDER / "secrets.yaml")}
OWNERS = {one["metadata"]["name"]: one for one in OBJECTS if "template" in one.get("spec", {})}
SERVING = ["worker", "trainer", "desk"]
STATE, SETTINGS, SECRETS = "/var/lib/churnwatch", "/etc/churnwatch", "/run/secrets/churnwatch"
MEBI = 1 << 20


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == kind}


def pod(name: str) -> dict[str, Any]:
    return OWNERS[name]["spec"]["template"]["spec"]


def container(name: str) -> dict[str, Any]:
    (only,) = pod(name)["containers"]
    return only


def volumes(name: str) -> dict[str, dict[str, Any]]:
    return {volume["name"]: volume for volume in pod(name)["volumes"]}


def settings_of(name: str, secrets: Path) -> Settings:
    """Return what the pod's role would load; what comes from the pod's own fields is its name."""
    env = {one["name"]: one.get("value", "worker-0") for one in container(name)["env"]}
    held = KEPT[volumes(name)["secrets"]["secret"]["secretName"]]
    return settled(env, secrets, sorted(held), BASE / "churnwatch.toml")


def mebibytes(amount: str) -> int:
    return int(amount[:-2]) * {"Mi": 1, "Gi": 1024}[amount[-2:]]


def test_all_that_it_takes_is_there():
    assert set(OWNERS) == {*SERVING, "topics"}
    assert {name: one["kind"] for name, one in OWNERS.items()} == {
        "worker": "StatefulSet", "trainer": "StatefulSet", "desk": "Deployment", "topics": "Job",
    }  # fmt: skip
    assert {file.name for file in BASE.glob("*.yaml")} == {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    (generated,) = KUSTOMIZATION["configMapGenerator"]
    assert all((BASE / file).is_file() for file in generated["files"])
    assert ("ARG", f"VERSION={KUSTOMIZATION['images'][0]['newTag']}") in instructions()


@pytest.mark.parametrize("name", OWNERS)
def test_a_pod_runs_a_command_with_settings_and_secrets_that_there_are(name, tmp_path):
    args = container(name)["args"]
    parse(args)
    assert args[:2] == ["topics", "apply"] if name == "topics" else args[0] == name
    assert args[-2:] == ["--config", f"{SETTINGS}/churnwatch.toml"]
    settings = settings_of(name, tmp_path)
    assert settings.kafka.encrypted
    assert settings.kafka.sasl_username == volumes(name)["secrets"]["secret"]["secretName"]
    assert settings.http.token.get_secret_value()
    assert volumes(name)["settings"]["configMap"]["name"] == KUSTOMIZATION["configMapGenerator"][0]["name"]


@pytest.mark.parametrize("name", OWNERS)
def test_a_pod_has_no_rights_that_it_does_not_need(name):
    spec, only = pod(name), container(name)
    uid = next(rest for given, rest in instructions() if given == "USER").split(":")[0]
    context = spec["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["fsGroup"]) == (True, int(uid), int(uid))
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert volumes(name)["secrets"]["secret"]["defaultMode"] & 0o007 == 0


@pytest.mark.parametrize("name", OWNERS)
def test_a_pod_can_write_where_it_has_to(name):
    mounts = {mount["mountPath"]: mount for mount in container(name)["volumeMounts"]}
    assert set(mounts) == {STATE, SETTINGS, SECRETS, "/tmp"}
    claims = {claim["metadata"]["name"] for claim in OWNERS[name]["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for mount in mounts.values()} == set(volumes(name)) | claims
    assert claims == ({"state"} if OWNERS[name]["kind"] == "StatefulSet" else set())
    assert {path for path, mount in mounts.items() if mount.get("readOnly")} == {SETTINGS, SECRETS}


@pytest.mark.parametrize("name", SERVING)
def test_a_role_is_asked_how_it_is_where_it_answers(name, tmp_path):
    settings, only = settings_of(name, tmp_path), container(name)
    ports = {port["name"]: port["containerPort"] for port in only["ports"]}
    assert ports["metrics"] == settings.http.port
    assert settings.http.host == "0.0.0.0"
    probes = {kind: only[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: (one["path"], one["port"]) for kind, one in probes.items()} == {
        "startup": ("/healthz", "metrics"), "liveness": ("/healthz", "metrics"), "readiness": ("/readyz", "metrics"),
    }  # fmt: skip
    services = of_kind("Service")[name]
    assert {port["port"] for port in services["ports"]} == set(ports.values())
    assert services["selector"] == {"app.kubernetes.io/name": name}


@pytest.mark.parametrize("name", SERVING)
def test_a_role_has_time_to_end_and_is_not_shot_while_it_works(name, tmp_path):
    settings, only = settings_of(name, tmp_path), container(name)
    grace = pod(name)["terminationGracePeriodSeconds"]
    if name != "desk":
        assert grace * 1000 > settings.engine.transaction_timeout_ms
    assert grace >= 60
    live = only["livenessProbe"]
    assert live["periodSeconds"] * live["failureThreshold"] >= 60


def test_workers_keep_their_names_and_are_taken_away_one_at_a_time(tmp_path):
    fields = {
        one["name"]: one["valueFrom"]["fieldRef"]["fieldPath"]
        for one in container("worker")["env"]
        if "valueFrom" in one
    }
    assert fields == {"CHURNWATCH_ENGINE__INSTANCE": "metadata.name", "CHURNWATCH_HTTP__ADVERTISE": "status.podIP"}
    assert settings_of("worker", tmp_path).engine.instance == "worker-0"
    assert OWNERS["worker"]["spec"]["replicas"] <= settings_of("worker", tmp_path).topics.partitions
    assert OWNERS["trainer"]["spec"]["replicas"] == 1
    assert {name: one["maxUnavailable"] for name, one in of_kind("PodDisruptionBudget").items()} == {
        "worker": 1,
        "desk": 1,
    }


def test_a_worker_asks_for_what_was_measured(tmp_path):
    resources = container("worker")["resources"]
    needed = costs.WORKER_BYTES / MEBI + settings_of("worker", tmp_path).engine.cache_mb
    assert needed <= mebibytes(resources["requests"]["memory"]) < mebibytes(resources["limits"]["memory"])
    assert resources["requests"]["cpu"] == "1"
    assert "cpu" not in resources["limits"]


def test_the_desk_shares_a_database_and_signs_in_by_a_provider(tmp_path):
    desk = settings_of("desk", tmp_path).desk
    assert not desk.database.embedded
    assert desk.keys.file is not None
    assert desk.web.sign_in == "oidc"
    assert desk.web.public_url.startswith("https://")
    assert {port["name"]: port["containerPort"] for port in container("desk")["ports"]}["page"] == desk.port


def test_nothing_goes_in_or_out_but_what_is_named(tmp_path):
    policies = of_kind("NetworkPolicy")
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    settings = settings_of("desk", tmp_path)
    kafka = {int(server.rpartition(":")[2]) for server in settings.kafka.servers}
    assert kafka <= set(opened(policies["names-and-kafka"], "egress"))
    assert set(opened(policies["metrics"], "ingress")) == {settings.http.port}
    assert set(opened(policies["desk"], "ingress")) == {settings.desk.port}
    assert set(opened(policies["worker"], "ingress")) == {settings.http.port}


def opened(policy: dict[str, Any], way: str) -> Iterator[int]:
    """Yield the ports of a policy's rules; a rule without ports would open all."""
    for rule in policy[way]:
        assert rule["ports"]
        yield from (port["port"] for port in rule["ports"])


def test_secrets_come_empty_so_that_none_is_known_to_others():
    for secret in documents(FOLDER / "secrets.yaml"):
        assert set(secret["stringData"].values()) == {""}
        assert secret["metadata"]["namespace"] == KUSTOMIZATION["namespace"]
    assert set(KEPT) == {pod(name)["volumes"][1]["secret"]["secretName"] for name in OWNERS}


def test_prometheus_gives_the_job_names_that_rules_go_by():
    (asked,) = documents(FOLDER / "prometheus.yaml")
    (job,) = asked["scrape_configs"]
    assert job["kubernetes_sd_configs"][0]["namespaces"]["names"] == [KUSTOMIZATION["namespace"]]
    named = next(rule for rule in job["relabel_configs"] if rule.get("target_label") == "job")
    (compose,) = documents(DEPLOY / "prometheus" / "prometheus.yml")
    services = named["regex"].strip("()").split("|")
    assert set(services) == set(SERVING) <= set(of_kind("Service"))
    wanted = {one["job_name"] for one in compose["scrape_configs"]}
    assert {named["replacement"].replace("$1", name) for name in services} == wanted


def test_the_overlay_is_of_this_base():
    (overlay,) = documents(FOLDER / "example" / "kustomization.yaml")
    assert [(FOLDER / "example" / way).resolve() for way in overlay["resources"]] == [BASE]
    assert {one["name"] for one in overlay["replicas"]} <= set(OWNERS)
