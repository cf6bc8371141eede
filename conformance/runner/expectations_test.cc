// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/expectations.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

Json InOrder() {
  return *ParseJson(R"({
    "backend": "mine", "platform": "linux", "intermittent_limit": 1,
    "expect": [
      {"case": "q.a", "verdict": "FAIL", "reason": "r",
       "link": "https://example.org/1", "message": "m",
       "expires": "2027-06-30", "intermittent": true},
      {"case": "q.*", "matches": 2, "verdict": "LEAK", "reason": "r",
       "link": "http://example.org/2"}]})");
}

std::string FaultsOfText(const std::string& text) {
  return absl::StrJoin(ParseExpectations("f.json", text).faults, "\n");
}

std::string FaultsOf(const Json& json) { return FaultsOfText(DumpJson(json)); }

TEST(Expectations, AreRead) {
  const ParsedExpectations parsed =
      ParseExpectations("f.json", DumpJson(InOrder()));
  EXPECT_TRUE(parsed.faults.empty()) << FaultsOf(InOrder());
  EXPECT_EQ(parsed.file.backend, "mine");
  EXPECT_EQ(parsed.file.platform, "linux");
  EXPECT_EQ(parsed.file.intermittent_limit, 1);
  ASSERT_EQ(parsed.file.entries.size(), 2u);
  const Expectation& e = parsed.file.entries[0].expectation;
  EXPECT_EQ(e.file, "f.json");
  EXPECT_EQ(e.verdict, Verdict::kFail);
  EXPECT_EQ(e.message, "m");
  EXPECT_EQ(e.expires, "2027-06-30");
  EXPECT_TRUE(e.intermittent);
  EXPECT_TRUE(parsed.file.entries[1].IsGlob());
  EXPECT_EQ(parsed.file.entries[1].matches, 2);
}

TEST(Expectations, AllThatIsWrongIsSaidAtOnce) {
  struct Row {
    std::function<void(Json&)> seed;
    const char* says;
  };
  const Row rows[] = {
      {[](Json& j) { j.erase("backend"); }, "f.json: no \"backend\""},
      {[](Json& j) { j["platform"] = ""; }, "f.json: no \"platform\""},
      {[](Json& j) { j["platform"] = 3; }, "\"platform\" has to be a string"},
      {[](Json& j) { j.erase("expect"); }, "f.json: no \"expect\""},
      {[](Json& j) { j["expect"] = "x"; }, "f.json: no \"expect\""},
      {[](Json& j) { j["expct"] = 1; },
       "no such field 'expct'; did you mean expect?"},
      {[](Json& j) { j["intermittent_limit"] = -1; },
       "\"intermittent_limit\" has to be a number, 0 or more"},
      {[](Json& j) { j["expect"].push_back("q.b"); },
       "f.json: entry 3: not an object"},
      {[](Json& j) { j["expect"][0]["raeson"] = ""; },
       "f.json: entry 1 (q.a): no such field 'raeson'; did you mean reason?"},
      {[](Json& j) { j["expect"][0].erase("case"); },
       "f.json: entry 1: no \"case\""},
      {[](Json& j) { j["expect"][0]["matches"] = 1; },
       "entry 1 (q.a): \"matches\" is for globs"},
      {[](Json& j) { j["expect"][1]["matches"] = "2"; },
       "entry 2 (q.*): \"matches\" has to be a number, 1 or more"},
      {[](Json& j) { j["expect"][0]["verdict"] = "FAILED"; },
       "entry 1 (q.a): the verdict 'FAILED' cannot be expected"},
      {[](Json& j) { j["expect"][0]["reason"] = "\n"; },
       "entry 1 (q.a): no \"reason\""},
      {[](Json& j) { j["expect"][0].erase("link"); },
       "entry 1 (q.a): no \"link\""},
      {[](Json& j) { j["expect"][0]["link"] = "#7"; },
       "entry 1 (q.a): the link '#7' is no address"},
      {[](Json& j) { j["expect"][0]["expires"] = "2027-02-30"; },
       "entry 1 (q.a): '2027-02-30' is no date"},
      {[](Json& j) { j["expect"][0]["expires"] = "2027-6-1"; },
       "'2027-6-1' is no date"},
      {[](Json& j) { j["expect"][0]["intermittent"] = "yes"; },
       "\"intermittent\" has to be true or false"},
  };
  for (const Row& row : rows) {
    Json json = InOrder();
    row.seed(json);
    EXPECT_NE(FaultsOf(json).find(row.says), std::string::npos)
        << row.says << "\n"
        << FaultsOf(json);
  }
  Json both = InOrder();
  both["expect"][0].erase("reason");
  both["expect"][1].erase("reason");
  EXPECT_EQ(ParseExpectations("f.json", DumpJson(both)).faults.size(), 2u);
  // Half of it would be lost.
  EXPECT_EQ(FaultsOfText(R"({"backend": "a", "backend": "b"})"),
            "f.json: the field 'backend' is there twice");
  EXPECT_EQ(FaultsOfText("[]"), "f.json: not a JSON object");
  EXPECT_NE(FaultsOfText("{\n\n").find("line 3"), std::string::npos);
}

}  // namespace
}  // namespace procspec::runner
