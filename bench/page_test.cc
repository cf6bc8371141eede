// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/page.h"

#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/chart.h"
#include "bench/testing/simulated.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int CountOf(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

// Every element that is opened is closed, in order.
void ExpectBalanced(const std::string& page) {
  const std::regex tags("<(/?)([a-z0-9]+)([^>]*)>");
  std::vector<std::string> open;
  for (std::sregex_iterator tag(page.begin(), page.end(), tags), end;
       tag != end; ++tag) {
    const std::string name = (*tag)[2];
    if (name == "meta" || name == "link") continue;
    if ((*tag)[3].str().ends_with("/")) continue;
    if ((*tag)[1].length() == 0) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << name;
    ASSERT_EQ(open.back(), name) << page.substr(tag->position(), 200);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(Page, ShowsEveryWorkload) {
  const Results run = SimulateAll(1);
  const std::string page = HtmlPage(run);
  ExpectBalanced(page);
  for (const Workload& workload : AllWorkloads()) {
    EXPECT_EQ(
        CountOf(page, absl::StrCat("<section id=\"", workload.name, "\"")), 1)
        << workload.name;
  }
  // Nothing from elsewhere, nothing that runs.
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("inf ")));
  EXPECT_THAT(page, HasSubstr("tools/bench --rounds=20 --seed=1"));
  EXPECT_THAT(page, HasSubstr("processors near"));
  EXPECT_THAT(page, HasSubstr("M/s"));
  // For a person who wants to see it.
  if (const char* directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR")) {
    std::ofstream(absl::StrCat(directory, "/bench.html")) << page;
    std::ofstream(absl::StrCat(directory, "/bench.json")) << ToJson(run);
  }
}

TEST(Page, SaysWhatIsWithheldAndWhatFailed) {
  const std::string page = HtmlPage(SimulateAll(1));
  EXPECT_THAT(page, HasSubstr("<b>reference-spawn</b> at 2 is withheld: it "
                              "does not hold <span class=\"id\">barrier."
                              "reusable: FAIL</span>"));
  EXPECT_THAT(page, HasSubstr("timed out after 30 s &lt;in round 3&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<in round 3>")));
}

TEST(Page, HasNoFigureOfWhatIsWithheld) {
  Results run;
  Row row{.name = "lock.pair/reference-fork",
          .withheld = "lock.mutual-exclusion: FAIL"};
  for (int i = 0; i < 10; ++i) {
    row.samples.push_back({.round = i, .ns = 123.4, .counters = {}});
  }
  run.rows = {row};
  const std::string page = HtmlPage(run);
  ExpectBalanced(page);
  EXPECT_THAT(page, HasSubstr("lock.mutual-exclusion: FAIL"));
  EXPECT_THAT(page, Not(HasSubstr("123 ns")));
}

TEST(Page, OfNothingIsAPage) {
  const std::string page = HtmlPage(Results());
  ExpectBalanced(page);
  EXPECT_THAT(page, HasSubstr("No rows were measured"));
}

Mark At(double at, double ns) {
  return {.at = at, .ns = {.value = ns, .low = ns, .high = ns, .count = 20}};
}

// The places of names in the wide chart, from above.
std::vector<double> NamePlaces(const std::string& svg) {
  const std::string wide = svg.substr(0, svg.find("</svg>"));
  const std::regex name("class=\"name\" x=\"[0-9.]+\" y=\"([0-9.]+)\"");
  std::vector<double> places;
  for (std::sregex_iterator it(wide.begin(), wide.end(), name), end; it != end;
       ++it) {
    places.push_back(std::stod((*it)[1]));
  }
  return places;
}

TEST(LineChart, NamesDoNotOverlap) {
  Chart chart{.title = "t", .operation = "message"};
  chart.ticks = {{.at = 8, .text = "8 B"}, {.at = 64, .text = "64 B"}};
  for (int i = 0; i < 30; ++i) {
    chart.series.push_back({.subject = absl::StrCat("s", i),
                            .style = "p0",
                            .marks = {At(8, 10), At(64, 100 + i)}});
  }
  const std::vector<double> places = NamePlaces(LineChart(chart));
  ASSERT_EQ(places.size(), 30u);
  for (size_t i = 1; i < places.size(); ++i) {
    EXPECT_GE(places[i] - places[i - 1], 12) << i;
  }
  EXPECT_GE(places.front(), 0);
}

TEST(LineChart, FasterIsHigherForRatesAndLowerForTimes) {
  Chart chart{.title = "t", .operation = "message"};
  chart.ticks = {{.at = 8, .text = "8 B"}, {.at = 64, .text = "64 B"}};
  chart.series = {
      {.subject = "fast", .style = "ours", .marks = {At(8, 10), At(64, 10)}},
      {.subject = "slow", .style = "p0", .marks = {At(8, 90), At(64, 90)}}};
  const auto fast_is_first = [&chart] {
    const std::string svg = LineChart(chart);
    const size_t fast = svg.find(">fast</text>");
    const size_t slow = svg.find(">slow</text>");
    return fast < slow;  // names are written from above
  };
  chart.shown = Shown::kRate;
  EXPECT_TRUE(fast_is_first());
  chart.shown = Shown::kTime;
  EXPECT_FALSE(fast_is_first());
}

TEST(DotChart, StandsOneValueAlone) {
  Chart chart{.title = "t", .operation = "call"};
  chart.series = {{.subject = "a", .style = "ours", .marks = {At(0, 10)}}};
  const std::string svg = DotChart(chart);
  EXPECT_THAT(svg, HasSubstr("10.0 ns"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Html, Escapes) {
  EXPECT_EQ(Html("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
  EXPECT_EQ(HtmlFigure(1250, Shown::kTime), "1.25 µs");
}

}  // namespace
}  // namespace procspec::bench
