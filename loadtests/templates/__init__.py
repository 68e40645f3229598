"""Pages of one file, without scripts or references to other hosts: templates of a package that extend `plain.html`."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def environment(package: str) -> Environment:
    """The templates of a package. `plain.html` shows `conditions`, the surroundings of a run, below the summary."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("loadtests")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
