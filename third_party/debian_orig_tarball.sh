#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# debian_orig_tarball.sh PACKAGE_VERSION.orig.tar.gz SHA256 DIR
#
# Puts the upstream tarball of a Debian source package into DIR: from the user's
# cache, else by apt-get, which needs neither root nor a deb-src line: a private
# list of sources is made from the system's own, so the mirror, the proxy and the
# keys are those the system uses.
set -euo pipefail

archive="$1"
sha256="$2"
dir="$(cd "$3" && pwd)"
cached="${XDG_CACHE_HOME:-$HOME/.cache}/procspec/$archive"

matches() { echo "$sha256  $1" | sha256sum --check --status; }

if [ -f "$cached" ] && matches "$cached"; then
  cp "$cached" "$dir/$archive"
  exit
fi

private="$(mktemp -d "$dir/apt.XXXXXX")"
trap 'rm -rf "$private"' EXIT
mkdir -p "$private"/{sources.list.d,lists/partial,cache/archives/partial}

list='' parts=''
eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
n=0
for f in "$list" "${parts%/}"/*.list; do
  [ -f "$f" ] || continue
  n=$((n + 1))
  sed -n 's/^deb[[:space:]]/deb-src /p' "$f" >"$private/sources.list.d/$n.list"
done
for f in "${parts%/}"/*.sources; do
  [ -f "$f" ] || continue
  n=$((n + 1))
  sed 's/^Types:.*/Types: deb-src/' "$f" >"$private/sources.list.d/$n.sources"
done

apt=(apt-get -q
  -o Dir::Etc::sourcelist=/dev/null
  -o Dir::Etc::sourceparts="$private/sources.list.d"
  -o Dir::State::lists="$private/lists"
  -o Dir::Cache="$private/cache"
  -o APT::Sandbox::User=root
  -o Acquire::Languages=none
  -o Acquire::Retries=3)
cd "$private"
# A third-party source may have no deb-src: that must not stop Debian's.
"${apt[@]}" update </dev/null || true
"${apt[@]}" source --download-only --tar-only "${archive%%_*}" </dev/null
if ! [ -f "$archive" ]; then
  echo "apt-get brought no $archive, but:" *.tar.* >&2
  exit 1
fi
if ! matches "$archive"; then
  echo "$archive has sha256 $(sha256sum <"$archive"), expected $sha256" >&2
  exit 1
fi

# The cache is a convenience: one that cannot be written must not stop us.
if mkdir -p "$(dirname "$cached")" 2>/dev/null; then
  cp "$archive" "$cached.$$" && mv "$cached.$$" "$cached" || true
fi
mv "$archive" "$dir/"
