"""The common parts of both twins' pages: their paths, their Content-Security-Policy, and the wording of errors."""

from __future__ import annotations

import posixpath

from shared import problems

_FOR_MACHINES = {"api", "graphql", "healthz", "readyz", "openapi.json"}


def is_page(path: str) -> bool:
    """Whether a person sees errors at this path, as a page; a program gets problem details."""
    return posixpath.normpath(path).lstrip("/").partition("/")[0] not in _FOR_MACHINES


def content_security_policy(twin_url: str) -> str:
    """Allow only the service's own files, nothing inline; the pictures in Bootstrap's style sheet are data URLs.

    The one other host that a page may request is the other twin, to learn whether it runs.
    """
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        f"connect-src {twin_url}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def messages(problem: problems.Problem) -> dict[str, str]:
    """The errors of each field, in words for the person who filled it in; a list's items count as the list."""
    return {
        error["field"].partition(".")[0]: error["message"].partition(", unable to parse")[0]
        for error in reversed(problem.errors)
    }
