from __future__ import annotations

import os
import random
import zipfile

import pytest

from core.data.readers import text_file
from core.data.readers.manifest_errors import EncodingError
from core.data.readers.text_file import ENCODINGS, read_text
from core.errors import DataError

WORDS = {
    "cp949": "모자 신발 바지 치마 양말 고양이 강아지 코트 원피스 셔츠 청바지 가방 사과 바나나 포도 돼지 자동차",
    "gb18030": "牛仔裤 衬衫 裙子 运动鞋 猫 狗 鸟 帽子 鞋 外套 苹果 香蕉 葡萄 连衣裙 毛衣 马 牛 汽车 公交车 火车",
    "big5": "牛仔褲 襯衫 裙子 運動鞋 貓 狗 鳥 帽子 鞋 外套 蘋果 香蕉 葡萄 連衣裙 毛衣 馬 牛 汽車 公車 火車",
    "cp932": "シャツ ズボン スカート 帽子 猫 犬 鳥 りんご バナナ 靴下 手袋 靴 コート 馬 牛 車 バス 電車 飛行機",
    "euc_jp": "シャツ ズボン スカート 帽子 猫 犬 鳥 りんご バナナ 靴下 手袋 靴 コート 馬 牛 車 バス 電車 飛行機",
    "cp1252": "Béla café forêt pêche Schuhe Röcke Hüte Größe Mädchen niño mañana coração maçã été hôtel",
    "cp1251": "рубашка брюки юбка кот собака птица шапка обувь пальто яблоко банан машина",
    "cp1254": "şapka gömlek ayakkabı çorap köpek kuş ağaç çiçek",
}


def table_of(words: list[str]) -> str:
    rows = [f"img/{number}_{copy}.jpg,{word}\n" for number, word in enumerate(words) for copy in range(2)]
    return "image,label\n" + "".join(rows)


@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize("count", [2, 4, 8, 16])
def test_no_table_is_read_in_another_encoding_than_its_own(tmp_path, encoding, count):
    words, path = WORDS[encoding].split(), tmp_path / "x.csv"
    for seed in range(4):
        text = table_of(random.Random(seed).sample(words, min(count, len(words))))
        if text.isascii():
            continue
        path.write_bytes(text.encode(encoding))
        try:
            assert read_text(path).text == text
        except EncodingError as error:
            assert "--encoding" in error.on_command_line and error.candidates
            assert read_text(path, encoding).text == text


@pytest.mark.parametrize("encoding", ["cp949", "gb18030", "big5", "cp932", "euc_jp"])
def test_a_table_of_many_classes_opens_by_itself_and_says_how(tmp_path, encoding):
    (tmp_path / "x.csv").write_bytes(table_of(WORDS[encoding].split()).encode(encoding))
    read = read_text(tmp_path / "x.csv")
    assert read.text == table_of(WORDS[encoding].split())
    assert read.notice.startswith(f"x.csv is read as {encoding} ({ENCODINGS[encoding]}), told from its letters")


def test_what_is_not_certain_is_asked_with_what_each_would_mean(tmp_path):
    (tmp_path / "x.csv").write_bytes(table_of(["猫", "狗"]).encode("gb18030"))
    with pytest.raises(EncodingError) as caught:
        read_text(tmp_path / "x.csv")
    assert "gb18030 (Chinese: 猫)" in str(caught.value) and "cp949 (Korean: 챔)" in str(caught.value)
    assert ("gb18030", "猫") in caught.value.candidates and len(caught.value.on_command_line) < 400


def test_what_is_not_certain_is_shown_by_a_word_that_tells_the_readings_apart(tmp_path):
    (tmp_path / "x.csv").write_bytes(table_of(["Béla", "Müller", "Çelik", "Ñandú"]).encode("cp1252"))
    with pytest.raises(EncodingError) as caught:
        read_text(tmp_path / "x.csv")
    shown = dict(caught.value.candidates)
    assert shown["cp1252"] == "Ñandú" and shown["cp1250"] == "Ńandú"


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("koi8_r", "рубашка джинсы обувь юбка"),
        ("cp1253", "πουκάμισο παντελόνι καπέλο παπούτσι"),
        ("cp1255", "חולצה מכנסיים כובע נעל"),
        ("cp1256", "قميص بنطال قبعة حذاء"),
        ("cp874", "เสื้อ กางเกง หมวก รองเท้า"),
    ],
)
def test_other_alphabets_are_asked_about_with_their_own_first(tmp_path, encoding, words):
    (tmp_path / "x.csv").write_bytes(table_of(words.split()).encode(encoding))
    with pytest.raises(EncodingError) as caught:
        read_text(tmp_path / "x.csv")
    (first, shown), *_ = caught.value.candidates
    assert first == encoding and shown in words


def test_names_of_files_beside_a_table_tell_its_encoding(tmp_path):
    (tmp_path / "猫").mkdir()
    (tmp_path / "x.csv").write_bytes(table_of(["猫", "狗"]).encode("gb18030"))
    read = read_text(tmp_path / "x.csv")
    assert read.text == table_of(["猫", "狗"]) and "told from the names of files beside it" in read.notice


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_is_read_with_mark_and_without(tmp_path, encoding):
    (tmp_path / "x.csv").write_bytes(table_of(["猫", "모자"]).encode(encoding))
    read = read_text(tmp_path / "x.csv")
    assert read.text == table_of(["猫", "모자"])
    assert bool(read.notice) == encoding.endswith(("le", "be"))


@pytest.mark.parametrize("broken", [b"\xef\xbb\xbfimage\xff", b"\xff\xfei\0", b"\xff\xfe\0\0abc"])
def test_a_mark_that_does_not_hold_is_said(tmp_path, broken):
    (tmp_path / "x.csv").write_bytes(broken + b"\x80")
    with pytest.raises(EncodingError, match="begins like UTF-"):
        read_text(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x1f\x8b\x08\0rest", r"is packed \(gzip\): unpack it"),
        (b"PAR1rest", r"let its name end in \.parquet"),
        (b"\xd0\xcf\x11\xe0rest", r"\(\.xls\): save it as CSV"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"image,label\n\0\0\0,a\n", "holds no text"),
        (b"\x81\x98\xff\x01", "in no known encoding"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, message):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_text(tmp_path / "x.csv")


def test_a_spreadsheet_under_the_name_of_a_table_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.csv", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError, match=r"ZIP archive or an Excel workbook \(\.xlsx\): .* save it as CSV"):
        read_text(tmp_path / "x.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "x.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_text(tmp_path / "x.csv")


@pytest.mark.parametrize(("encoding", "word"), [("iso2022_jp", "兎"), ("iso2022_kr", "고양이")])
def test_encodings_of_seven_bits_are_told_from_their_escapes(tmp_path, encoding, word):
    (tmp_path / "x.csv").write_bytes(f"image,label\n1.png,{word}\n".encode(encoding))
    found = read_text(tmp_path / "x.csv")
    assert word in found.text and "told from its escapes" in found.notice


def test_a_huge_table_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "MOST_BYTES", 10)
    (tmp_path / "x.csv").write_bytes(b"image,label\n")
    with pytest.raises(DataError, match="has more than 10 bytes; save so large a table as Parquet"):
        read_text(tmp_path / "x.csv")
