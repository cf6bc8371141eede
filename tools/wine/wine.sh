#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Runs a Windows program under Wine: wine.sh PROGRAM.exe ARGUMENTS...
# Any other program it runs as it is; PROCSPEC_WINE tells that one how to run
# Windows programs: by this script.
#
# Bazel runs tests by it with --config=windows; tools/conform --platform=windows
# runs procspec by it.
#
# A Wine prefix takes ten seconds and 700 MB to make, and two sandboxed tests
# cannot share one: each has process ids of its own, and the first to end takes
# the Wine server of both with it. So there is one template for each user, and
# each run has a copy of its registry beside a link to its drive C.
set -euo pipefail

case "$1" in
  *.exe) ;;
  *)
    PROCSPEC_WINE="$(realpath "${BASH_SOURCE[0]}")" exec "$@"
    ;;
esac

die() { printf 'wine.sh: error: %s\n' "$*" >&2; exit 2; }
command -v wine >/dev/null || die "there is no wine. Remedy: tools/setup"

export WINEDEBUG="${WINEDEBUG:--all}"
# No .NET, no browser, no menus, no debugger: none may start, or wait for a click.
export WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe,winedbg.exe="
unset DISPLAY WAYLAND_DISPLAY
# Of file names Wine knows what the locale can say.
export LC_ALL=C.UTF-8

template="${PROCSPEC_WINE_TEMPLATE:-/tmp/procspec-wine-$(id -u)}"
(umask 077 && mkdir -p "$template")
[[ -O "$template" && ! -L "$template" ]] || die "$template belongs to somebody else"
if [[ ! -e "$template/ready" ]]; then
  exec 9>"$template/lock"
  flock 9
  if [[ ! -e "$template/ready" ]]; then
    mkdir -p "$template/home"
    # Wine links "My Documents" and the like to $HOME.
    HOME="$template/home" WINEPREFIX="$template/prefix" wineboot -i >"$template/log" 2>&1 9>&- ||
      die "wineboot failed; see $template/log"
    WINEPREFIX="$template/prefix" wine winecfg -v win10 >>"$template/log" 2>&1 9>&-
    WINEPREFIX="$template/prefix" wineserver -w 9>&-
    touch "$template/ready"
  fi
  exec 9>&-
fi

base="${TEST_TMPDIR:-$(mktemp -d)}"
prefix="$base/wine"
mkdir -p "$prefix/dosdevices"
ln -sfn "$template/prefix/drive_c" "$prefix/drive_c"
ln -sfn ../drive_c "$prefix/dosdevices/c:"
ln -sfn / "$prefix/dosdevices/z:"
cp "$template"/prefix/*.reg "$template/prefix/.update-timestamp" "$prefix"
# Temporary files of its own, by a short path: Wine servers do not see each other's
# locks, by which procspec tells directories in use from abandoned ones.
mkdir -p "$prefix/temp"
ln -sfn ../temp "$prefix/dosdevices/t:"
sed -i 's|^"\(TE\?MP\)"=.*|"\1"="T:\\\\"|' "$prefix/user.reg"
export WINEPREFIX="$prefix"

# A Windows program takes /x for a path on its current drive.
for name in TEST_SRCDIR TEST_TMPDIR TEST_UNDECLARED_OUTPUTS_DIR XML_OUTPUT_FILE \
  TEST_PREMATURE_EXIT_FILE TEST_SHARD_STATUS_FILE RUNFILES_DIR \
  RUNFILES_MANIFEST_FILE; do
  [[ "${!name-}" != /* ]] || export "$name=Z:${!name}"
done

# In a runfiles tree in a sandbox a path can be longer than MAX_PATH: then the
# program could not start itself again.
program="$(realpath "$1")"
shift
short="$prefix/$(basename "$program")"
ln -sfn "$program" "$short"

# Without random addresses: Wine 8 begins a process with a page at 0x7ffe0000, and
# the kernel puts a heap there at one start in some thousands, which then fails
# (CreateProcess: ERROR_INTERNAL_ERROR).
fixed=(setarch "$(uname -m)" --addr-no-randomize)
"${fixed[@]}" true 2>/dev/null || fixed=()

# The sandbox of a test ends everything in it.
[[ -z "${TEST_TMPDIR-}" ]] || exec "${fixed[@]}" wine "$short" "$@"

# Not -k9, which would leave Wine's services running with our output open.
trap 'wineserver -k || true; rm -rf "$base"' EXIT
status=0
"${fixed[@]}" wine "$short" "$@" || status=$?
exit "$status"
