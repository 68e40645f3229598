"""Each request has Elasticsearch analyse a word of its own; does the response hold that word?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pitfalls import exhibit
from pitfalls.asking import last_error
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import Reply, load
from pitfalls.slow import slow_elasticsearch

EXHIBIT = exhibit.of(__file__)
_LATENCY_MS = 50
"""Long enough for both workers to wait on the same connection at the same moment."""
_WORDS = [f"/echo/word{number}" for number in range(60)]
_USERS = 8
_STARTS = 5
"""Of some sixteen starts under load, one gave no wrong response."""
_GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "2"]
_ASYNC_GUNICORN = [*_GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker"]
_UVICORN = ["-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning", "--workers", "2"]
_OTHERS = {
    "Elasticsearch, asked at import, no preload": [*_GUNICORN, "broken:app"],
    "Elasticsearch, made at import, gunicorn --preload": [*_GUNICORN, "--preload", "made_only:app"],
    "AsyncElasticsearch, made at import, gunicorn --preload": [*_ASYNC_GUNICORN, "--preload", "async_made_only:app"],
    "AsyncElasticsearch, made at import, uvicorn": [*_UVICORN, "async_made_only:app"],
    "AsyncElasticsearch, asked at import, gunicorn --preload": [*_ASYNC_GUNICORN, "--preload", "async_asked:app"],
}


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _mixed_up(lab), _echoes(lab, EXHIBIT.cured)
    matrix = [] if lab.short else _matrix(lab, broken)
    return Outcome(broken, cured, broken.figures["wrong"] > 0, cured.figures["right"] == len(_WORDS), matrix)


def _mixed_up(lab: Lab) -> Form:
    """The broken form, started anew until a response is wrong: which worker reads first is a race."""
    starts = (_echoes(lab, EXHIBIT.broken) for _ in range(_STARTS))
    none = Form(f"no wrong response in {_STARTS} starts", {"wrong": 0})
    return next((form for form in starts if form.figures["wrong"]), none)


def _matrix(lab: Lab, broken: Form) -> list[dict[str, str]]:
    versions = lab.versions("lab", "elasticsearch", "gunicorn", "uvicorn")
    forms = {"Elasticsearch, asked at import, gunicorn --preload": broken}
    forms |= {how: _echoes(lab, EXHIBIT.broken, command) for how, command in _OTHERS.items()}
    return [versions | {"client and server": how, "says": form.observed} for how, form in forms.items()]


def _echoes(lab: Lab, form: Path, command: Sequence[str] | None = None) -> Form:
    with (
        slow_elasticsearch(lab, _LATENCY_MS) as es_url,
        lab.serve(form, command=command, ES_URL=es_url) as app,
    ):
        counts = Counter(map(_verdict, load(app.url, _WORDS, _USERS).replies))
        error = f" ({last_error(app.logged)})" if counts["failed"] == len(_WORDS) else ""
    observed = f"of {len(_WORDS)} responses {counts['wrong']} were another request's, {counts['failed']} failed{error}"
    return Form(observed, {verdict: counts[verdict] for verdict in ("right", "wrong", "failed")})


def _verdict(reply: Reply) -> str:
    if reply.status != 200:
        return "failed"
    return "right" if json.loads(reply.body)["word"] == Path(reply.path).name else "wrong"
