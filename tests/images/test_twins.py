"""Tests of the twins, here on twins that serve from their images: the fixture `urls` is another one."""

from __future__ import annotations

import pytest

from tests.twins.test_contract import *  # noqa: F403
from tests.twins.test_equal import test_both_twins_do_the_same
from tests.twins.test_graphql import test_both_twins_do_the_same as test_both_twins_do_the_same_by_graphql
from tests.twins.test_pages import test_both_twins_send_the_same_page

__all__ = [
    "test_both_twins_do_the_same",
    "test_both_twins_do_the_same_by_graphql",
    "test_both_twins_send_the_same_page",
]

pytestmark = pytest.mark.images
