"""compose/kubernetes/: what a cluster is given fits Kubernetes' schemas, and keeps the comparison fair."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import kubernetes_validate
import pytest

from loadtests.backend.distribution import ELASTICSEARCH
from loadtests.checkout import PROJECT
from loadtests.load.orders import Generators
from loadtests.options import BenchOptions, WorkerOptions
from loadtests.targets import Target
from shared.settings import Settings, Twin
from tests.compose.manifests import (
    FOLDER,
    KUSTOMIZATION,
    ROOTS,
    Document,
    find,
    kustomization,
    literals,
    name_of,
    pod_templates,
    rendered,
    selections,
    variables,
    written,
)

VERSION = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
KUBERNETES = ("1.32", "1.37")
TWINS: tuple[Twin, ...] = ("sync", "async")
IMAGES = ("twinlab-sync", "twinlab-async", "twinlab-load")
BY_OPERATOR = "Elasticsearch/elasticsearch"
"""Of a kind that Kubernetes itself doesn't know."""
PODS = dict(pod_templates(written()))
TWIN = PODS["Deployment/twin"]
ASKS_ELASTICSEARCH = ("Deployment/twin", "Job/books", "Job/load-master")
COMPARISON = literals("load", "comparison")
PASSWORD = "aZ9" * 8


def checked(documents: tuple[Document, ...]) -> list[Document]:
    return [document for document in documents if name_of(document) != BY_OPERATOR]


def only_container(pod: Document) -> Document:
    (container,) = pod["spec"]["containers"]
    return dict(container)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("document", checked(written()), ids=name_of)
def test_a_document_fits_its_schema(document: Document, version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", KUBERNETES)
def test_of_elasticsearch_only_what_its_pods_are_made_from_has_a_schema_here(version: str) -> None:
    elasticsearch = find(written(), BY_OPERATOR)
    with pytest.raises(kubernetes_validate.SchemaNotFoundError):
        kubernetes_validate.validate(elasticsearch, version, strict=True)
    (nodes,) = elasticsearch["spec"]["nodeSets"]
    pods = {"apiVersion": "v1", "kind": "PodTemplate", "template": nodes["podTemplate"]}
    kubernetes_validate.validate(pods, version, strict=True)


@pytest.mark.parametrize("twin", TWINS)
def test_a_twin_is_the_one_manifest_under_its_own_name_label_and_image(twin: Twin) -> None:
    assert kustomization(twin) == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../twin"],
        "nameSuffix": f"-{twin}",
        "labels": [{"pairs": {"app.kubernetes.io/name": f"twin-{twin}"}, "includeSelectors": True}],
        "images": [{"name": "twin", "newName": f"twinlab-{twin}"}],
    }


def test_both_twins_have_as_many_pods() -> None:
    counts = {one["name"]: one["count"] for one in kustomization(".")["replicas"]}
    assert counts == dict.fromkeys(("twin-sync", "twin-async"), counts["twin-sync"])


def test_what_a_pod_is_promised_is_what_it_may_take() -> None:
    (nodes,) = find(written(), BY_OPERATOR)["spec"]["nodeSets"]
    for name, pod in [*PODS.items(), (BY_OPERATOR, nodes["podTemplate"])]:
        resources = only_container(pod)["resources"]
        assert resources == {"requests": resources["limits"], "limits": resources["limits"]}, name
        assert resources["limits"].keys() == {"cpu", "memory"}, name


@pytest.mark.parametrize("name", PODS)
def test_no_pod_runs_as_root_writes_to_its_image_or_reaches_kubernetes(name: str) -> None:
    spec = PODS[name]["spec"]
    keeps_results = any("persistentVolumeClaim" in volume for volume in spec["volumes"])
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
        **({"fsGroup": 10001} if keeps_results else {}),
    }
    assert only_container(PODS[name])["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("name", [name for name in PODS if name != "Pod/fetch"])
def test_a_program_can_write_to_tmp(name: str) -> None:
    volumes = {volume["name"]: volume for volume in PODS[name]["spec"]["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in only_container(PODS[name])["volumeMounts"]}
    assert "emptyDir" in volumes[mounts["/tmp"]]


def test_results_lie_where_they_are_written_and_where_they_are_fetched() -> None:
    claim = find(written(), "PersistentVolumeClaim/results")["metadata"]["name"]
    places = {}
    for name, pod in PODS.items():
        claimed = [one for one in pod["spec"]["volumes"] if "persistentVolumeClaim" in one]
        for volume in claimed:
            assert volume["persistentVolumeClaim"]["claimName"] == claim
            mounts = only_container(pod)["volumeMounts"]
            places[name] = [one["mountPath"] for one in mounts if one["name"] == volume["name"]]
    assert places == {"Job/load-master": ["/app/results"], "Pod/fetch": ["/results"]}


def test_probes_ask_for_life_and_readiness_at_the_port_of_the_service() -> None:
    container = only_container(TWIN)
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert probes == {
        "startup": {"path": "/healthz", "port": "http"},
        "readiness": {"path": "/readyz", "port": "http"},
        "liveness": {"path": "/healthz", "port": "http"},
    }
    assert container["ports"] == [{"name": "http", "containerPort": 5000}]
    assert find(written(), "Service/twin")["spec"]["ports"] == [{"name": "http", "port": 5000, "targetPort": "http"}]


@pytest.mark.parametrize("twin", TWINS)
def test_a_twin_understands_its_variables_and_has_the_time_to_stop_that_they_name(twin: Twin) -> None:
    container = only_container(TWIN)
    given = variables(container) | {"LAB_SECRET": PASSWORD}
    given["LAB_ES_URL"] = given["LAB_ES_URL"].replace("$(ES_PASSWORD)", PASSWORD)
    settings = Settings.from_environ(given, twin)
    assert settings.es_url == f"http://elastic:{PASSWORD}@elasticsearch-es-http:9200"
    before_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert TWIN["spec"]["terminationGracePeriodSeconds"] > before_s + settings.shutdown_s


@pytest.mark.parametrize("name", ASKS_ELASTICSEARCH)
def test_elasticsearch_is_asked_where_the_operator_puts_it_with_the_password_that_it_makes(name: str) -> None:
    made = find(written(), BY_OPERATOR)["metadata"]["name"]
    given = variables(only_container(PODS[name]))
    url = next(variable for variable in ("LAB_ES_URL", "ES_URL") if variable in given)
    assert given["ES_PASSWORD"] == {"secretKeyRef": {"name": f"{made}-es-elastic-user", "key": "elastic"}}
    assert given[url] == f"http://elastic:$(ES_PASSWORD)@{made}-es-http:9200"
    names = [*given]
    assert names.index("ES_PASSWORD") < names.index(url)  # or it would not be put in


def test_elasticsearch_is_the_one_that_runs_without_a_cluster() -> None:
    assert find(written(), BY_OPERATOR)["spec"]["version"] == ELASTICSEARCH.version


def test_all_images_are_of_this_version_and_only_one_place_says_so() -> None:
    assert kustomization("images")["images"] == [{"name": name, "newTag": VERSION} for name in IMAGES]
    used = {only_container(pod)["image"] for pod in PODS.values()}
    assert used == {"twin", "twinlab-load"}
    assert all(kustomization(folder)["components"][0].endswith("images") for folder in ROOTS)


def test_the_comparison_is_of_both_twins_by_their_services() -> None:
    service = find(written(), "Service/twin")
    (port,) = service["spec"]["ports"]
    hosts = tuple(service["metadata"]["name"] + kustomization(twin)["nameSuffix"] for twin in TWINS)
    options = BenchOptions.from_environ(COMPARISON)
    assert options.sides == tuple(Target.at(f"http://{host}:{port['port']}") for host in hosts)
    assert options.allow == hosts


def test_workers_come_to_the_master() -> None:
    service = find(written(), "Service/load-master")
    (port,) = service["spec"]["ports"]
    master, worker = (only_container(PODS[name]) for name in ("Job/load-master", "Job/load-worker"))
    generators = BenchOptions.from_environ(COMPARISON | variables(master)).generators
    assert generators == Generators(int(COMPARISON["PROCESSES"]), ("0.0.0.0", port["port"]))
    asked = WorkerOptions.from_environ(COMPARISON | variables(worker)).master
    assert asked == (service["metadata"]["name"], port["port"])
    assert master["ports"] == [{"name": "locust", "containerPort": port["port"]}]


def test_what_the_load_image_is_told_to_do() -> None:
    told = {name: only_container(pod).get("args") for name, pod in PODS.items()}
    assert told == {
        "Deployment/twin": None,
        "Job/books": ["up"],
        "Job/load-master": ["bench"],
        "Job/load-worker": ["load-worker"],
        "Pod/fetch": None,
    }


def test_books_and_comparison_agree_on_how_many_books_there_are() -> None:
    books = {"configMapRef": {"name": "books"}}
    assert [name for name, pod in PODS.items() if books in only_container(pod).get("envFrom", [])] == [
        "Job/books",
        "Job/load-master",
    ]


@pytest.mark.parametrize("name", ["Job/load-master", "Job/load-worker"])
def test_generators_share_no_node_with_a_twin(name: str) -> None:
    (kept_away,) = PODS[name]["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert kept_away["topologyKey"] == "kubernetes.io/hostname"
    assert kept_away["labelSelector"]["matchLabels"].items() <= TWIN["metadata"]["labels"].items()


def test_a_failed_comparison_is_not_repeated_but_what_waits_for_others_is() -> None:
    jobs = {name: find(written(), name)["spec"] for name in PODS if name.startswith("Job/")}
    tries = {name: (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) for name, job in jobs.items()}
    assert tries == {
        "Job/books": (10, "OnFailure"),
        "Job/load-master": (0, "Never"),
        "Job/load-worker": (10, "OnFailure"),
    }


def test_what_selects_pods_finds_them() -> None:
    assert selections(written()) == {
        "Deployment/twin": ["Deployment/twin"],
        "NetworkPolicy/load-master": ["Job/load-master"],
        "NetworkPolicy/twins": ["Deployment/twin"],
        "PodDisruptionBudget/twin": ["Deployment/twin"],
        "Service/load-master": ["Job/load-master"],
        "Service/twin": ["Deployment/twin"],
    }


@pytest.mark.parametrize("path", ["Makefile", "docs/kubernetes.md"])
def test_commands_name_what_there_is(path: str) -> None:
    text = (PROJECT / path).read_text()
    folders = {Path(folder) for folder in re.findall(r"-k (compose/kubernetes\S*)", text)}
    assert folders
    assert folders <= {(FOLDER / root).relative_to(PROJECT) for root in ROOTS}
    made = {name_of(document).lower() for document in written()} | {f"deployment/twin-{twin}" for twin in TWINS}
    made |= {f"service/twin-{twin}" for twin in TWINS}
    assert {*re.findall(r"\b(?:deployment|service|job|pod)/[a-z][a-z-]+", text)} <= made


@pytest.fixture(scope="module")
def kubectl() -> Path:
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed: what it makes of compose/kubernetes/ was not looked at")
    return Path(found)


@pytest.mark.parametrize("folder", ROOTS)
def test_what_kubectl_renders_fits_the_schemas_and_has_its_tags(folder: str, kubectl: Path) -> None:
    documents = rendered(kubectl, folder)
    for document in checked(documents):
        kubernetes_validate.validate(document, KUBERNETES[-1], strict=True)
    used = {only_container(pod)["image"] for _, pod in pod_templates(documents)}
    assert used <= {f"{name}:{VERSION}" for name in IMAGES}


def test_rendered_twins_are_alike(kubectl: Path) -> None:
    documents = [document for document in rendered(kubectl, ".") if "twin-" in name_of(document)]
    a, b = ([one for one in documents if name_of(one).endswith(f"-{twin}")] for twin in TWINS)
    assert json.loads(json.dumps(b).replace("async", "sync")) == a
    assert selections(documents) == {
        f"{kind}/twin-{twin}": [f"Deployment/twin-{twin}"]
        for kind in ("Deployment", "Service", "PodDisruptionBudget")
        for twin in TWINS
    }


def test_there_are_as_many_workers_as_the_master_waits_for(kubectl: Path) -> None:
    documents = rendered(kubectl, "load")
    comparison = find(documents, "ConfigMap/comparison")["data"]
    assert find(documents, "Job/load-worker")["spec"]["parallelism"] == int(comparison["PROCESSES"])


def test_every_folder_is_one_that_is_rendered_or_a_part_of_one() -> None:
    folders = {path.parent.relative_to(FOLDER).as_posix() for path in FOLDER.rglob(KUSTOMIZATION)}
    assert folders == {*ROOTS, "images", "twin", *TWINS}
