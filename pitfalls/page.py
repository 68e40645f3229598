"""The page: one HTML file without scripts or references to other hosts, with all that is known of each exhibit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from loadtests import templates
from pitfalls.exhibit import Exhibit
from pitfalls.showing import Shown

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_MARKDOWN.add_render_rule("table_open", lambda *_: '<div class="wide">\n<table>\n')
_MARKDOWN.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
_PAGES = templates.environment("pitfalls")
_KINDS = {"+": "added", "-": "removed", "@": "place"}


def write(path: Path, shown: Sequence[Shown], conditions: Mapping[str, Any]) -> None:
    """`conditions` are the surroundings of the run."""
    names = {one.exhibit.name for one in shown}
    page = _PAGES.get_template("page.html").render(
        shown=shown,
        conditions=conditions,
        text=partial(text, names=names),
        kind=kind,
        faulty=sum(bool(one.faults) for one in shown),
    )
    path.write_text(page, encoding="utf-8")


def text(exhibit: Exhibit, names: Set[str]) -> Markup:
    """The README as HTML: headings a level lower, links to exhibits leading to those `names` that are in the page."""
    tokens = _MARKDOWN.parse(exhibit.text)
    for token in tokens:
        _lower(token)
        for part in token.children or []:
            _lead_within(part, names)
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def kind(line: str) -> str:
    """Whether a line of a diff is added, removed or kept, or tells a place."""
    return "place" if line.startswith(("---", "+++")) else _KINDS.get(line[:1], "kept")


def _lower(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{int(token.tag[1:]) + 1}"


def _lead_within(token: Token, names: Set[str]) -> None:
    """A link without a target is mere text to browsers."""
    parent, _, place = str(token.attrs.get("href", "")).removesuffix("/README.md").rpartition("/")
    if parent != "..":
        return
    if place in names:
        token.attrs["href"] = f"#{place}"
    else:
        del token.attrs["href"]
