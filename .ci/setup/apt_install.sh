#!/bin/sh
# Install Debian/Ubuntu packages where that needs no password; else name the command and fail.
# usage: apt_install.sh PACKAGE...
set -eu

command_line="apt-get install --yes --no-install-recommends $*"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are missing, and there is no apt-get to install them; please use your system's own way: $*" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "System packages are missing. Please run this, then the same make command again:" >&2
    echo "    sudo apt-get update && sudo $command_line" >&2
    exit 1
fi
echo "installing system packages: $*"
export DEBIAN_FRONTEND=noninteractive
# A fresh machine has no package lists, and old lists name files that are gone: try, refresh, try again.
# shellcheck disable=SC2086 # the prefix and the command are words
if ! $root $command_line </dev/null >/dev/null 2>&1; then
    $root apt-get update </dev/null >/dev/null
    $root $command_line </dev/null >/dev/null
fi
