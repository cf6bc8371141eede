#!/usr/bin/env bash
# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
#
# hello says the same by each start method. Usage: hello_test.sh HELLO
set -u

hello=$1
expected='hello, world, from greeter
greeter exited with 0
squares: [1, 4, 9, 16]
12 * 12 = 144
squaring text is a Type error'
failures=0

for method in fork spawn forkserver; do
  status=0
  actual=$("$hello" "$method") || status=$?
  if [[ $status -ne 0 || $actual != "$expected" ]]; then
    printf 'hello %s: exit status %s and\n%s\nbut expected 0 and\n%s\n' \
      "$method" "$status" "$actual" "$expected"
    failures=1
  fi
done

status=0
"$hello" thread 2>/dev/null || status=$?
if [[ $status -ne 2 ]]; then
  echo "hello thread: exit status $status but expected 2"
  failures=1
fi
exit "$failures"
