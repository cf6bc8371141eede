// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_TABLE_H_
#define PROCSPEC_BENCH_TABLE_H_

#include <string>

#include "bench/results.h"

namespace procspec::bench {

// A line for each group and each subject of ours: its figure, and how many
// times as fast it is as the best peer, the limit and CPython. In ASCII.
std::string TableText(const Results& results);
std::string TableMarkdown(const Results& results);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_TABLE_H_
