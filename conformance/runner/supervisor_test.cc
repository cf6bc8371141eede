// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/supervisor.h"

#include <filesystem>
#include <map>

#include "absl/time/clock.h"
#include "conformance/runner/files.h"
#include "conformance/runner/testing/supervisor_fixture.h"
#include "gtest/gtest.h"

// Tests that need more of the operating system: supervisor_test_*.cc.

namespace procspec::runner {
namespace {

TEST_F(SupervisorTest, ReportsHowAProgramEnded) {
  Ending e = Run(CommandFor("pass"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.leftover_count, 0);
  EXPECT_GT(e.wall, absl::ZeroDuration());

  e = Run(CommandFor("exit-odd"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 77);

  e = Run(CommandFor("crash"));
  EXPECT_EQ(e.end, End::kSignalled);
  EXPECT_EQ(e.code, kOsFacts.crash);
}

TEST_F(SupervisorTest, AProgramThatCannotBeRunIsNotStarted) {
  Command command = CommandFor("pass");
  command.argv[0] = root_ + "/nothing";
  Ending e = Run(command);
  EXPECT_EQ(e.end, End::kNotStarted);
  EXPECT_NE(e.problem.find("nothing"), std::string::npos) << e.problem;

  command = CommandFor("pass");
  command.output = root_ + "/no/such/directory";
  e = Run(command);
  EXPECT_EQ(e.end, End::kNotStarted);
  EXPECT_NE(e.problem, "");
}

// Directory, session, signal mask, descriptors: the fake testee checks them.
TEST_F(SupervisorTest, GivesACleanEnvironment) {
  const Command command = CommandFor("env");
  const Ending e = Run(command);
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
}

// What each argument is to the program is its own affair, whatever is in it.
TEST_F(SupervisorTest, ArgumentsArriveAsTheyAre) {
  const std::vector<std::string> arguments = {"plain",
                                              "two words",
                                              "",
                                              "a\"quote",
                                              "\"",
                                              "back\\slash",
                                              "end\\",
                                              "both end\\\\",
                                              "\\\"",
                                              "tab\there",
                                              "$HOME %PATH% `x`",
                                              "'"};
  Command command = CommandFor("arguments");
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.errors = command.output + ".err";
  EXPECT_EQ(Run(command).code, 0);
  std::string expected;
  for (const std::string& a : arguments) expected += a + "\n";
  EXPECT_EQ(ReadExcerpt(command.output, 4096, 0).text, expected);
}

// What replaces a variable and what adds one; the others are this process's.
TEST_F(SupervisorTest, TheEnvironmentIsSet) {
  Command command = CommandFor("variable");
  command.environment.emplace_back("FAKE_TESTEE_PRINT", "FAKE_TESTEE_VALUE");
  command.environment.emplace_back("FAKE_TESTEE_VALUE", "a=b c");
  EXPECT_EQ(Run(command).code, 0);
  EXPECT_EQ(ReadExcerpt(command.output, 4096, 0).text, "a=b c\n");
  command = CommandFor("variable");
  command.environment.emplace_back("FAKE_TESTEE_PRINT", "PATH");
  EXPECT_EQ(Run(command).code, 0);
  EXPECT_GT(ReadExcerpt(command.output, 65536, 0).text.size(), 2u);
}

// The input is there as a whole, and ends.
TEST_F(SupervisorTest, GivesTheInput) {
  Command command = CommandFor("input");
  command.input = std::string(kMaxInput - 1, 'i');
  command.input += '\n';
  EXPECT_EQ(Run(command).code, 0);
  EXPECT_EQ(ReadExcerpt(command.output, 4096, 0).text, command.input);
  command = CommandFor("input");
  EXPECT_EQ(Run(command).code, 0);
  EXPECT_EQ(ReadExcerpt(command.output, 4096, 0).text, "");
  command.input = std::string(kMaxInput + 1, 'i');
  EXPECT_FALSE(supervisor_->Start(1, command).ok());
}

TEST_F(SupervisorTest, TheDeadlineEndsWhatIgnoresSignals) {
  const absl::Time before = absl::Now();
  const Ending e = Run(CommandFor("hang", kShort));
  EXPECT_EQ(e.end, End::kDeadline);
  EXPECT_GE(absl::Now() - before, kShort);
  EXPECT_GE(e.wall, kShort);
  ASSERT_EQ(e.at_deadline.size(), 1u);
  EXPECT_NE(e.at_deadline[0].command.find("x/hang"), std::string::npos);
}

TEST_F(SupervisorTest, TheDeadlineEndsWhatStoppedItself) {
  const Ending e = Run(CommandFor("stop", kShort));
  EXPECT_EQ(e.end, End::kDeadline);
  ASSERT_EQ(e.at_deadline.size(), 1u);
  EXPECT_EQ(e.at_deadline[0].state, kOsFacts.stopped);
}

// A double fork, a new session, an empty environment, the output held open.
TEST_F(SupervisorTest, AnEscapedGrandchildIsEnded) {
  const Ending e = Run(CommandFor("escape"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.leftover_count, 1);
  ASSERT_EQ(e.leftovers.size(), 1u);
  EXPECT_FALSE(Lives(e.leftovers[0].pid));
}

TEST_F(SupervisorTest, ALeftChildIsReportedAndEnded) {
  const Ending e = Run(CommandFor("leave-child"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.leftover_count, 1);
}

TEST_F(SupervisorTest, AHelperMayCleanUpAfterItsClient) {
  const Ending e = Run(CommandFor("helper"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.leftover_count, 0);
}

TEST_F(SupervisorTest, AForkStormIsEnded) {
  const Ending e = Run(CommandFor("fork-storm"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_EQ(e.leftover_count, kOsFacts.storm);
  EXPECT_EQ(e.leftovers.size(), kProcessesKept);
  EXPECT_TRUE(e.tree_ended);
}

TEST_F(SupervisorTest, WhatNeverStopsForkingIsEnded) {
  const Ending e = Run(CommandFor("comet"));
  EXPECT_EQ(e.end, End::kExited);
  EXPECT_GT(e.leftover_count, 0);
  EXPECT_TRUE(e.tree_ended);
  EXPECT_TRUE(Descendants(ProcessId()).empty());
}

TEST_F(SupervisorTest, OneBadProgramDoesNotDisturbTheOthers) {
  std::map<int, std::pair<std::string, End>> expected;
  for (const auto& [behaviour, end] : kOsFacts.mixed) {
    const int token = static_cast<int>(expected.size());
    expected[token] = {behaviour, end};
    ASSERT_TRUE(
        supervisor_
            ->Start(token, CommandFor(behaviour,
                                      end == End::kDeadline ? kShort : kGuard))
            .ok());
  }
  std::map<int, Ending> endings;
  while (supervisor_->running() > 0) {
    for (Ending& e : supervisor_->Wait(kGuard)) endings[e.token] = std::move(e);
  }
  ASSERT_EQ(endings.size(), expected.size());
  for (const auto& [token, how] : expected) {
    const Ending& e = endings[token];
    EXPECT_EQ(e.end, how.second) << how.first;
    if (how.second == End::kExited) {
      EXPECT_EQ(e.code, 0) << how.first;
    }
  }
}

TEST_F(SupervisorTest, CancelEndsEverything) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(supervisor_->Start(i, CommandFor("hang")).ok());
  }
  EXPECT_TRUE(supervisor_->Wait(absl::Milliseconds(100)).empty());
  supervisor_->Cancel();
  size_t ended = 0;
  while (supervisor_->running() > 0) {
    for (const Ending& e : supervisor_->Wait(kGuard)) {
      EXPECT_EQ(e.end, End::kCancelled);
      ++ended;
    }
  }
  EXPECT_EQ(ended, 3u);
  EXPECT_FALSE(supervisor_->Start(9, CommandFor("pass")).ok());
}

TEST_F(SupervisorTest, OutputIsBoundedWhenRead) {
  const Command command = CommandFor("output");
  Run(command);
  const Excerpt excerpt = ReadExcerpt(command.output, 1000, 500);
  EXPECT_GT(excerpt.file_bytes, 1 << 20);
  EXPECT_LT(excerpt.text.size(), 1600u);
  EXPECT_NE(excerpt.text.find("bytes left out"), std::string::npos);
  EXPECT_NE(excerpt.text.find("line 0 of"), std::string::npos);
  EXPECT_NE(excerpt.text.find("the last line"), std::string::npos);
}

TEST_F(SupervisorTest, OutputIsBoundedOnDisk) {
  Supervisor::Options options;
  options.output_limit = 1 << 20;
  auto supervisor = Supervisor::Create(options);
  ASSERT_TRUE(supervisor.ok());
  const Command command = CommandFor("output");
  ASSERT_TRUE((*supervisor)->Start(1, command).ok());
  ASSERT_EQ((*supervisor)->Wait(kGuard).size(), 1u);
  EXPECT_LT(std::filesystem::file_size(command.output), 1u << 20);
}

}  // namespace
}  // namespace procspec::runner
