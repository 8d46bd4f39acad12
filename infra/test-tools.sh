#!/bin/sh
# What the browser tests need from the system: Chromium and a font with Chinese letters.
# Installed by apt where we may; otherwise the one line to run is printed, and nothing goes on without it.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium"
if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
    -iname '*cjk*' -print -quit 2>/dev/null)" ]; then
    missing="$missing fonts-noto-cjk"
fi
missing="${missing# }"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "error  the browser tests need: $missing" >&2
    echo "  do   install them with this system's package manager" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    root=""
elif sudo -n true 2>/dev/null; then
    root="sudo"
else
    echo "error  the browser tests need: $missing" >&2
    echo "  do   sudo apt-get install -y --no-install-recommends $missing" >&2
    exit 1
fi

echo "Installing for the browser tests: $missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A new machine has no package lists yet; $missing is words on purpose.
if ! { $root env DEBIAN_FRONTEND=noninteractive apt-get update &&
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 8 "$log" >&2
    echo "error  apt could not install: $missing" >&2
    echo "  do   sudo apt-get install -y --no-install-recommends $missing" >&2
    exit 1
fi
