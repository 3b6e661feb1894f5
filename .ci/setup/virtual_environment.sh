#!/bin/sh
# Make .venv with the tested versions; does nothing when it is as pyproject.toml and constraints.txt want it.
# PYTHON names the interpreter to use, else the first suitable one is taken.
set -eu
cd "$(dirname "$0")/../.."

VENV=${VENV:-.venv}
STAMP=$VENV/installed
OLDEST="3, 11"

suitable() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c "import sys; sys.exit(sys.version_info < ($OLDEST))" 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

explain_missing_python() {
    wanted=${PYTHON:-python3}
    found=$("$wanted" --version 2>/dev/null || echo "not there")
    echo "Python 3.11 or newer is needed, but $wanted is $found." >&2
    echo "Install a newer one (Debian 12 or newer, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv)," >&2
    echo "or name it: make setup PYTHON=/path/to/python3.12" >&2
}

can_make_environments() {
    "$1" -c "import ensurepip, venv" 2>/dev/null
}

make_environment() {
    python=$(find_python)
    if [ -z "$python" ] && [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null 2>&1; then
        .ci/setup/apt_install.sh python3 python3-venv
        python=$(find_python)
    fi
    if [ -z "$python" ]; then
        explain_missing_python
        exit 1
    fi
    if ! can_make_environments "$python"; then
        # Debian and Ubuntu ship this part of Python as a package of its own.
        .ci/setup/apt_install.sh "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    echo "making $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV"
}

# What the environment depends on, as two numbers. The folder counts: an environment that was moved is broken.
fingerprint() {
    { pwd; "$VENV/bin/python" --version; cat pyproject.toml constraints.txt; } | cksum
}

suitable "$VENV/bin/python" && "$VENV/bin/python" -c "import pip" 2>/dev/null || make_environment
# Nothing is equal to nothing, but says nothing either.
if [ -s "$STAMP" ] && [ "$(cat "$STAMP")" = "$(fingerprint)" ]; then
    exit 0
fi
echo "installing Python packages (the first time 3 GB to load, 6.5 GB on the disk; a few minutes)"
if [ -t 1 ]; then quiet=""; else quiet=--quiet; fi
# torch and torchvision come in one resolution, so that they always fit each other.
# shellcheck disable=SC2086 # an empty option is none
"$VENV/bin/python" -m pip install --disable-pip-version-check $quiet --editable ".[test]" \
    --constraint constraints.txt </dev/null
echo "compiling the map's code, once"
"$VENV/bin/python" -m core prepare
"$VENV/bin/python" -m explorer.panels.map.raster
fingerprint >"$STAMP"
