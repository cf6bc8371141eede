#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# KILL_LOAD HISTORIES: backends that are wrong on purpose are found out, each by
# what it does wrong. What processes do under load is up to the machine, so each
# has a few seeds to be found out by; a right backend is not found out by any.
set -u
kill_load="$1"
histories="$2"
failed=0

expect() { # expect BACKEND FINDING PROGRAM ARGUMENTS...
  local backend="$1" finding="$2" out rc seed
  shift 2
  for seed in 1 2 3 4 5 6 7 8; do
    out="$("$@" --backend="$backend" --seed="$seed" 2>&1)"
    rc=$?
    # 0: nothing found, so another seed. Anything else but 1 is no finding.
    [[ $rc -eq 0 ]] && continue
    if [[ $rc -eq 1 && "$out" =~ $finding ]]; then
      echo "$backend: found out by seed $seed: ${BASH_REMATCH[0]}"
      return
    fi
    break
  done
  echo "$backend: not found out by '$finding'; the last exit code is $rc:"
  echo "$out" | tail -40
  failed=1
}

queue() { expect "$1" "$2" "$kill_load" --load=queue --kills=50; }
lock() { expect "$1" "$2" "$kill_load" --load=lock --kills=50; }
pool() { expect "$1" "$2" "$kill_load" --load=pool --kills=20; }
histories() { expect "$1" "not linearizable" "$histories" --histories=10 "${@:2}"; }

queue queue-puts-an-item-twice "twice: [0-9]+ times"
queue queue-swaps-items-of-one-producer "(order|lost): [0-9]+ times"
queue queue-end-does-not-flush "lost: [0-9]+ times"
lock lock-lets-in-who-would-wait-for-long "exclusion: [0-9]+ times"
lock lock-is-freed-when-its-holder-ends "freed: [0-9]+ times"
pool pool-calls-back-twice "twice: [0-9]+ times"
pool pool-does-not-initialize-replacements "lost: [0-9]+ times"
histories queue-refused-put-comes-later --object=queue
histories queue-bound-is-for-each-process --object=queue
histories lock-try-ignores-holders-in-other-processes --object=lock
histories lock-lets-in-who-would-wait-for-long --object=lock

exit "$failed"
