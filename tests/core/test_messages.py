"""Messages: ids with fields, and the one room where their words are made."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.errors import CoreError, DataError
from core.messages import LANGUAGE_VARIABLE, Message, Remedy
from core.messages.wording import tables_of
from core.progress import MessageReporter, describe_progress

ASIDE = Remedy("--ignore-column set", "sets the column aside", column="set", folders=("a", "b"))


@pytest.fixture
def tables(monkeypatch, tmp_path):
    """Templates that take the place of those of a language called xx."""

    def put(**said: str) -> None:
        lines = (f"{name.replace('_', '-')} = {json.dumps(template)}\n" for name, template in said.items())
        (tmp_path / "some.toml").write_text("".join(lines), encoding="utf-8")
        tables_of.cache_clear()
        monkeypatch.setenv(LANGUAGE_VARIABLE, str(tmp_path))

    yield put
    tables_of.cache_clear()


@pytest.mark.parametrize(
    ("template", "fields", "said"),
    [
        ("{count:# class|# classes} of {total:,}", {"count": 1, "total": 12345}, "1 class of 12,345"),
        ("{count:# class|# classes}", {"count": 1234}, "1,234 classes"),
        ("{names: and } {names:is|are} missing", {"names": ["a"]}, "a is missing"),
        ("{names: and } {names:is|are} missing", {"names": ("a", "b")}, "a and b are missing"),
        ("{names}", {"names": ("a", "b", "c")}, "a, b, c"),
        ("{names:, / or }", {"names": ("a", "b", "c")}, "a, b or c"),
        ("{names:, / or }", {"names": ["a"]}, "a"),
        ("{names}.", {"names": ()}, "."),
        ("{header:a header only|no text}", {"header": True}, "a header only"),
        ("{header:a header only|no text}", {"header": False}, "no text"),
        ("{share:.1f} {{such}}", {"share": np.float32(0.25)}, "0.2 {such}"),
        ("{path}: {reason}", {"path": Path("a/b"), "reason": ValueError("bad")}, "a/b: bad"),
        ("{path}: {reason}", {"path": "c", "reason": DataError("Bad.")}, "c: Bad."),
        ("{path}: {reason}", {"path": "c", "reason": Message("text", text="Bad.")}, "c: Bad."),
    ],
)
def test_a_template_is_filled(tables, template, fields, said):
    tables(one=template)
    message = Message("one", **fields)
    assert message == said and message.id == "one"
    for again in (
        pickle.loads(pickle.dumps(message)),  # noqa: S301 - ours
        copy.deepcopy(message),
        Message.from_json(json.loads(json.dumps(message.as_json()))),
    ):
        assert (again, again.id, again.fields) == (message, "one", message.fields)


def put_images(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(folder / name)


def test_a_message_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot be changed"):
        Message("text", text="a").id = "other"  # type: ignore[misc]


def test_messages_within_messages_come_back_as_such_with_their_remedies():
    inner = Message("text", ASIDE, text="No split.")
    outer = Message("sentences", *inner.remedies, sentences=[inner, "Plain."])
    again = Message.from_json(json.loads(json.dumps(outer.as_json())))
    assert again == "No split. Plain." and again.remedies == (ASIDE,)
    assert again.fields["sentences"][0].remedies == (ASIDE,) and again.fields["sentences"][1] == "Plain."


@pytest.mark.parametrize(
    "values",
    [
        "Plain.",
        {"text": "Plain.", "remedies": []},
        {"id": "of-a-newer-version", "fields": {"name": 1}, "text": "Plain."},
        {"id": "sentences", "fields": {"renamed": 1}, "text": "Plain."},
    ],
)
def test_what_other_versions_kept_is_said_in_their_words(values):
    assert Message.from_json(values) == "Plain."
    with pytest.raises(KeyError):
        Message.from_json({"id": "of-a-newer-version", "fields": {}})


def test_what_a_language_lacks_or_garbles_is_said_in_english(tables):
    tables(place_and_effects="{effects} at {place}", text="{word}")
    assert Message("place-and-effects", place="Menu", effects=["this"]) == "this at Menu"
    assert Message("text", text="Plain.") == "Plain."
    assert Message("sentences", sentences=["One.", "Two."]) == "One. Two."


def test_an_error_carries_its_message():
    error = CoreError(Message("text", ASIDE, text="Bad."), "set")
    assert (str(error), error.message.id, error.message.fields) == ("Bad.", "text", {"text": "Bad."})
    assert error.subject == "set" and error.message.remedies == (ASIDE,)
    assert (DataError("Bad.").message.id, DataError("Bad.").sentence) == ("text", "Bad.")


def test_the_command_line_speaks_another_language_and_what_it_lacks_in_english(tables, tmp_path, capsys):
    data = tmp_path / "shapes"
    put_images(data, "cat/1.png", "dog/1.png")
    tables(
        data_missing="xx {location} xx",
        images_used="xx {used:,}/{listed:,}",
        classes_halved="xx {classes:,} xx",
    )
    assert main(["datasets", "--data", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("xx ") and not capsys.readouterr().out
    assert main(["datasets", "--data", str(data), "--exclude-label", "cow"]) == 2
    assert capsys.readouterr().err == "shapes has no class 'cow' to leave out; its classes are: cat, dog.\n"
    assert main(["datasets", "--data", str(data)]) == 0
    assert {"xx 2/2", "xx 2 xx"} <= {line.strip() for line in capsys.readouterr().out.splitlines()}


def test_json_lines_carry_ids_and_fields_beside_the_text(tables, capsys):
    tables(data_missing="xx {location} xx")
    assert main(["datasets", "--data", "nowhere", "--json-lines"]) == 2
    (line,) = capsys.readouterr().out.splitlines()
    record = json.loads(line)
    place = str(Path("nowhere").absolute())
    assert record["type"] == "failed" and record["sentence"] == f"xx {place} xx"
    assert record["messages"]["sentence"] == {
        "id": "data-missing",
        "fields": {"location": place},
        "text": record["sentence"],
    }


def test_a_language_that_is_not_there_or_damaged_is_refused(monkeypatch, tmp_path, capsys):
    (tmp_path / "some.toml").write_text("text = \n")
    monkeypatch.setenv(LANGUAGE_VARIABLE, str(tmp_path))
    assert main(["datasets", "--data", "demo"]) == 2
    assert f"is '{tmp_path}', whose tables cannot be read (Invalid value" in capsys.readouterr().err
    monkeypatch.setenv(LANGUAGE_VARIABLE, "zz")
    assert main(["datasets", "--data", "demo"]) == 2
    assert capsys.readouterr().err == (
        "EMBEDDING_EXPLORER_LANGUAGE is 'zz'; expected one of en, or the path of a folder of message tables (.toml).\n"
    )


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (Message("unit-epochs"), "xx (epoch 3 of 9)"),
        (Message("unit-rows"), "xx 3 of 9 rows"),
        (Message("unit-images"), "xx 3 of 9 yy"),
        ("garments", "xx 3 of 9 garments"),
    ],
)
def test_a_record_of_progress_is_put_into_words_where_it_is_shown(tables, unit, words):
    records = []
    MessageReporter(records.append).progress(Message("stage-embedding"), 3, 9, unit)
    assert records[0]["task"] == "embedding" and records[0]["messages"]["task"]["id"] == "stage-embedding"
    tables(stage_embedding="xx", unit_images="yy")
    assert describe_progress(json.loads(json.dumps(records[0])), str) == words
    of_an_older_version = {"task": "embedding", "done": 3, "total": 9, "unit": "images"}
    assert describe_progress(of_an_older_version, str) == "embedding 3 of 9 yy"
