"""What a visitor can expect of every exhibit, whatever it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.checkout import PROJECT
from loadtests.errors import LabError
from loadtests.stacks import LAB
from pitfalls import exhibit, messages
from pitfalls.exhibit import Exhibit

EXHIBITS = exhibit.find()
HEADINGS = ["Versions", "Why", "How to recognise it", "The cure, and what it costs", "Upstream"]
MOST_LINES = 40

every_exhibit = pytest.mark.parametrize("shown", EXHIBITS, ids=lambda shown: shown.name)


@every_exhibit
def test_the_text_holds_the_message_and_says_all_there_is_to_say(shown: Exhibit) -> None:
    lines = shown.text.splitlines()
    assert lines[0].startswith("# ")
    assert shown.message in " ".join(lines).replace("`", "")
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS


@every_exhibit
def test_the_text_names_every_report_upstream(shown: Exhibit) -> None:
    assert [report for report in shown.label.upstream if report.rpartition(": ")[2] not in shown.text] == []


@every_exhibit
def test_both_forms_are_short_and_differ(shown: Exhibit) -> None:
    for form in (shown.broken, shown.cured):
        assert len(form.read_text().splitlines()) < MOST_LINES
    assert any(line[0] in "+-" for line in shown.diff[2:])


@every_exhibit
def test_what_is_provoked_is_said_in_the_first_lines_of_the_broken_form(shown: Exhibit) -> None:
    assert ("PROVOKED" in "".join(shown.broken.read_text().splitlines()[:3])) == (shown.label.provoked is not None)


@every_exhibit
def test_its_environment_is_locked(shown: Exhibit) -> None:
    environment = shown.label.versions
    assert environment == LAB or (PROJECT / "requirements" / f"{environment}.txt").exists()


@every_exhibit
def test_links_to_other_exhibits_lead_somewhere(shown: Exhibit) -> None:
    targets = [part.partition(")")[0] for part in shown.text.split("](../")[1:]]
    assert [target for target in targets if not (exhibit.HALL / target).exists()] == []


def test_one_exhibit_is_found_by_its_name() -> None:
    assert [shown.name for shown in exhibit.find("event_loop_is_closed")] == ["event_loop_is_closed"]


def test_an_exhibit_that_there_is_not_is_refused_with_a_list_of_those_that_there_are() -> None:
    with pytest.raises(LabError, match=r"there is no exhibit named loops; there are .*event_loop_is_closed, "):
        exhibit.find("loops")


@pytest.mark.parametrize("label", ["title = 'x'", "title =", "title = 'x'\nmessage = 'y'\nmesage = 'z'"])
def test_a_wrong_label_is_refused_by_its_name(tmp_path: Path, label: str) -> None:
    (tmp_path / "loops").mkdir()
    (tmp_path / "loops" / "exhibit.toml").write_text(label)
    with pytest.raises(LabError, match=r"loops/exhibit\.toml is not the label of an exhibit"):
        exhibit.find(hall=tmp_path)


@every_exhibit
def test_the_projects_readme_lists_its_message(shown: Exhibit) -> None:
    assert messages.row(shown) in (PROJECT / "README.md").read_text().splitlines()
