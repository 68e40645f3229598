"""What the pages of both twins have in common: where they are, what they may load, and how faults are told on them."""

from __future__ import annotations

import posixpath

from shared import problems

_FOR_MACHINES = {"api", "graphql", "healthz", "readyz", "openapi.json"}


def is_page(path: str) -> bool:
    """Whether errors at this path are shown to a person, as a page; a program gets problem details."""
    return posixpath.normpath(path).lstrip("/").partition("/")[0] not in _FOR_MACHINES


def content_security_policy(twin_url: str) -> str:
    """Only the service's own files, nothing inline; the pictures in Bootstrap's style sheet are data URLs.

    The one other host that a page may ask is the other twin, to learn whether it runs.
    """
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        f"connect-src {twin_url}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def messages(problem: problems.Problem) -> dict[str, str]:
    """What is wrong with each field, in words for the person who filled it in; a list's items count as the list."""
    return {
        error["field"].partition(".")[0]: error["message"].partition(", unable to parse")[0]
        for error in reversed(problem.errors)
    }
