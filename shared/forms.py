"""The form of a book: the text of each field, and the errors in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeVar

from shared import bodies, operations, pages, problems
from shared.books import Draft
from shared.operations import Operation, Stored

Book = TypeVar("Book", bound=Draft)


class Field(NamedTuple):
    """The display of a field."""

    name: str
    label: str
    kind: Literal["text", "integer", "decimal", "long"] = "text"
    required: bool = True
    hint: str = ""


FIELDS = (
    Field("title", "Title"),
    Field("author", "Author"),
    Field("genre", "Genre"),
    Field("year", "Year", "integer"),
    Field("rating", "Rating", "decimal", hint="From 0 to 5."),
    Field("summary", "Summary", "long", required=False),
    Field("tags", "Tags", required=False, hint="Separated by commas."),
)


@dataclass(frozen=True)
class BookForm:
    """The texts by field, the version that they were read from, and messages by field.

    `stored` is given when someone else changed the book meanwhile. It holds the stored texts that differ.
    """

    texts: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys((f.name for f in FIELDS), ""))
    version: str = ""
    messages: Mapping[str, str] = field(default_factory=dict)
    stored: Mapping[str, str] | None = None

    @classmethod
    def of(cls, stored: Stored) -> BookForm:
        """The form that edits a stored book."""
        return cls(_texts(stored.book), stored.version)

    @classmethod
    def sent(cls, parameters: Mapping[str, str]) -> BookForm:
        """The form as a browser sent it, with its line ends restored: browsers send CR LF."""
        texts = {field.name: parameters.get(field.name, "").replace("\r\n", "\n") for field in FIELDS}
        return cls(texts, parameters.get("version", ""))

    def book(self, model: type[Book]) -> Book:
        """Raises Invalid."""
        tags = [tag.strip() for tag in self.texts["tags"].split(",") if tag.strip()]
        return bodies.validate({**self.texts, "tags": tags}, model, strict=False)

    def save(self, book_id: str) -> Operation[BookForm | None]:
        """Store the texts over the version that they were read from. Returns a form over the newer version if there is
        one.

        Raises Invalid; NotFound when the book is gone.
        """
        try:
            yield from operations.update_book(book_id, self.book(Draft), {self.version})
        except problems.PreconditionFailed:
            return self.on_top_of((yield from operations.get_book(book_id)))
        return None

    def refused(self, problem: problems.Problem) -> BookForm:
        """The same form with a message at each invalid field."""
        return replace(self, messages=pages.messages(problem))

    def on_top_of(self, stored: Stored) -> BookForm:
        """The same texts as a change of the current version."""
        now = _texts(stored.book)
        changed = {name: now[name] for name in now if now[name] != self.texts[name]}
        return replace(self, version=stored.version, stored=changed)


def _texts(book: Mapping[str, Any]) -> dict[str, str]:
    texts = {field.name: str(book[field.name]) for field in FIELDS}
    return texts | {"tags": ", ".join(book["tags"])}
