// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases of spec/clauses/queue.md.

#include "conformance/harness/case.h"
#include "spec/queue.h"

namespace procspec::harness {

PROCSPEC_CASE("queue.put.timeout-full") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));
  ASSERT_OK(queue->Put("first", Guard()));

  Stopwatch watch;
  EXPECT_THAT(queue->Put("second", Deadline()), Raises(ErrorKind::kFull));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

}  // namespace procspec::harness
