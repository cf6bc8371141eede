// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases that end in every way there is, for testee_test.cc. The ids stand for
// nothing here.

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "absl/strings/match.h"
#include "conformance/harness/adapter_support.h"
#include "conformance/harness/case.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/program.h"
#include "conformance/harness/testing/child.h"
#include "conformance/harness/testing/sample_os.h"

namespace procspec::harness {

PROCSPEC_CASE("queue.put.timeout-full") {
  EXPECT_EQ(backend().name(), "sample");
  EXPECT_FALSE(directory().empty());
  EXPECT_EQ(seed(), 5u);
}

PROCSPEC_CASE("queue.put.timeout-full", "fails") {
  EXPECT_EQ(1, 2) << "bytes that are not UTF-8: \xff";
  ADD_FAILURE() << "second";
}

PROCSPEC_CASE("queue.put.timeout-full", "fails-endlessly") {
  for (int i = 0; i < 200; ++i) ADD_FAILURE() << std::string(20000, 'x');
}

PROCSPEC_CASE("queue.put.timeout-full", "throws") {
  throw std::runtime_error("thrown by the case");
}

PROCSPEC_CASE("queue.put.timeout-full", "skips") { GTEST_SKIP() << "no mood"; }

PROCSPEC_CASE("queue.put.timeout-full", "hangs") {
  EXPECT_TRUE(false) << "before it hung";
  WaitForEver();
}

PROCSPEC_CASE("queue.put.timeout-full", "crashes") { std::abort(); }

PROCSPEC_CASE("queue.put.timeout-full", "exits") { std::exit(0); }

PROCSPEC_CASE("queue.put.timeout-full", "closes-output") {
  CloseStandardOutput();
}

PROCSPEC_CASE("queue.put.timeout-full", "writes-its-result") {
  std::FILE* file = std::fopen((directory() + "/result.json").c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fclose(file);
}

PROCSPEC_CASE("queue.put.timeout-full", "needs-more", {Capability::kPool}) {
  ADD_FAILURE() << "must not run";
}

// Its requirement is process alone, and it is for POSIX.
PROCSPEC_CASE("queue.get.blocks") {
  EXPECT_THAT(StartProcess("NoMatter"), Raises(ErrorKind::kNotImplemented));
}

class CountingFixture : public Case {
 protected:
  int Count() { return ++count_; }

 private:
  int count_ = 0;
};

PROCSPEC_CASE_F(CountingFixture, "queue.put.timeout-full", "own-fixture") {
  EXPECT_EQ(Count(), 1);
}

// --- What an adapter reports ------------------------------------------------

PROCSPEC_CASE("queue.put.timeout-full", "infra-passes") {
  std::thread([] { ReportInfra("the first hint"); }).join();
  ReportInfra("the second hint");
}

PROCSPEC_CASE("queue.put.timeout-full", "infra-fails") {
  ADD_FAILURE() << "before";
  ReportInfra("bytes that are not UTF-8: \xff");
  ADD_FAILURE() << "after";
  CloseStandardOutput();
}

PROCSPEC_CASE("queue.put.timeout-full", "infra-hangs") {
  ADD_FAILURE() << "before";
  std::thread([] { ReportInfra("it hangs"); }).join();
  ADD_FAILURE() << "after";
  WaitForEver();
}

PROCSPEC_CASE("queue.put.timeout-full", "infra-then-crashes") {
  ReportInfra("it crashes");
  std::abort();
}

PROCSPEC_CASE("queue.put.timeout-full", "adapter-directory") {
  EXPECT_EQ(AdapterDirectory(), directory());
  EXPECT_FALSE(InProgram());
  EXPECT_FALSE(ProgramIsUnguarded());
}

// --- Programs ---------------------------------------------------------------

PROCSPEC_TARGET(SampleEcho) {
  std::printf("%s", DebugString(Value(arguments.args)).c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "and an error; ");
  return Value();
}
PROCSPEC_TARGET(SampleExit) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto code, arguments.Get<int64_t>(0));
  return ExitRequest(static_cast<int>(code));
}
PROCSPEC_TARGET(SampleRaise) { return RaisedError("SampleError", "no luck"); }
PROCSPEC_TARGET(SampleAbort) { std::abort(); }
PROCSPEC_TARGET(SampleHang) {
  std::printf("hanging");
  std::fflush(stdout);
  WaitForEver();
}
PROCSPEC_TARGET(SampleActor) {
  Actor actor(arguments.Get<std::string>(0), "program");
  PROCSPEC_RETURN_IF_ERROR(actor.Say(OwnPid()));
  return actor.Await();
}
// Starts this executable again, as a backend's spawn does, and exits with what
// became of it.
PROCSPEC_TARGET(SampleSpawn) {
  if (std::getenv("SAMPLE_DEPTH") != nullptr) return ExitRequest(9);
  SetEnvironment("SAMPLE_DEPTH", "1");
  return ExitRequest(Child::Start({.arguments = {"sample-child"}})->Wait());
}

PROCSPEC_TARGET(SampleReportInfra) {
  Actor actor(arguments.Get<std::string>(0), "program");
  ReportInfra("told by a program");
  PROCSPEC_RETURN_IF_ERROR(actor.Say("told"));
  return actor.Await();
}
PROCSPEC_TARGET(SampleTellAdapter) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto directory,
                            arguments.Get<std::string>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const bool unguarded, arguments.Get<bool>(1));
  return ExitRequest(AdapterDirectory() == directory && InProgram() &&
                             ProgramIsUnguarded() == unguarded
                         ? 7
                         : 1);
}

// The case does not wait for the program's end.
PROCSPEC_CASE("process.exitcode.normal", "program-infra") {
  ASSERT_OK_AND_ASSIGN(
      auto program,
      StartProgram("SampleReportInfra", {.args = {stage().address()}}));
  EXPECT_THAT(stage().Expect("program"), IsOkAndHolds("told"));
}

PROCSPEC_CASE("process.exitcode.normal", "program-infra-hangs") {
  ASSERT_OK_AND_ASSIGN(
      auto program,
      StartProgram("SampleReportInfra", {.args = {stage().address()}}));
  EXPECT_THAT(stage().Expect("program"), IsOkAndHolds("told"));
  EXPECT_FALSE(program->Wait(absl::ZeroDuration()).ok());
  WaitForEver();
}

PROCSPEC_CASE("process.exitcode.normal", "program-adapter-directory") {
  for (const bool unguarded : {false, true}) {
    ASSERT_OK_AND_ASSIGN(
        const ProgramResult result,
        RunProgram("SampleTellAdapter", {.args = {directory(), unguarded}},
                   {.unguarded = unguarded}));
    EXPECT_EQ(result.exit_code, 7) << unguarded;
  }
}

PROCSPEC_CASE("process.exitcode.normal", "program") {
  ASSERT_OK_AND_ASSIGN(
      ProgramResult result,
      RunProgram("SampleEcho", {.args = {1, "two", Bytes{"\xff"}}}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.signal, std::nullopt);
  EXPECT_EQ(result.out, R"([1, "two", b"\xff"])");
  EXPECT_EQ(result.err, "and an error; finished with 0\n");

  ASSERT_OK_AND_ASSIGN(result, RunProgram("SampleExit", {.args = {7}}));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.err, "finished with 7\n");

  ASSERT_OK_AND_ASSIGN(result, RunProgram("SampleRaise"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "SampleError: no luck\nfinished with 1\n");

  ASSERT_OK_AND_ASSIGN(result, RunProgram("SampleAbort"));
  EXPECT_TRUE(WasAborted(result)) << testing::PrintToString(result);

  EXPECT_THAT(RunProgram("NoSuchTarget"), Raises(ErrorKind::kValue));
}

PROCSPEC_CASE("process.exitcode.normal", "program-speaks") {
  ASSERT_OK_AND_ASSIGN(
      auto program, StartProgram("SampleActor", {.args = {stage().address()}}));
  EXPECT_THAT(stage().Expect("program"), IsOkAndHolds(program->pid()));
  EXPECT_EQ(program->Wait(Observation()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_OK(stage().Cue("program"));
  ASSERT_OK_AND_ASSIGN(const ProgramResult result, program->Wait());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_OK(program->Wait()) << "again";
}

PROCSPEC_CASE("process.exitcode.normal", "program-hangs") {
  const auto result = RunProgram("SampleHang", {}, {}, absl::Milliseconds(500));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(absl::StrContains(result.status().message(), "hanging"))
      << result.status();
  int64_t pid = 0;
  {
    ASSERT_OK_AND_ASSIGN(auto program, StartProgram("SampleHang"));
    pid = program->pid();
    EXPECT_EQ(StateOf(pid), ProcessState::kRunning);
  }
  EXPECT_EQ(StateOf(pid), ProcessState::kGone) << "killed and reaped";

  ASSERT_OK_AND_ASSIGN(auto program, StartProgram("SampleHang"));
  ASSERT_OK(program->Kill());
  ASSERT_OK_AND_ASSIGN(const ProgramResult killed, program->Wait());
  EXPECT_TRUE(WasKilled(killed)) << testing::PrintToString(killed);
}

PROCSPEC_CASE("process.exitcode.normal", "program-unguarded") {
  ASSERT_OK_AND_ASSIGN(ProgramResult result, RunProgram("SampleSpawn"));
  EXPECT_EQ(result.exit_code, 42) << "the child is the backend's";
  ASSERT_OK_AND_ASSIGN(result,
                       RunProgram("SampleSpawn", {}, {.unguarded = true}));
  EXPECT_EQ(result.exit_code, 9) << "the child runs the target again";
}

}  // namespace procspec::harness
