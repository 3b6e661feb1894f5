"""Stands for `python -m core train`: writes what a trainer writes, without torch, and ends as the data's name says.

The location given as --data is what it does: "obey" trains until asked to stop, "finish" ends by itself, "refuse"
says why it cannot train, "break" dies of an error, "deaf" hears nothing, "load" never gets ready.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

EPOCHS = 50


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--device", default="")
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    if arguments.data == "load":
        time.sleep(60)
    # Only now: the one that loads must not have begun to listen.
    from core.data.source import DataSource
    from core.storage import write_json
    from core.training.recipe import load_recipe, to_toml
    from core.training.run_directory import DETAILS, RECIPE, claim, stop_requested
    from core.training.run_messages import MESSAGES

    run: Path = arguments.out
    with claim(run, arguments.resume), (run / MESSAGES).open("a") as messages:

        def emit(kind: str, **fields: object) -> None:
            messages.write(json.dumps({"type": kind, **fields}) + "\n")
            messages.flush()

        if arguments.data == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (run / RECIPE).write_text(to_toml(load_recipe(str(arguments.recipe))), encoding="utf-8")
        if arguments.data == "refuse":
            emit("failed", sentence="There is nothing to train on.", epoch=0)
            return 2
        write_json(run / DETAILS, {"data": DataSource(arguments.data).as_dict(), "device": "CPU (pretended)"})
        emit("started", epochs=EPOCHS, steps_per_epoch=1, pid=os.getpid())
        for epoch in range(1, EPOCHS + 1):
            if stop_requested(run) and arguments.data != "deaf":
                emit("stopped", sentence=f"stopped in epoch {epoch}", epoch=epoch)
                return 0
            emit("step", step=epoch, epoch=epoch, loss=1 / epoch)
            if arguments.data == "break":
                sys.stderr.write("Traceback of the trainer\nValueError: shapes differ\n")
                return 1
            emit("epoch", epoch=epoch, recall={"1": 0.5}, seconds_left=3.0)
            if arguments.data == "finish":
                break
            time.sleep(0.05)
            if epoch == EPOCHS:
                time.sleep(60)
        emit("finished", sentence="trained 1 epoch", epoch=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
