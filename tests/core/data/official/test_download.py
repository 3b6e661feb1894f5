"""Downloading from a server on this machine: requests, checksums, archives and files are real."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core import paths
from core.commands import datasets as verb
from core.data.official.download import download
from core.data.official.sources import SOURCES, File, Source
from core.data.official.unpack import unpack
from core.errors import DataError, StorageError
from core.progress import Reporter, TerminalReporter
from tests.core.data.official import torchvision_trees as trees


class Server(ThreadingHTTPServer):
    """Serves a folder and keeps the paths that were asked for."""

    daemon_threads = False
    asked: list[str]


class Quiet(SimpleHTTPRequestHandler):
    """Keeps what was asked, and prints nothing; what is called `short...` is announced longer than it is."""

    def log_message(self, *_words: object) -> None:
        self.server.asked.append(self.path)

    def send_header(self, keyword: str, value: str) -> None:
        if keyword == "Content-Length" and "short" in self.path:
            value = str(int(value) + 1000)
        super().send_header(keyword, value)


class Progress(Reporter):
    """Keeps how far each task came."""

    def __init__(self) -> None:
        self.last: dict[str, tuple[int, int, str]] = {}

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        self.last[task] = (done, total, unit)


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    (tmp_path / "served").mkdir()
    with Server(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "served"))) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def published(server, tmp_path, monkeypatch):
    """Make a set's files, packed as their published names say, come from the server: `published(name, folder)`."""

    def serve(name: str, folder: Path) -> None:
        files = []
        for file in SOURCES[name].files:
            path = tmp_path / "served" / file.name
            pack(path, folder.parent / file.folder, file)
            md5 = hashlib.md5(path.read_bytes()).hexdigest()
            files.append(file._replace(url=address(server, file.name), md5=md5 if file.md5 else ""))
        monkeypatch.setitem(SOURCES, name, replace(SOURCES[name], files=tuple(files)))
        shutil.rmtree(folder)

    return serve


def address(server: Server, name: str) -> str:
    return f"http://127.0.0.1:{server.server_port}/{name}"


def pack(path: Path, folder: Path, file: File) -> None:
    """The archive that unpacks to what lies in `folder`."""
    if not file.unpacks_to or (path.suffix == ".gz" and ".tar" not in path.name):
        shutil.copyfile(folder / file.name, path)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for member in sorted((folder / file.unpacks_to[0]).rglob("*")):
                archive.write(member, member.relative_to(folder))
    else:
        with tarfile.open(path, "w:gz", dereference=True) as archive:
            for name in file.unpacks_to:
                # Links to one picture would be stored as links; the published archives hold files.
                for member in sorted((folder / name).rglob("*")):
                    if member.is_file():
                        facts = tarfile.TarInfo(str(member.relative_to(folder)))
                        facts.size = member.stat().st_size
                        archive.addfile(facts, io.BytesIO(member.read_bytes()))


def described(capsys, *words: str) -> list[str]:
    import argparse

    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    verb.run(parser.parse_args(words), TerminalReporter(io.StringIO()))
    return capsys.readouterr().out.splitlines()


LAID_OUT = {
    "Omniglot": (trees.omniglot, 18),
    "FashionMNIST": (partial(trees.fashion_mnist, packed=True), 30),
    "Flowers102": (trees.flowers, 6),
    "OxfordIIITPet": (trees.pets, 9),
    "FGVCAircraft": (trees.aircraft, 6),
    "Food101": (trees.food, 12),
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_a_set_is_downloaded_once_and_opened_by_name(name, server, published, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    lay_out, images = LAID_OUT[name]
    published(name, lay_out(tmp_path / "made"))
    with pytest.raises(DataError) as refused:
        described(capsys, "--data", f"torchvision:{name}")
    assert f"`python -m core datasets --download {name}` fetches it." in refused.value.on_command_line
    assert refused.value.in_window.endswith("yet. Start screen fetches it.")
    lines = described(capsys, "--download", name)
    assert f"{images} images, " in lines[0]
    assert lines[-1] == f"Open it with --data torchvision:{name}"
    assert sorted(server.asked) == sorted(f"/{file.name}" for file in SOURCES[name].files)
    server.asked.clear()
    assert described(capsys, "--download", name) == lines
    assert described(capsys, "--data", f"torchvision:{name}") == lines[:-1]
    assert server.asked == []
    assert not list((tmp_path / "workspace").rglob("*.unfinished"))


def test_a_chosen_folder_is_laid_out_as_torchvision_has_it(published, tmp_path, capsys):
    published("FashionMNIST", trees.fashion_mnist(tmp_path / "made", packed=True))
    lines = described(capsys, "--download", "FashionMNIST", "--to", str(tmp_path / "root"))
    assert lines[-1] == f"Open it with --data {tmp_path / 'root' / 'FashionMNIST'}"
    from torchvision.datasets import FashionMNIST

    assert len(FashionMNIST(tmp_path / "root", train=True)) == 20


def test_progress_is_told_in_bytes(published, tmp_path):
    published("Omniglot", trees.omniglot(tmp_path / "made"))
    size = (tmp_path / "served" / "images_background.zip").stat().st_size
    progress = Progress()
    download("Omniglot", tmp_path / "root", progress)
    assert progress.last["downloading images_background.zip"] == (size, size, "bytes")
    assert progress.last["unpacking images_evaluation.zip"] == (6, 0, "files")


def test_another_file_than_the_published_one_is_refused_and_not_kept(server, published, tmp_path):
    published("Omniglot", trees.omniglot(tmp_path / "made"))
    (tmp_path / "served" / "images_background.zip").write_bytes(b"<html>moved</html>")
    with pytest.raises(StorageError, match=r"is not the published file: its MD5 is [0-9a-f]{32}, expected"):
        download("Omniglot", tmp_path / "root", Reporter())
    assert not any(path.is_file() for path in (tmp_path / "root").rglob("*"))


def test_a_damaged_file_on_disk_is_fetched_anew(server, published, tmp_path):
    published("Flowers102", trees.flowers(tmp_path / "made"))
    download("Flowers102", tmp_path / "root", Reporter())
    (tmp_path / "root" / "flowers-102" / "setid.mat").write_bytes(b"damaged")
    server.asked.clear()
    download("Flowers102", tmp_path / "root", Reporter())
    assert server.asked == ["/setid.mat"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone.zip", "cannot be downloaded .HTTP Error 404"), ("short.zip", r"broke off .*try again")],
)
def test_a_failing_server_is_said_with_the_address(server, tmp_path, monkeypatch, name, message):
    (tmp_path / "served" / "short.zip").write_bytes(b"x" * 10)
    file = File(address(server, name), "", "omniglot-py", ("images_background",))
    monkeypatch.setitem(SOURCES, "Omniglot", Source(1, (file,), "MIT"))
    with pytest.raises(StorageError, match=message) as caught:
        download("Omniglot", tmp_path / "root", Reporter())
    assert caught.value.subject == file.url
    assert not list((tmp_path / "root").rglob("*.zip"))


def test_no_server_at_all_is_said(tmp_path, monkeypatch):
    file = File("http://127.0.0.1:1/a.zip", "", "omniglot-py", ("images_background",))
    monkeypatch.setitem(SOURCES, "Omniglot", Source(1, (file,), "MIT"))
    with pytest.raises(StorageError, match=r"http://127\.0\.0\.1:1/a\.zip cannot be downloaded"):
        download("Omniglot", tmp_path / "root", Reporter())


def test_a_disk_without_room_is_said_before_anything_is_written(published, tmp_path, monkeypatch):
    published("Omniglot", trees.omniglot(tmp_path / "made"))
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    with pytest.raises(StorageError, match=r"needs 0 MB, but .* has 0 MB free"):
        download("Omniglot", tmp_path / "root", Reporter())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "StanfordCars",
            "StanfordCars is no longer published by its authors; put cars_train, cars_test and devkit into",
        ),
        ("CIFAR10", "'CIFAR10' cannot be downloaded; expected one of Omniglot, FashionMNIST"),
    ],
)
def test_what_cannot_be_downloaded_is_said(tmp_path, name, message):
    with pytest.raises(DataError, match=message):
        download(name, tmp_path, Reporter())


def test_addresses_and_checksums_are_those_of_torchvision():
    from torchvision import datasets

    def files(name: str) -> list[tuple[str, str]]:
        return [(file.url, file.md5) for file in SOURCES[name].files]

    omniglot, flowers = datasets.Omniglot, datasets.Flowers102
    assert files("Omniglot") == [
        (f"{omniglot.download_url_prefix}/{part}.zip", md5) for part, md5 in omniglot.zips_md5.items()
    ]
    (mirror,) = datasets.FashionMNIST.mirrors
    assert files("FashionMNIST") == [(mirror + name, md5) for name, md5 in datasets.FashionMNIST.resources]
    assert files("Flowers102") == [
        (flowers._download_url_prefix + name, md5) for name, md5 in flowers._file_dict.values()
    ]
    assert files("OxfordIIITPet") == list(datasets.OxfordIIITPet._RESOURCES)
    assert files("FGVCAircraft") == [(datasets.FGVCAircraft._URL, "")]
    assert files("Food101") == [(datasets.Food101._URL, datasets.Food101._MD5)]


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for facts, content in members:
            facts.size = len(content)
            archive.addfile(facts, io.BytesIO(content))
    return path


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    facts = tarfile.TarInfo(name)
    facts.type, facts.linkname = kind, target
    return facts


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (tarfile.TarInfo("../outside.txt"), r"member '\.\./outside\.txt' leads out"),
        (tarfile.TarInfo("/outside.txt"), "member '/outside.txt' leads out"),
        (link("jpg/link", "/etc", tarfile.SYMTYPE), "member 'jpg/link' is neither a file nor a folder"),
        (link("jpg/link", "jpg/1.jpg", tarfile.LNKTYPE), "member 'jpg/link' is neither a file nor a folder"),
        (link("jpg/pipe", "", tarfile.FIFOTYPE), "member 'jpg/pipe' is neither a file nor a folder"),
    ],
)
def test_an_archive_reaching_outside_is_refused_and_leaves_nothing(tmp_path, member, message):
    archive = tar_of(tmp_path / "bad.tgz", (tarfile.TarInfo("jpg/1.jpg"), b"1"), (member, b""))
    with pytest.raises(StorageError, match=message):
        unpack(archive, tmp_path / "into", ("jpg",), Reporter())
    assert list((tmp_path / "into").iterdir()) == []
    assert not (tmp_path / "outside.txt").exists()


def test_a_zip_reaching_outside_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("../outside.txt", "x")
    with pytest.raises(StorageError, match="leads out of the archive's folder"):
        unpack(tmp_path / "bad.zip", tmp_path / "into", ("jpg",), Reporter())


def test_an_archive_of_something_else_is_refused(tmp_path):
    archive = tar_of(tmp_path / "other.tgz", (tarfile.TarInfo("png/1.png"), b"1"))
    with pytest.raises(StorageError, match="does not hold 'jpg', as the published one does"):
        unpack(archive, tmp_path / "into", ("jpg",), Reporter())


@pytest.mark.parametrize("name", ["bad.zip", "bad.tgz", "bad.gz"])
def test_a_damaged_archive_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(StorageError, match=f"{name} (is damaged|cannot be unpacked)"):
        unpack(tmp_path / name, tmp_path / "into", ("bad",), Reporter())


def test_unpacking_replaces_what_an_older_try_left(tmp_path):
    (tmp_path / "into" / "jpg").mkdir(parents=True)
    (tmp_path / "into" / "jpg" / "half.jpg").touch()
    unpack(tar_of(tmp_path / "a.tgz", (tarfile.TarInfo("./jpg/1.jpg"), b"1")), tmp_path / "into", ("jpg",), Reporter())
    assert [path.name for path in (tmp_path / "into" / "jpg").iterdir()] == ["1.jpg"]
