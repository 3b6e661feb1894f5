"""Stands for a verb of the core: does what its first argument says, in JSON lines. Loads nothing heavy."""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def emit(kind: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\n")
    sys.stdout.flush()


def main(verb: str) -> int:
    if verb == "work":
        emit("device", name="CPU (2 cores)")
        emit("progress", task="embedding", done=1200, total=5403, unit="images", seconds_left=12.2)
    elif verb == "refuse":
        emit("failed", sentence="There is no such folder.")
        sys.stderr.write("There is no such folder.\n")
        return 2
    elif verb == "break":
        sys.stderr.write("Traceback of the child\n")
        sys.stderr.write("ValueError: nothing fits\n")
        return 1
    elif verb == "garble":
        os.write(1, b"\xff\xfe no JSON\n[1, 2]\n\n")
    elif verb == "wait":
        emit("progress", task="waiting", done=0, total=0)
        time.sleep(60)
    elif verb == "insist":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        emit("insisting")
        time.sleep(60)
    elif verb == "answer":
        emit("ready")
        for line in sys.stdin:
            request = json.loads(line)
            emit("answer", id=request["id"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
