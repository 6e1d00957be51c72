#!/bin/sh
# Unpacks Debian packages with Lua sources into target/corpus, without installing them.
# The tests compile every file with luac and with luajit and compare. A second run does nothing.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-${CARGO_TARGET_DIR:-$root/target}/corpus}
packages="prosody prosody-modules luarocks luakit lua-penlight lua-check lua-ldoc lua-busted lua-http lua-argparse lua-inspect
    lua-markdown lua-dkjson lua-messagepack lua-unit lua-leg lua-lpeg-patterns lua-moses"

mkdir -p "$dir/.deb"
for p in $packages; do
    [ -e "$dir/$p/.complete" ] && continue
    rm -rf "${dir:?}/$p"
    echo "corpus: $p"
    rm -f "$dir/.deb/${p}_"*.deb
    # apt drops its privileges for downloads where it can; the folder need not be open to its user.
    (cd "$dir/.deb" && apt-get -q=2 -o APT::Sandbox::User=root download "$p") || {
        echo "corpus: cannot download $p; run 'apt-get update' and try again" >&2
        exit 1
    }
    dpkg -x "$dir/.deb/${p}_"*.deb "$dir/$p"
    touch "$dir/$p/.complete"
done
rm -rf "$dir/.deb"
touch "$dir/.complete"
