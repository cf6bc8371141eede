// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/log.h"
#include "conformance/runner/process_tree.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/testing/procspec_fixture.h"
#include "gtest/gtest.h"

// Not on Windows: conformance_test.sh, which is for a POSIX shell, and signals.

namespace procspec::runner {
namespace {

// What Bazel asks of a test by its environment.
TEST_F(ProcspecTest, AConformanceTestHeedsBazel) {
  const std::string script =
      std::filesystem::absolute("conformance/conformance_test.sh");
  const std::string command =
      absl::StrCat(" TEST_UNDECLARED_OUTPUTS_DIR=", root_,
                   " XML_OUTPUT_FILE=", root_, "/test.xml bash ", script, " ",
                   procspec_, " ", testee_, " --backend=good");
  EXPECT_EQ(Shell("TEST_TIMEOUT=300 TESTBRIDGE_TEST_ONLY='queue.*' "
                  "TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=1 "
                  "TEST_SHARD_STATUS_FILE=" +
                  root_ + "/status" + command),
            0)
      << output_;
  auto run = ReadLog(root_ + "/run/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->time_limit_s, 285);
  EXPECT_EQ(run->only, std::vector<std::string>{"queue.*"});
  EXPECT_EQ(run->shard, "2/2");
  EXPECT_TRUE(std::filesystem::exists(root_ + "/status"));
  EXPECT_EQ(ReadFile(root_ + "/test.xml"), ReadFile(root_ + "/run/junit.xml"));
  EXPECT_EQ(Shell("TESTBRIDGE_TEST_ONLY=typo" + command), 17) << output_;
  EXPECT_EQ(Shell("TEST_TOTAL_SHARDS=3 TEST_SHARD_INDEX=2" + command), 27);
  // Under `bazel run` there is no limit.
  EXPECT_EQ(Shell(command + " --only=queue.get.timeout-empty"), 0) << output_;
  run = ReadLog(root_ + "/run/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->time_limit_s, 0);
}

TEST_F(ProcspecTest, AnInterruptEndsEverythingAndKeepsWhatIsKnown) {
  // In a process of its own, to know its id.
  const pid_t pid = fork();
  if (pid == 0) {
    setenv("FAKE_TESTEE_ALL", "1", 1);
    const std::string testee = "--testee=" + testee_;
    const std::string out = "--out=" + root_ + "/out";
    [[maybe_unused]] FILE* f =
        freopen((root_ + "/output").c_str(), "w", stdout);
    execl(procspec_.c_str(), procspec_.c_str(), "run", testee.c_str(),
          out.c_str(), "--backend=good", "--jobs=2",
          "--only=queue.get.timeout-empty,*/hang,*/stop", nullptr);
    _exit(99);
  }
  const std::string log = root_ + "/out/log.jsonl";
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  while (ReadFile(log).find("\"verdict\":\"PASS\"") == std::string::npos ||
         ReadFile(log).find("/stop\"") == std::string::npos ||
         Descendants(pid).size() < 4) {
    ASSERT_LT(absl::Now(), limit);
    absl::SleepFor(absl::Milliseconds(10));
  }
  const std::vector<ProcessInfo> tree = Descendants(pid);
  kill(pid, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  for (const ProcessInfo& p : tree) {
    EXPECT_NE(kill(static_cast<pid_t>(p.pid), 0), 0) << Describe(p);
  }
  auto run = ReadLog(log);
  ASSERT_TRUE(run.ok());
  EXPECT_TRUE(run->interrupted);
  ASSERT_EQ(run->outcomes.size(), 3u);
  EXPECT_TRUE(run->outcomes[0].verdict.has_value());
  EXPECT_FALSE(run->outcomes[1].verdict.has_value());
  EXPECT_NE(ReadFile(root_ + "/out/report.html").find("interrupted"),
            std::string::npos);
}

}  // namespace
}  // namespace procspec::runner
