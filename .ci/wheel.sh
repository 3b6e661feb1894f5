#!/bin/sh
# Build the wheel, install it as people do, in an empty environment, and use its command away from this checkout.
set -eu
checkout=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/embedding-explorer-wheel.XXXXXX")
trap 'rm -rf "$place"' EXIT
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME

echo "wheel: building and installing it"
# The interpreter of the environment that the tests use, so that its version is a supported one.
"$checkout/${VENV:-.venv}/bin/python" -m venv "$place/environment"
pip="$place/environment/bin/python -m pip --disable-pip-version-check --quiet"
$pip wheel --no-deps --wheel-dir "$place" "$checkout" </dev/null
$pip install "$place"/*.whl --constraint "$checkout/constraints.txt" </dev/null

cd "$place"
export EMBEDDING_EXPLORER_WORKSPACE="$place/workspace" QT_QPA_PLATFORM=offscreen
command="$place/environment/bin/embedding-explorer"
"$command" --help >help.txt
"$command" train small --data demo --out run --epochs 1 >trained.txt 2>&1 || { cat trained.txt; exit 1; }
"$command" evaluate run --data demo >figures.txt
# The window as well: its themes, icons and demo checkpoints must have come along.
"$command" run --screenshot window.png
test -s window.png
echo "wheel: installed, trained, measured and looked at"
