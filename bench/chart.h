// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_CHART_H_
#define PROCSPEC_BENCH_CHART_H_

#include <string>
#include <string_view>
#include <vector>

#include "bench/catalogue.h"
#include "bench/statistics.h"

// Charts as SVG. Each is drawn twice, for a desk and for a phone, of which the
// style sheet (page.css) shows one: text that is scaled down cannot be read.
// Colours are its classes: `ours`, `cpython`, `limit` and `p0` to `p7`.

namespace procspec::bench {

// "&", "<", ">" and quotes, as HTML has them.
std::string Html(std::string_view text);

// "1.25 µs"; only pages have other letters than ASCII.
std::string HtmlFigure(double ns, Shown shown);

struct Mark {
  double at = 0;  // a number on the axis; only lines have one
  Estimate ns;    // positive
};

struct Series {
  std::string subject;
  std::string style;  // a class
  std::vector<Mark> marks;
};

struct Tick {
  double at = 0;
  std::string text;  // "64 KiB"
};

struct Chart {
  std::string title;      // for who does not see it
  std::string operation;  // "message"
  Shown shown = Shown::kTime;
  std::vector<Series> series;  // the fastest first
  std::vector<Tick> ticks;     // of the axis across
};

// A line for each, over a size; both axes are logarithmic. A name is at the end
// of its line.
std::string LineChart(const Chart& chart);

// A dot for each with its interval, one below the other, on a logarithmic axis.
// A series has one mark.
std::string DotChart(const Chart& chart);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_CHART_H_
