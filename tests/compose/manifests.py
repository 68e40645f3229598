"""compose/kubernetes/ as data: its documents as they are written, and as kubectl renders them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from loadtests.checkout import PROJECT

FOLDER = PROJECT / "compose" / "kubernetes"
KUSTOMIZATION = "kustomization.yaml"
ROOTS = (".", "load", "fetch")
"""Folders that kubectl is given."""

Document = dict[str, Any]


@cache
def written() -> tuple[Document, ...]:
    """Every document but the kustomizations."""
    files = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != KUSTOMIZATION)
    return tuple(document for path in files for document in yaml.safe_load_all(path.read_text()))


def kustomization(folder: str) -> Document:
    document: Document = yaml.safe_load((FOLDER / folder / KUSTOMIZATION).read_text())
    return document


@cache
def rendered(kubectl: Path, folder: str) -> tuple[Document, ...]:
    command = [str(kubectl), "kustomize", str(FOLDER / folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(yaml.safe_load_all(done.stdout))


def name_of(document: Document) -> str:
    """Such as Job/load-master."""
    return f"{document['kind']}/{document['metadata']['name']}"


def find(documents: Iterable[Document], name: str) -> Document:
    return next(document for document in documents if name_of(document) == name)


def pod_templates(documents: Iterable[Document]) -> Iterator[tuple[str, Document]]:
    """The pods of our own images, with `metadata` and `spec`, by the name of the document that makes them."""
    for document in documents:
        if document["kind"] == "Pod":
            yield name_of(document), document
        elif document["kind"] in ("Deployment", "Job"):
            yield name_of(document), document["spec"]["template"]


def variables(container: Document) -> dict[str, Any]:
    """Each variable's value, or where it comes from, in order."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}


def literals(folder: str, config_map: str) -> dict[str, str]:
    """What a kustomization puts into a ConfigMap."""
    made = next(one for one in kustomization(folder)["configMapGenerator"] if one["name"] == config_map)
    return dict(one.split("=", 1) for one in made["literals"])


def selections(documents: Iterable[Document]) -> dict[str, list[str]]:
    """For each document that selects pods, those that make such pods."""
    pods = [(name, pod.get("metadata", {}).get("labels", {})) for name, pod in pod_templates(documents)]
    return {
        name_of(document): [name for name, labels in pods if wanted.items() <= labels.items()]
        for document in documents
        if (wanted := _wanted(document))
    }


def _wanted(document: Document) -> Mapping[str, str]:
    match document["kind"]:
        case "Service":
            labels: Mapping[str, str] = document["spec"]["selector"]
        case "PodDisruptionBudget" | "Deployment":
            labels = document["spec"]["selector"]["matchLabels"]
        case "NetworkPolicy":
            labels = document["spec"]["podSelector"]["matchLabels"]
        case _:
            labels = {}
    return labels
