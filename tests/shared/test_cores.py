"""Which cores LAB_CORES may list, and in which order workers get them."""

from __future__ import annotations

import re

import pytest

from shared.cores import listed

THERE_ARE = {0, 1, 2, 3, 6}


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("0", [0]),
        ("0-3", [0, 1, 2, 3]),
        ("6,0-1", [6, 0, 1]),
        ("2-2,1", [2, 1]),
        ("0-2,1-3", [0, 1, 2, 3]),
    ],
)
def test_a_list_is_read_in_its_order_each_core_once(text: str, cores: list[int]) -> None:
    assert listed(text, THERE_ARE) == cores


@pytest.mark.parametrize(
    "text", ["4", "0-4", "0-999999", "3-0", "", "all", "0,", "-1", "0 1", "0, 1", "0-", "1.5", "٣", "0" * 5000]
)
def test_cores_that_there_are_not_and_text_that_is_no_list_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape("such as 0-3 or 0,2 of the cores that there are: 0,1,2,3,6")):
        listed(text, THERE_ARE)


def test_where_no_process_may_choose_none_are_taken() -> None:
    with pytest.raises(ValueError, match=r"^this system lets no process choose its cores: leave it out$"):
        listed("0", ())
