"""The table of messages for the project's README: `python -m pitfalls.messages` prints its rows."""

from __future__ import annotations

from pitfalls import exhibit
from pitfalls.exhibit import Exhibit


def row(shown: Exhibit) -> str:
    """One row in Markdown: the message, which leads to the exhibit, and what it is about."""
    return f"| [{shown.message}](pitfalls/{shown.name}/README.md) | {shown.label.title} |"


if __name__ == "__main__":
    print("\n".join(map(row, exhibit.find())))
