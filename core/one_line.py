"""What keeps a command line from being run, told in one line."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong, and under which command's help to look, instead of repeating how everything is used."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """As argparse has it; but a verb refuses what it does not know itself, so that its own help is named."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"{self.prog}: {on_one_line(message)}; see {self.prog} --help.\n")


def on_one_line(sentence: str) -> str:
    """What a name has of line breaks and other control characters as escapes."""
    if sentence.isprintable():
        return sentence
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in sentence)


def missing_package(error: ModuleNotFoundError) -> str:
    """Which package this Python lacks and what to run; raises `error` again where the module is one of ours."""
    package = (error.name or "").partition(".")[0]
    if package in ("core", "explorer", ""):
        raise error
    return (
        f"{sys.executable} lacks the package {package}: `make run` installs all and starts the window; commands need"
        ' that environment active (. .venv/bin/activate, see "Without make" in README.md).'
    )
