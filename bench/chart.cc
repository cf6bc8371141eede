// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "bench/format.h"

namespace procspec::bench {
namespace {

// What a person sees: the rate of some charts, the time of the others.
double ValueOf(double ns, Shown shown) {
  return shown == Shown::kRate ? 1e9 / ns : ns;
}

std::string Number(double value) { return absl::StrFormat("%.1f", value); }

// The logarithmic axis from a value to a place.
class LogAxis {
 public:
  LogAxis(double low, double high, double from, double to)
      : low_(std::log(low)), high_(std::log(high)), from_(from), to_(to) {}

  double operator()(double value) const {
    const double part =
        std::clamp((std::log(value) - low_) / (high_ - low_), 0.0, 1.0);
    return from_ + part * (to_ - from_);
  }

 private:
  double low_;
  double high_;
  double from_;
  double to_;
};

struct Range {
  double low = 0;
  double high = 0;
};

// All marks, with room beside them.
Range RangeOf(const Chart& chart) {
  Range range;
  for (const Series& series : chart.series) {
    for (const Mark& mark : series.marks) {
      const double value = ValueOf(mark.ns.value, chart.shown);
      range.low = range.low == 0 ? value : std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  range.low /= 1.25;
  range.high *= 1.25;
  return range;
}

// Round numbers: one a decade, or more where there are few decades.
std::vector<double> TicksOf(const Range& range) {
  const double decades = std::log10(range.high / range.low);
  std::vector<double> steps = {1};
  if (decades < 2.2) steps = {1, 3};
  if (decades < 1.2) steps = {1, 2, 5};
  if (decades < 0.5) steps = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9};
  const int every = decades > 7 ? 2 : 1;
  std::vector<double> out;
  for (int power = static_cast<int>(std::floor(std::log10(range.low)));
       power <= static_cast<int>(std::ceil(std::log10(range.high))); ++power) {
    if (power % every != 0) continue;
    for (const double step : steps) {
      const double value = step * std::pow(10, power);
      if (value >= range.low && value <= range.high) out.push_back(value);
    }
  }
  return out;
}

// Without digits that say nothing: "10 µs", not "10.0 µs".
std::string TickText(double value, Shown shown) {
  const double ns = shown == Shown::kRate ? 1e9 / value : value;
  return absl::StrReplaceAll(HtmlFigure(ns, shown),
                             {{".00 ", " "}, {".0 ", " "}});
}

struct Size {
  const char* style;
  double width;
  double height;  // of a line chart
  double left;    // up to the axis
  double right;   // from the plot's end on: names, or values
};

constexpr Size kLineSizes[] = {{"wide", 980, 420, 62, 170},
                               {"narrow", 350, 360, 50, 128}};
constexpr Size kDotSizes[] = {{"wide", 980, 0, 170, 84},
                              {"narrow", 350, 0, 128, 66}};

constexpr double kLabelHeight = 14;
constexpr double kDotHeight = 25;

std::string Open(const Chart& chart, const Size& size, double height) {
  return absl::StrCat("<svg class=\"", size.style, "\" viewBox=\"0 0 ",
                      size.width, " ", height, "\" width=\"", size.width,
                      "\" height=\"", height, "\" role=\"img\" aria-label=\"",
                      Html(chart.title), "\">\n");
}

std::string Unit(const Chart& chart) {
  return chart.shown == Shown::kRate
             ? absl::StrCat(chart.operation, "s a second, more is better")
             : absl::StrCat("time of a ", chart.operation, ", less is better");
}

std::string Tooltip(const Series& series, const Mark& mark, Shown shown,
                    const std::string& where) {
  std::string text = absl::StrCat(series.subject, where, ": ",
                                  HtmlFigure(mark.ns.value, shown));
  if (mark.ns.IsBounded()) {
    absl::StrAppend(&text, " (", HtmlFigure(mark.ns.low, shown), " to ",
                    HtmlFigure(mark.ns.high, shown), ")");
  }
  return absl::StrCat("<title>", Html(text), "</title>");
}

// Names beside the ends of lines, moved apart where they would overlap.
struct Label {
  const Series* series;
  double end;  // of the line
  double y;    // of the name
};

void MoveApart(std::vector<Label>& labels, double top, double bottom) {
  std::ranges::stable_sort(labels, {}, &Label::y);
  // Down first, then up from the bottom: each pass leaves no overlap behind it.
  double free = top;
  for (Label& label : labels) {
    label.y = std::max(label.y, free);
    free = label.y + kLabelHeight;
  }
  free = bottom;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    label->y = std::min(label->y, free);
    free = label->y - kLabelHeight;
  }
}

std::string LineChartOf(const Chart& chart, const Size& size) {
  const double top = 14;
  // Names need their room, however many there are.
  const double height =
      std::max(size.height, 60 + kLabelHeight * chart.series.size());
  const double bottom = height - 30;
  const double right = size.width - size.right;
  const Range range = RangeOf(chart);
  const LogAxis y(range.low, range.high, bottom, top);
  const LogAxis x(chart.ticks.front().at, chart.ticks.back().at, size.left + 8,
                  right - 4);

  std::string out = Open(chart, size, height);
  for (const double value : TicksOf(range)) {
    absl::StrAppend(&out, "<path class=\"grid\" d=\"M", size.left, " ",
                    Number(y(value)), "H", right,
                    "\"/><text class=\"tick end\" x=\"", size.left - 6,
                    "\" y=\"", Number(y(value) + 4), "\">",
                    TickText(value, chart.shown), "</text>\n");
  }
  // Texts that would touch are left out.
  double free = 0;
  for (const Tick& tick : chart.ticks) {
    absl::StrAppend(&out, "<path class=\"grid\" d=\"M", Number(x(tick.at)), " ",
                    top, "V", bottom, "\"/>");
    const double half = 3.2 * static_cast<double>(tick.text.size());
    if (x(tick.at) - half < free) continue;
    absl::StrAppend(&out, "<text class=\"tick mid\" x=\"", Number(x(tick.at)),
                    "\" y=\"", bottom + 18, "\">", Html(tick.text),
                    "</text>\n");
    free = x(tick.at) + half;
  }

  std::vector<Label> labels;
  // Ours last, on top of the others.
  std::vector<const Series*> order;
  for (const Series& series : chart.series) order.push_back(&series);
  std::ranges::stable_sort(
      order, {}, [](const Series* series) { return series->style == "ours"; });
  for (const Series* series : order) {
    if (series->marks.empty()) continue;
    absl::StrAppend(&out, "<g class=\"", series->style, "\">");
    std::string path;
    std::string marks;
    for (const Mark& mark : series->marks) {
      const double px = x(mark.at);
      const double py = y(ValueOf(mark.ns.value, chart.shown));
      absl::StrAppend(&path, path.empty() ? "M" : "L", Number(px), " ",
                      Number(py));
      if (mark.ns.IsBounded()) {
        absl::StrAppend(&marks, "<path class=\"whisker\" d=\"M", Number(px),
                        " ", Number(y(ValueOf(mark.ns.low, chart.shown))), "V",
                        Number(y(ValueOf(mark.ns.high, chart.shown))), "\"/>");
      }
      std::string where;
      for (const Tick& tick : chart.ticks) {
        if (tick.at == mark.at) where = absl::StrCat(", ", tick.text);
      }
      absl::StrAppend(&marks, "<circle cx=\"", Number(px), "\" cy=\"",
                      Number(py), "\" r=\"3\">",
                      Tooltip(*series, mark, chart.shown, where), "</circle>");
    }
    absl::StrAppend(&out, "<path class=\"line\" d=\"", path, "\"/>", marks,
                    "</g>\n");
    const Mark& last = series->marks.back();
    const double end = y(ValueOf(last.ns.value, chart.shown));
    labels.push_back({.series = series, .end = end, .y = end});
  }
  // A line that ends early has its name there.
  std::erase_if(labels, [&](const Label& label) {
    const double px = x(label.series->marks.back().at);
    if (px > right - 5) return false;
    absl::StrAppend(&out, "<g class=\"", label.series->style,
                    "\"><text class=\"name over\" x=\"", Number(px + 7),
                    "\" y=\"", Number(label.end + 4), "\">",
                    Html(label.series->subject), "</text></g>\n");
    return true;
  });
  MoveApart(labels, top, bottom);
  for (const Label& label : labels) {
    const double from = x(label.series->marks.back().at);
    absl::StrAppend(&out, "<g class=\"", label.series->style,
                    "\"><path class=\"lead\" d=\"M", Number(from + 5), " ",
                    Number(label.end), "L", right + 10, " ", Number(label.y),
                    "\"/><text class=\"name\" x=\"", right + 13, "\" y=\"",
                    Number(label.y + 4), "\">", Html(label.series->subject),
                    "</text></g>\n");
  }
  return out + "</svg>\n";
}

std::string DotChartOf(const Chart& chart, const Size& size) {
  const double top = 6;
  const double bottom = top + kDotHeight * chart.series.size();
  const double height = bottom + 26;
  const double right = size.width - size.right;
  const Range range = RangeOf(chart);
  const LogAxis x(range.low, range.high, size.left, right);

  std::string out = Open(chart, size, height);
  // Ticks that would touch are left out.
  double free = 0;
  for (const double value : TicksOf(range)) {
    absl::StrAppend(&out, "<path class=\"grid\" d=\"M", Number(x(value)), " ",
                    top, "V", bottom, "\"/>");
    if (x(value) < free) continue;
    absl::StrAppend(&out, "<text class=\"tick mid\" x=\"", Number(x(value)),
                    "\" y=\"", bottom + 18, "\">", TickText(value, chart.shown),
                    "</text>\n");
    free = x(value) + 58;
  }
  double y = top + kDotHeight / 2;
  for (const Series& series : chart.series) {
    const Mark& mark = series.marks.front();
    const double px = x(ValueOf(mark.ns.value, chart.shown));
    absl::StrAppend(&out, "<g class=\"", series.style,
                    "\"><path class=\"row\" d=\"M", size.left, " ", y, "H",
                    right, "\"/>");
    if (mark.ns.IsBounded()) {
      absl::StrAppend(&out, "<path class=\"whisker\" d=\"M",
                      Number(x(ValueOf(mark.ns.low, chart.shown))), " ", y, "H",
                      Number(x(ValueOf(mark.ns.high, chart.shown))), "\"/>");
    }
    absl::StrAppend(&out, "<circle cx=\"", Number(px), "\" cy=\"", y,
                    "\" r=\"5\">", Tooltip(series, mark, chart.shown, ""),
                    "</circle>", "<text class=\"name end\" x=\"", size.left - 8,
                    "\" y=\"", y + 4, "\">", Html(series.subject),
                    "</text><text class=\"value\" x=\"", right + 8, "\" y=\"",
                    y + 4, "\">", HtmlFigure(mark.ns.value, chart.shown),
                    "</text></g>\n");
    y += kDotHeight;
  }
  return out + "</svg>\n";
}

}  // namespace

std::string Html(std::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string HtmlFigure(double ns, Shown shown) {
  return absl::StrReplaceAll(FigureText(ns, shown), {{" us", " µs"}});
}

std::string LineChart(const Chart& chart) {
  std::string out =
      absl::StrCat("<p class=\"axis\">", Html(Unit(chart)), "</p>\n");
  for (const Size& size : kLineSizes) out += LineChartOf(chart, size);
  return out;
}

std::string DotChart(const Chart& chart) {
  std::string out =
      absl::StrCat("<p class=\"axis\">", Html(Unit(chart)), "</p>\n");
  for (const Size& size : kDotSizes) out += DotChartOf(chart, size);
  return out;
}

}  // namespace procspec::bench
