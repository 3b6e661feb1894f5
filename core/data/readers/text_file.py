"""Text of a file from anywhere: which encoding it is in, told from its bytes, from the names of files, or asked."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.readers.manifest_errors import EncodingError
from core.errors import DataError
from core.messages import Message, Remedy
from core.storage import is_utf8, open_regular

MOST_BYTES = 2**30
# What the text of a table may be in, if not in Unicode: what each is to its readers, and what chardet calls it.
ENCODINGS = {
    "cp949": "Korean",
    "gb18030": "Chinese",
    "big5": "Chinese, traditional",
    "cp932": "Japanese",
    "euc_jp": "Japanese",
    "cp1252": "Western European",
    "cp1251": "Cyrillic",
    "cp1250": "Central European",
    "cp1254": "Turkish",
    "koi8_r": "Cyrillic",
    "cp1253": "Greek",
    "cp1255": "Hebrew",
    "cp1256": "Arabic",
    "cp874": "Thai",
}
# Never assumed by their letters alone, for detection was not tried on many tables in them.
ASKED_ABOUT = ("koi8_r", "cp1253", "cp1255", "cp1256", "cp874")
DETECTED = {
    "CP949": "cp949", "EUC-KR": "cp949",
    "GB18030": "gb18030", "GBK": "gb18030", "GB2312": "gb18030",
    "BIG5": "big5", "BIG5HKSCS": "big5",
    "CP932": "cp932", "SHIFT_JIS": "cp932",
    "EUC-JP": "euc_jp",
    "WINDOWS-1252": "cp1252", "ISO-8859-1": "cp1252",
    "WINDOWS-1251": "cp1251", "WINDOWS-1250": "cp1250", "WINDOWS-1254": "cp1254", "ISO-8859-9": "cp1254",
    "KOI8-R": "koi8_r", "KOI8-U": "koi8_r", "KOI8-T": "koi8_r",
    "WINDOWS-1253": "cp1253", "ISO-8859-7": "cp1253", "WINDOWS-1255": "cp1255", "ISO-8859-8": "cp1255",
    "WINDOWS-1256": "cp1256", "CP874": "cp874", "TIS-620": "cp874",
}  # fmt: skip
# Of 2,000 tables of 1 to 40 words in nine encodings, chardet 7.7 named none of those wrongly that it was so sure of:
# by its own confidence, and so many times surer than of the next. (Its confidence is low for short texts.)
SURE, SURER = 0.07, 4.0
# Bytes that detection reads, names of files that are compared, and candidates that are offered.
SAMPLE, MOST_NAMES, OFFERED = 20_000, 5_000, 4
SAMPLE_LETTERS = 16
NOT_ASCII = re.compile(r"[^\s,;/\"]*[^\x00-\x7f][^\s,;/\"]*")
# Encodings of seven bits, which look like UTF-8, and the escapes by which they are told.
ISO_2022 = {"iso2022_jp": "Japanese", "iso2022_kr": "Korean"}
ESCAPES_OF_ISO_2022 = (b"\x1b$", b"\x1b(")
UNICODE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# What files of other kinds begin with, and what to do with them.
NO_TEXT = (
    (b"PK\x03\x04", "text-is-zip", ""),
    (b"\xd0\xcf\x11\xe0", "text-is-excel", ""),
    (b"\x1f\x8b", "text-is-packed", "gzip"),
    (b"BZh", "text-is-packed", "bzip2"),
    (b"\xfd7zXZ", "text-is-packed", "xz"),
    (b"(\xb5/\xfd", "text-is-packed", "Zstandard"),
    (b"7z\xbc\xaf", "text-is-archive", "7z"),
    (b"Rar!", "text-is-archive", "RAR"),
    (b"PAR1", "text-is-parquet", ""),
    (b"%PDF", "text-is-pdf", ""),
    (b"\x89PNG", "text-is-picture", ""),
    (b"\xff\xd8\xff", "text-is-picture", ""),
    (b"\x93NUMPY", "text-is-numpy", ""),
    (b"\x89HDF", "text-is-hdf5", ""),
    (b"SQLite format 3", "text-is-database", ""),
)


@dataclass(frozen=True)
class Text:
    """What a file says; `notice` tells which `encoding` was assumed where it is not Unicode with a mark, nor named."""

    text: str
    notice: Message | None = None
    encoding: str = "utf-8"


def read_text(path: Path, encoding: str = "", most_bytes: int = 0) -> Text:
    """All text of a regular file, in the named encoding or in the one that is told.

    Raises DataError when it cannot be read, is larger than `most_bytes` (0: a gigabyte), or holds no text;
    EncodingError when it is not in the named encoding, or several read it and none is certain.
    """
    return _told(path, _bytes_of(path, most_bytes or MOST_BYTES), encoding)


def read_beginning(path: Path, encoding: str, most_bytes: int) -> tuple[Text, bool]:
    """The first whole lines of a regular file, and whether they are all of it; raises as `read_text`."""
    raw = _bytes_of(path, most_bytes, whole=False)
    if len(raw) <= most_bytes:
        return _told(path, raw, encoding), True
    # In UTF-16 the byte of a line's end has a zero beside it.
    end = raw.rfind(b"\n", 0, most_bytes) + 1
    while raw[end : end + 1] == b"\0":
        end += 1
    if not end:
        raise DataError(Message("first-line-too-long", path=path, most=most_bytes), path)
    return _told(path, raw[:end], encoding), False


def _told(path: Path, raw: bytes, encoding: str) -> Text:
    if encoding:
        return Text(_in_named(path, raw, encoding))
    if mark := next((name for mark, name in UNICODE_MARKS if raw.startswith(mark)), ""):
        return Text(_as_marked(path, raw, mark))
    if any(sign in raw for sign in ESCAPES_OF_ISO_2022) and (escaped := _with_escapes(path, raw)) is not None:
        return escaped
    if b"\0" in raw:
        return _utf16_without_mark(path, raw)
    try:
        return Text(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return _guessed_text(path, raw)


def read_json_file(path: Path, encoding: str = "", most_bytes: int = 0) -> tuple[Any, list[Message]]:
    """The values in a file, in the named encoding or in the one that is told; what was assumed of that.

    Raises DataError when it cannot be read or is no JSON, EncodingError as `read_text` does.
    """
    text = read_text(path, encoding, most_bytes)
    try:
        return json.loads(text.text), [text.notice] if text.notice else []
    except (ValueError, RecursionError) as error:
        raise DataError(Message("json-not-readable", path=path, reason=error), path) from error


@contextmanager
def looked_through(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a regular file one by one, to look what it is: letters that cannot be told are replaced.

    Raises OSError where it cannot be opened.
    """
    with open_regular(path) as handle:
        sample = handle.read(SAMPLE)
        handle.seek(0)
        marked = next((name for mark, name in UNICODE_MARKS if sample.startswith(mark)), "")
        encoding = marked or (_halves_of_utf16(sample) if b"\0" in sample else "") or "utf-8"
        yield io.TextIOWrapper(handle, encoding=encoding, errors="replace")


def _bytes_of(path: Path, most_bytes: int, whole: bool = True) -> bytes:
    try:
        with open_regular(path) as handle:
            raw = handle.read(most_bytes + 1)
    except OSError as error:
        raise DataError(Message("file-not-read", path=path, reason=error.strerror or error), path) from error
    except ValueError as error:  # a zero byte in its name
        raise DataError(Message("file-not-read", path=path, reason=error), path) from error
    if whole and len(raw) > most_bytes:
        raise DataError(Message("text-file-too-long", path=path, most=most_bytes), path)
    for start, message_id, kind in NO_TEXT:
        if raw.startswith(start):
            raise DataError(Message(message_id, path=path, kind=kind), path)
    return raw


def _in_named(path: Path, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, ValueError) as error:
        place = Message("at-byte", byte=error.start) if isinstance(error, UnicodeDecodeError) else str(error)
        raise EncodingError(
            Message("text-in-other-encoding", path=path, encoding=encoding, place=place), path
        ) from error


def _as_marked(path: Path, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise EncodingError(
            Message("text-mark-false", _names_it(), path=path, encoding=name, byte=error.start), path
        ) from error


def _halves_of_utf16(raw: bytes) -> str | None:
    """Which UTF-16 has zeros where these bytes have them: Latin text has one in every two bytes."""
    sample = raw[:SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < len(sample) / 10 or min(even, odd) > max(even, odd) / 10:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _with_escapes(path: Path, raw: bytes) -> Text | None:
    """Text of plain ASCII whose escapes change the alphabet, as Japanese and Korean mail has it."""
    for name, language in ISO_2022.items():
        try:
            return Text(
                raw.decode(name),
                Message("text-read-by-escapes", path=path.name, encoding=name, language=language),
                name,
            )
        except UnicodeDecodeError:
            continue
    return None


def _utf16_without_mark(path: Path, raw: bytes) -> Text:
    name = _halves_of_utf16(raw)
    try:
        text = raw.decode(name) if name is not None else "\0"
    except UnicodeDecodeError:
        text = "\0"
    if name is None or "\0" in text:
        raise DataError(Message("text-file-with-zero-bytes", path=path), path)
    return Text(text, Message("text-read-by-zero-bytes", path=path.name, encoding=name.upper()), name)


def _guessed_text(path: Path, raw: bytes) -> Text:
    candidates = dict(_readings(raw))
    if not candidates:
        raise EncodingError(Message("text-in-no-encoding", _names_it(), path=path), path)
    by_names = _that_name_files(path.parent, candidates)
    if len({candidates[name] for name in by_names}) == 1:
        name = by_names[0]
        return Text(candidates[name], _assumed(path, name, Message("told-from-names-of-files")), name)
    confidences = _confidences(_lines_beyond_ascii(raw))
    order = sorted(candidates, key=lambda name: -confidences.get(name, 0.0))
    best = confidences.get(order[0], 0.0)
    others = [confidence for name, confidence in confidences.items() if name != order[0]]
    if order[0] not in ASKED_ABOUT and best >= SURE and best >= SURER * max(others, default=0.0):
        return Text(candidates[order[0]], _assumed(path, order[0], Message("told-from-letters")), order[0])
    samples = _samples([candidates[name] for name in order[:OFFERED]])
    offered = list(zip(order, samples, strict=False))
    listed = ", ".join(f"{name} ({ENCODINGS[name]}: {sample})" for name, sample in offered)
    raise EncodingError(
        Message(
            "text-encoding-uncertain",
            Remedy(f"--encoding {offered[0][0]}", Message("names-it")),
            path=path,
            encodings=listed,
        ),
        path,
        offered,
    )


def _names_it() -> Remedy:
    return Remedy("--encoding NAME", Message("names-it"))


def _assumed(path: Path, name: str, why: Message) -> Message:
    return Message(
        "text-encoding-assumed",
        Remedy("--encoding", Message("names-another")),
        path=path.name,
        encoding=name,
        described=ENCODINGS[name],
        cause=why,
    )


def _readings(raw: bytes) -> Iterator[tuple[str, str]]:
    """(encoding, text) of all that the bytes may be."""
    for name in ENCODINGS:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if not any(_is_no_letter(letter) for letter in set(text)):
            yield name, text


def _is_no_letter(letter: str) -> bool:
    """Whether nobody writes it: a control character, a private or an unassigned one, a line of a frame."""
    if "\u2500" <= letter <= "\u259f":
        return True
    return letter not in "\t\n\r\v\f\x1a" and unicodedata.category(letter) in ("Cc", "Co", "Cn")


def _lines_beyond_ascii(raw: bytes) -> bytes:
    """The different words that are not plain ASCII: the rest tells nothing and only makes detection unsure."""
    words = dict.fromkeys(word for word in re.split(rb"[\s,;/\"]+", raw) if not word.isascii())
    sample = b"\n".join(words)
    # Cut between two words: half a letter would be a mistake in every encoding.
    return sample if len(sample) <= SAMPLE else sample[:SAMPLE].rpartition(b"\n")[0] or sample


def _confidences(sample: bytes) -> dict[str, float]:
    """How sure chardet is of each encoding; of those that are one family the surest counts."""
    import chardet  # 0.1 s, for the few files that need it

    found: dict[str, float] = {}
    for each in chardet.detect_all(sample, ignore_threshold=True):
        name = DETECTED.get(str(each["encoding"]).upper(), str(each["encoding"]))
        found[name] = max(found.get(name, 0.0), float(each["confidence"]))
    return found


def _that_name_files(folder: Path, candidates: dict[str, str]) -> list[str]:
    """The encodings in which the text has most names of files and folders that are there and not plain ASCII."""
    names = list(_names_beyond_ascii(folder))
    if not names:
        return []
    composed = {name: unicodedata.normalize("NFC", text) for name, text in candidates.items()}
    hits = {name: sum(each in text for each in names) for name, text in composed.items()}
    most = max(hits.values())
    return [name for name, count in hits.items() if count == most] if most else []


def _names_beyond_ascii(folder: Path) -> Iterator[str]:
    looked = 0
    for place, below, files in os.walk(folder):
        if os.path.relpath(place, folder).count(os.sep) >= 2:
            below.clear()
        for name in (*below, *files):
            looked += 1
            if looked > MOST_NAMES:
                return
            if not name.isascii() and is_utf8(name):
                yield unicodedata.normalize("NFC", name.rpartition(".")[0] or name)


def _samples(texts: list[str]) -> list[str]:
    """Of each reading of one text the first word beyond ASCII; where it can be, one that no two of them read alike."""
    words = [[word[:SAMPLE_LETTERS] for word in NOT_ASCII.findall(text)] for text in texts]
    alike = min(map(len, words))
    if not alike:
        return [found[0] if found else "" for found in words]
    clearest = max(range(alike), key=lambda at: len({found[at] for found in words}))
    return [found[clearest] for found in words]
