"""The watch over leaks must see them, or it proves nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QThread

from core import paths
from core.data.images import decode
from tests import leaks


def test_a_thread_that_goes_on_is_found_and_one_that_ends_is_not() -> None:
    before = leaks.running_threads()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten", daemon=True)
    thread.start()
    assert leaks.remaining(leaks.running_threads, before, seconds=0.1) == [thread]
    stop.set()
    assert leaks.remaining(leaks.running_threads, before) == []


def test_a_thread_that_may_outlive_a_test_is_passed_over() -> None:
    before = leaks.running_threads()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="tqdm_monitor", daemon=True)
    thread.start()
    assert leaks.remaining(leaks.running_threads, before, seconds=0.1) == []
    stop.set()
    thread.join()


def test_a_qt_thread_that_goes_on_is_found(qapp: QCoreApplication) -> None:
    thread = QThread()
    thread.start()
    assert leaks.running_qthreads() == ["QThread"]
    thread.quit()
    assert thread.wait(2000)
    assert leaks.running_qthreads() == []


def test_a_child_process_that_goes_on_is_found_by_its_command() -> None:
    before = leaks.running_children()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (found,) = leaks.remaining(leaks.running_children, before, seconds=0.1)
    assert found.pid == child.pid
    assert "input()" in leaks.words(found)
    child.communicate()
    assert leaks.remaining(leaks.running_children, before) == []


def test_tests_have_a_workspace_of_their_own() -> None:
    assert "embedding-explorer-tests-" in str(paths.workspace())
    assert "embedding-explorer-tests-" in str(paths.cache())


def test_the_tiny_folder_has_8_classes_of_6_different_pictures(tiny_folder: Path) -> None:
    folders = sorted(tiny_folder.iterdir())
    assert len(folders) == 8
    for folder in folders:
        pictures = {decode(path).tobytes() for path in folder.iterdir()}
        assert len(pictures) == 6
