// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_FORMAT_H_
#define PROCSPEC_BENCH_FORMAT_H_

#include <string>

#include "bench/catalogue.h"
#include "bench/statistics.h"

// Figures as people read them: three digits, two below one, in ASCII.

namespace procspec::bench {

// "80.0 ns", "3.65 us", "1.28 ms", "2.10 s".
std::string TimeText(double ns);

// The time of one operation as operations a second: "36.2 M/s", "282 k/s".
std::string RateText(double ns);

// Either of them.
std::string FigureText(double ns, Shown shown);

// "132x", "5.20x", "0.38x".
std::string RatioText(double ratio);

// "+5.1 %", of a ratio of times.
std::string ChangeText(double ratio);

// "+4.2 .. +6.0 %"; "not bounded" if an end is open.
std::string ChangeInterval(const Estimate& ratio);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_FORMAT_H_
