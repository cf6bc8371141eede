// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "bench/results.h"
#include "bench/testing/simulated.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/testing/procspec_fixture.h"
#include "gtest/gtest.h"

// `procspec bench`: its outputs and what it ends with.

namespace procspec::runner {
namespace {

class BenchCommandsTest : public ProcspecTest {
 protected:
  std::string File(const std::string& name, const bench::Results& results) {
    const std::string path = absl::StrCat(root_, "/", name);
    const auto nobody_objects = [](std::string_view, ClauseId) {
      return std::string();
    };
    EXPECT_TRUE(bench::Publish(results, nobody_objects, path).ok());
    return path;
  }

  int Bench(const std::string& arguments) {
    return Shell(absl::StrCat(procspec_, " bench ", arguments));
  }
};

constexpr bench::Noise kQuiet = {.sigma = 0.01};

TEST_F(BenchCommandsTest, OneFileIsComparedWithinItself) {
  const std::string alike =
      File("alike.json", bench::SimulatePaired(kQuiet, 3, 20, 1, 1));
  EXPECT_EQ(Bench("diff " + alike), 0);
  EXPECT_TRUE(Printed("Paired")) << output_;
  EXPECT_TRUE(Printed("3 same")) << output_;

  const std::string slower =
      File("slower.json", bench::SimulatePaired(kQuiet, 3, 20, 1.1, 1));
  EXPECT_EQ(Bench("diff " + slower), 41);
  EXPECT_TRUE(Printed("3 slower")) << output_;

  EXPECT_EQ(Bench("diff --format=json " + slower), 41);
  const auto json = ParseJson(output_);
  ASSERT_TRUE(json.has_value()) << output_;
  EXPECT_EQ((*json)["counts"]["slower"], 3);

  const std::string out = root_ + "/diff.md";
  EXPECT_EQ(
      Bench(absl::StrCat("diff --format=markdown --out=", out, " ", slower)),
      41);
  EXPECT_NE(ReadFile(out).find("| slower |"), std::string::npos);
}

TEST_F(BenchCommandsTest, TwoFilesAreComparedWithEachOther) {
  const std::string a = File("a.json", bench::SimulateRun(kQuiet, 4, 20, 1, 1));
  const std::string b =
      File("b.json", bench::SimulateRun(kQuiet, 4, 20, 1.3, 2));
  EXPECT_EQ(Bench(absl::StrCat("diff ", a, " ", a)), 0) << output_;
  EXPECT_TRUE(Printed("Unpaired")) << output_;
  EXPECT_EQ(Bench(absl::StrCat("diff ", a, " ", b)), 41) << output_;
  EXPECT_TRUE(Printed("4 slower")) << output_;
}

TEST_F(BenchCommandsTest, WhatIsNoRunIsNamedWithItsRemedy) {
  EXPECT_EQ(Bench(absl::StrCat("diff ", root_, "/none.json")), 2);
  EXPECT_TRUE(Printed("none.json")) << output_;
  EXPECT_TRUE(Printed("tools/bench")) << output_;

  const std::string odd = root_ + "/odd.json";
  ASSERT_TRUE(WriteFile(odd, "{\"format\": 7}").ok());
  EXPECT_EQ(Bench(absl::StrCat("page --out=", root_, "/p.html ", odd)), 2);
  EXPECT_TRUE(Printed("odd.json")) << output_;

  const std::string one =
      File("one.json", bench::SimulateRun(kQuiet, 1, 20, 1, 1));
  EXPECT_EQ(Bench("diff " + one), 2);
  EXPECT_TRUE(Printed("one.json")) << output_;
  EXPECT_TRUE(Printed("--against")) << output_;
}

TEST_F(BenchCommandsTest, WritesThePageOrSaysWhyNot) {
  const std::string run = File("run.json", bench::SimulateAll(1));
  const std::string page = root_ + "/bench.html";
  EXPECT_EQ(Bench(absl::StrCat("page ", run, " --out=", page)), 0) << output_;
  EXPECT_NE(ReadFile(page).find("<svg"), std::string::npos);
  EXPECT_EQ(Bench(absl::StrCat("page ", run, " --out=", root_, "/no/b.html")),
            4)
      << output_;
  EXPECT_EQ(Bench(absl::StrCat("page ", run)), 2) << output_;
}

}  // namespace
}  // namespace procspec::runner
