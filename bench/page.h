// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PAGE_H_
#define PROCSPEC_BENCH_PAGE_H_

#include <string>

#include "bench/results.h"

namespace procspec::bench {

// A run as one HTML page, which needs no server, no script and no other file:
// a chart for each workload, and under it the figures. Of what is withheld it
// has the clause and nothing else.
std::string HtmlPage(const Results& results);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PAGE_H_
