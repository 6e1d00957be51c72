#!/bin/sh
# Unpacks the Debian packages whose Lua sources the tests and benchmarks read.
#
#   testdata/corpus/fetch.sh [DIRECTORY]      (default: target/corpus of this repository)
#
# Each package lands in DIRECTORY/<package>/, as `dpkg -x` lays it out. Nothing is installed.
# A package that is already there is left alone; silence and status 0 mean that all are there.
set -eu

packages="prosody prosody-modules luarocks luakit lua-penlight lua-check lua-ldoc lua-busted lua-http
lua-argparse lua-inspect lua-markdown lua-dkjson lua-messagepack lua-unit lua-leg lua-lpeg-patterns lua-moses"

fail() {
    echo "fetch.sh: $*" >&2
    exit 1
}

root=$(cd "$(dirname "$0")/../.." && pwd)
dest=${1:-$root/target/corpus}
mkdir -p "$dest" || fail "cannot create $dest"
dest=$(cd "$dest" && pwd)

missing=
for p in $packages; do
    [ -e "$dest/$p/.complete" ] || missing="$missing $p"
done
if [ -z "$missing" ]; then
    : >"$dest/.complete"
    exit 0
fi

for tool in apt-get dpkg; do
    command -v "$tool" >/dev/null || fail "$tool not found: this needs Debian (or a system with its packages)"
done

work=$(mktemp -d) || fail "cannot create a temporary directory"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

refresh() {
    if [ "$(id -u)" = 0 ]; then
        apt-get -qq update
    elif command -v sudo >/dev/null; then
        echo "fetch.sh: the package lists are missing or old: sudo apt-get update" >&2
        sudo apt-get -qq update
    else
        fail "the package lists are missing or old: run 'apt-get update' as root, then this again"
    fi
}

# Without the sandbox user apt as root would warn that its own user may not write here.
download() {
    (cd "$work" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download $missing) >"$work/log" 2>&1
}

if ! download; then
    refresh >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "apt-get update failed"; }
    download || { cat "$work/log" >&2; fail "cannot download:$missing"; }
fi

for p in $missing; do
    deb=
    for f in "$work/$p"_*.deb; do
        [ -e "$f" ] && deb=$f
    done
    [ -n "$deb" ] || fail "apt-get downloaded no file for $p"
    # Unpacked beside its place and moved there whole, so that an interrupted run leaves no half package.
    rm -rf "$dest/$p" "$dest/.$p.new"
    dpkg -x "$deb" "$dest/.$p.new" || fail "cannot unpack $p"
    : >"$dest/.$p.new/.complete"
    mv "$dest/.$p.new" "$dest/$p"
done
: >"$dest/.complete"
