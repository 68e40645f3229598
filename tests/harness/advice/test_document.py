"""What is printed, and that docs/scale.md says the same."""

from __future__ import annotations

import pytest

from tests.harness.advice.document import DOCUMENT, rewritten


@pytest.mark.robustness
def test_the_document_has_the_figures_that_its_commands_print() -> None:
    """Otherwise: python -m tests.harness.advice.document."""
    text = DOCUMENT.read_text()
    assert rewritten(text) == text
