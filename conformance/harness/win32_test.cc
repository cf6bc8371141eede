// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/win32.h"

#include <memory>
#include <string>
#include <vector>

#include "conformance/harness/matchers.h"
#include "conformance/harness/system.h"
#include "conformance/harness/testing/child.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

const std::vector<std::string>& Awkward() {
  static const auto& arguments = *new std::vector<std::string>{
      "plain",
      "",
      "two words",
      " ",
      "\t",
      R"(")",
      R"("")",
      R"(a "quoted" word)",
      R"(\)",
      R"(ends with \)",
      R"(ends with two \\)",
      R"(\")",
      R"(\\")",
      R"(\\server\share name\)",
      R"(a\b\\c)",
      R"(%PATH% ^ & | < > ')",
      "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\x84",
  };
  return arguments;
}

// Exits 0 if it was called with the awkward arguments.
const ChildFunction compares("compares",
                             [](const std::vector<std::string>&) -> int {
                               std::vector<std::string> arguments =
                                   ProgramArguments(0, nullptr);
                               arguments.erase(arguments.begin(),
                                               arguments.begin() + 3);
                               return arguments == Awkward() ? 0 : 1;
                             });

TEST(Win32Test, ArgumentsArriveAsTheyWereGiven) {
  EXPECT_EQ(compares.Start(Awkward())->Wait(), 0);
}

TEST(Win32Test, CommandLinesAreQuoted) {
  EXPECT_EQ(
      win32::CommandLine({"program", "a b", R"(c"d)", R"(e\)", R"(f\"g)", ""}),
      LR"("program" "a b" "c\"d" "e\\" "f\\\"g" "")");
}

TEST(Win32Test, TextIsConvertedThereAndBack) {
  for (const std::string& text : Awkward()) {
    EXPECT_EQ(win32::Utf8(win32::Wide(text)), text);
  }
  EXPECT_EQ(win32::Wide("\xf0\x9f\x90\x84").size(), 2u);
  EXPECT_EQ(win32::Utf8(win32::Wide("a\xff")), "a\xef\xbf\xbd");
}

TEST(Win32Test, PathsMayBeLong) {
  const std::string directory = NewDirectory();
  EXPECT_EQ(win32::WidePath("short"), L"short");
  const std::string name(200, 'n');
  const std::string path = directory + "/" + name;
  const std::wstring wide = win32::WidePath(path);
  EXPECT_EQ(wide.substr(0, 4), LR"(\\?\)");
  EXPECT_EQ(wide.find(L'/'), std::wstring::npos);
  ASSERT_OK(WriteFile(path, "content"));
  EXPECT_THAT(ReadFile(path, 100), IsOkAndHolds("content"));
}

TEST(Win32Test, RandomNamesDiffer) {
  ASSERT_OK_AND_ASSIGN(const std::string one, win32::RandomHex(16));
  ASSERT_OK_AND_ASSIGN(const std::string two, win32::RandomHex(16));
  EXPECT_EQ(one.size(), 32u);
  EXPECT_NE(one, two);
}

TEST(Win32Test, MillisecondsAreRoundedUp) {
  EXPECT_EQ(win32::WaitMilliseconds(-absl::Seconds(1)), 0u);
  EXPECT_EQ(win32::WaitMilliseconds(absl::Nanoseconds(1)), 1u);
  EXPECT_EQ(win32::WaitMilliseconds(absl::Microseconds(1001)), 2u);
  EXPECT_EQ(win32::WaitMilliseconds(absl::InfiniteDuration()), 3600000u);
}

}  // namespace
}  // namespace procspec::harness

int main(int argc, char** argv) {
  if (std::optional<int> code =
          procspec::harness::RunChildFunction(argc, argv)) {
    return *code;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
