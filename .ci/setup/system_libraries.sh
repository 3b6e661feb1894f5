#!/bin/sh
# Install what Qt's window needs from the system (Debian, Ubuntu), or say which command does.
# With --missing it only prints the missing packages, one a line.
set -eu

# package = the library by which it is recognised
NEEDED="
libglib2.0-0=libglib-2.0.so.0
libegl1=libEGL.so.1
libgl1=libGL.so.1
libdbus-1-3=libdbus-1.so.3
libfontconfig1=libfontconfig.so.1
libxkbcommon0=libxkbcommon.so.0
libxkbcommon-x11-0=libxkbcommon-x11.so.0
libx11-xcb1=libX11-xcb.so.1
libxcb-cursor0=libxcb-cursor.so.0
libxcb-icccm4=libxcb-icccm.so.4
libxcb-image0=libxcb-image.so.0
libxcb-keysyms1=libxcb-keysyms.so.1
libxcb-randr0=libxcb-randr.so.0
libxcb-render-util0=libxcb-render-util.so.0
libxcb-shape0=libxcb-shape.so.0
libxcb-sync1=libxcb-sync.so.1
libxcb-xfixes0=libxcb-xfixes.so.0
libxcb-xkb1=libxcb-xkb.so.1
"

known_libraries() {
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true
}

has_font() {
    for folder in /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.fonts" "${HOME:-/}/.local/share/fonts"; do
        [ -d "$folder" ] || continue
        [ -z "$(find "$folder" \( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) -print 2>/dev/null | head -n 1)" ] || return 0
    done
    return 1
}

missing_packages() {
    known=$(known_libraries)
    for pair in $NEEDED; do
        case $known in
            *"${pair#*=} "*) ;;
            *) echo "${pair%%=*}" ;;
        esac
    done
    has_font || echo fonts-dejavu-core
}

if [ "$(uname -s)" != Linux ]; then
    exit 0 # Qt brings everything with it on other systems
fi
missing=$(missing_packages)
if [ "${1:-}" = --missing ]; then
    [ -z "$missing" ] || echo "$missing"
    exit 0
fi
[ -n "$missing" ] || exit 0
# shellcheck disable=SC2086 # one word a package
exec "$(dirname "$0")/apt_install.sh" $missing
