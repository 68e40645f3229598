"""An exhibit: a folder with a broken form, a cured one, a text, and a demonstration that observes both."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.errors import LabError

if TYPE_CHECKING:
    from pitfalls.lab import Lab

HALL = Path(__file__).parent
_LABEL = "exhibit.toml"
_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Form:
    """What one form did: the message or a sentence, and figures with their units in their names."""

    observed: str
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a demonstration observed.

    `reproduced` tells whether the broken form failed as described, `cures` whether the cured one did not. `matrix` has
    a row a combination of versions, all with the same columns; the last one tells what that combination says.
    """

    broken: Form
    cured: Form
    reproduced: bool
    cures: bool
    matrix: list[dict[str, str]] = field(default_factory=list)


class Label(BaseModel):
    """What `exhibit.toml` says: `versions` is the broken form's environment, `provoked` how its condition is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: _Text
    message: _Text
    versions: _Text = "lab"
    provoked: _Text | None = None
    upstream: tuple[_Text, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """One folder of the hall."""

    folder: Path
    label: Label

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def message(self) -> str:
        return self.label.message

    @property
    def broken(self) -> Path:
        return self.folder / "broken.py"

    @property
    def cured(self) -> Path:
        return self.folder / "cured.py"

    @property
    def text(self) -> str:
        """The README, in Markdown."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def diff(self) -> list[str]:
        """From the broken form to the cured one: all lines of both, for they are short."""
        before, after = (form.read_text(encoding="utf-8").splitlines() for form in (self.broken, self.cured))
        return list(unified_diff(before, after, "broken.py", "cured.py", n=len(before), lineterm=""))

    @property
    def demonstrate(self) -> Callable[[Lab], Outcome]:
        """Drives both forms. Raises LabError when one can't be driven."""
        demonstration: Callable[[Lab], Outcome] = import_module(f"pitfalls.{self.name}.demonstrate").demonstrate
        return demonstration


def find(only: str | None = None, hall: Path = HALL) -> list[Exhibit]:
    """All exhibits by name, or the one named `only`. Raises LabError where there is none, or a label is wrong."""
    exhibits = [Exhibit(label.parent, _label(label)) for label in sorted(hall.glob(f"*/{_LABEL}"))]
    names = [exhibit.name for exhibit in exhibits]
    if only is not None and only not in names:
        raise LabError(f"there is no exhibit named {only}; there are {', '.join(names)}")
    return [exhibit for exhibit in exhibits if only in (None, exhibit.name)]


def of(demonstration: str) -> Exhibit:
    """The exhibit to which the file of a demonstration (its `__file__`) belongs."""
    folder = Path(demonstration).parent
    return Exhibit(folder, _label(folder / _LABEL))


def _label(file: Path) -> Label:
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return Label.model_validate(content)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise LabError(f"{file} is not the label of an exhibit: {error}") from error
