from __future__ import annotations

import copy
import json

from core.errors import DataError, InputError
from core.messages import Message, Remedy
from core.remedies import in_window, joined, on_command_line, remedies_of

ASIDE = Remedy("--ignore-column set", "sets the column aside", column="set", folders=("a", "b"))
ANOTHER = Remedy("--split-column", "names another")
RESUME = Remedy("--resume", "goes on with it", "")
COMMAND = Remedy("--from 3", "goes on from it", "`python -m core train --from 3`")


def test_a_sentence_is_itself_and_each_side_names_its_own_way():
    said = Message.of_text("'tset' is no split.", ASIDE, ANOTHER)
    assert said == "'tset' is no split." == f"{said}"
    assert on_command_line(said) == (
        "'tset' is no split. --ignore-column set sets the column aside, --split-column names another."
    )
    assert in_window(said) == "'tset' is no split. Reading options… sets the column aside or names another."


def test_what_the_window_does_not_offer_is_not_said_there():
    assert in_window(Message.of_text("It is there.", RESUME)) == "It is there."
    assert on_command_line(Message.of_text("It is there.", RESUME)) == "It is there. --resume goes on with it."
    assert (
        in_window(Message.of_text("Damaged.", COMMAND)) == "Damaged. `python -m core train --from 3` goes on from it."
    )


def test_a_text_without_remedies_stays_as_it_is():
    assert on_command_line("Plain.") == in_window("Plain.") == "Plain." and remedies_of("Plain.") == ()


def test_sentences_together_keep_the_remedies_of_all():
    both = joined(Message.of_text("One.", ASIDE), "Two.", Message.of_text("Three.", ANOTHER))
    assert both == "One. Two. Three." and remedies_of(both) == (ASIDE, ANOTHER)


def test_remedies_go_through_json_and_copies():
    said = Message.of_text("No split.", ASIDE, COMMAND)
    for again in (
        Message.from_json(json.loads(json.dumps(said.as_json()))),
        copy.deepcopy(said),
    ):
        assert again == said and remedies_of(again) == (ASIDE, COMMAND)


def test_an_error_tells_each_side_its_way():
    error = DataError(Message.of_text("No split.", ASIDE), "set")
    assert str(error) == "No split." and error.subject == "set"
    assert error.on_command_line == "No split. --ignore-column set sets the column aside."
    assert error.in_window == "No split. Reading options… sets the column aside."
    assert InputError("Bad.").in_window == InputError("Bad.").on_command_line == "Bad."
