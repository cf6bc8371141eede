// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Each kind of leak is found, is blamed on the case that leaked and on no other
// that ran at the same time.

#include "conformance/runner/leak.h"

#include <filesystem>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "conformance/runner/files.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/private_ipc.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/testing/shell.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

// By the variants of the leaky testee's cases, on each system.
const std::map<std::string_view, std::map<std::string, LeakKind>> kKindsOn = {
    {"linux",
     {{"process", LeakKind::kProcess},
      {"thread", LeakKind::kThread},
      {"descriptor", LeakKind::kDescriptor},
      {"shared-memory", LeakKind::kSharedMemory},
      {"shared-memory-system-v", LeakKind::kSharedMemory},
      {"semaphore", LeakKind::kSemaphore},
      {"semaphore-system-v", LeakKind::kSemaphore},
      {"file", LeakKind::kFile},
      {"socket", LeakKind::kSocket}}},
    // Nothing outlives its processes; what is left is a handle. There is no
    // System V IPC. Sockets in files are what Wine has none of.
    {"windows",
     {{"process", LeakKind::kProcess},
      {"thread", LeakKind::kThread},
      {"descriptor", LeakKind::kDescriptor},
      {"shared-memory", LeakKind::kDescriptor},
      {"semaphore", LeakKind::kDescriptor},
      {"file", LeakKind::kFile}}},
};
const std::map<std::string, LeakKind>& kKinds = kKindsOn.at(PlatformName());

bool IsIpc(LeakKind kind) {
  return kind == LeakKind::kSharedMemory || kind == LeakKind::kSemaphore;
}

class LeakTest : public testing::Test {
 protected:
  void SetUp() override {
    auto root = MakePrivateRoot();
    ASSERT_TRUE(root.ok()) << root.status();
    root_ = *root;
    testee_ = BuiltProgram("conformance/runner/testing/leaky_testee");
    SetVariable("XML_OUTPUT_FILE", std::nullopt);  // this test's own
    name_ = std::filesystem::path(root_).filename().string();
    SetVariable("LEAKY_NAME", name_);
  }
  void TearDown() override {
    RemoveTree(root_);
    for (const std::string& name : ListDirectory("/dev/shm", 10000)) {
      if (name.substr(0, name_.size()) == name_) RemoveTree("/dev/shm/" + name);
    }
  }

  // The record of a run; its exit code is in code_, what it printed in output_.
  RunRecord Run(const std::string& arguments) {
    code_ = RunLine(absl::StrCat(BuiltProgram("conformance/runner/procspec"),
                                 " run --testee=", testee_, " --out=", root_,
                                 "/out ", arguments),
                    root_ + "/output");
    output_ = ReadFile(root_ + "/output");
    auto run = ReadLog(root_ + "/out/log.jsonl");
    EXPECT_TRUE(run.ok()) << run.status() << output_;
    return run.ok() ? *run : RunRecord();
  }

  static std::string VariantOf(const Outcome& outcome) {
    return outcome.case_name.substr(outcome.case_name.find('/') + 1);
  }

  std::string root_;
  std::string name_;  // of what it leaves in /dev/shm
  std::string testee_;
  std::string output_;
  int code_ = -1;
};

TEST_F(LeakTest, IsBlamedOnTheCaseThatLeaked) {
  const size_t members = 2 * kKinds.size();
  SetVariable("LEAKY_MEETING", root_);
  SetVariable("LEAKY_MEMBERS", absl::StrCat(members));
  const RunRecord run =
      Run(absl::StrCat("--backend=leaky,clean --only='*/*' --jobs=", members));
  SetVariable("LEAKY_MEETING", std::nullopt);
  ASSERT_EQ(run.outcomes.size(), members) << output_;
  EXPECT_EQ(code_, 1) << output_;
  const bool ipc_is_judged =
      IsPrivate(run.ipc_watch) || run.ipc_watch == IpcWatch::kNothingOutlives;
  EXPECT_EQ(output_.find("semaphores were not judged") == std::string::npos,
            ipc_is_judged)
      << output_;
  for (const Outcome& o : run.outcomes) {
    ASSERT_TRUE(o.verdict.has_value()) << o.case_name;
    const LeakKind kind = kKinds.at(VariantOf(o));
    const bool leaks = o.backend == "leaky" && (ipc_is_judged || !IsIpc(kind));
    EXPECT_EQ(VerdictName(*o.verdict), leaks ? "LEAK" : "PASS")
        << o.case_name << " on " << o.backend << ": " << o.reason;
    ASSERT_EQ(o.leaks.size(), leaks ? 1u : 0u)
        << o.case_name << " on " << o.backend << ": " << o.reason;
    EXPECT_EQ(o.leak_count, leaks ? 1 : 0);
    if (!leaks) continue;
    EXPECT_EQ(LeakKindName(o.leaks[0].kind), LeakKindName(kind));
    EXPECT_NE(o.reason.find(std::string(LeakKindName(kind))), std::string::npos)
        << o.reason;
    // A person sees what was left.
    EXPECT_NE(output_.find(Describe(o.leaks[0])), std::string::npos)
        << Describe(o.leaks[0]) << output_;
  }
  for (const char* view : {"/out/junit.xml", "/out/report.html"}) {
    EXPECT_NE(
        ReadExcerpt(root_ + view, 64 << 20, 0).text.find("file forgotten"),
        std::string::npos)
        << view;
  }
}

// Programs that need the machine's shared memory cannot have their own; it is
// then not judged unless cases run one by one, and both is said.
TEST_F(LeakTest, WithoutPrivateSharedMemory) {
  if (PlatformName() == "windows") GTEST_SKIP() << "nothing outlives there";
  const std::string folder = absl::StrCat("/dev/shm/", name_);
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) GTEST_SKIP() << "no /dev/shm: " << error.message();
  std::filesystem::copy_file(testee_, folder + "/testee", error);
  ASSERT_FALSE(error) << error.message();
  testee_ = folder + "/testee";

  const std::string options = "--backend=leaky,clean --only='*/shared-memory'";
  RunRecord run = Run(options + " --jobs=2");
  EXPECT_EQ(run.ipc_watch, IpcWatch::kNone);
  EXPECT_NE(output_.find("semaphores were not judged"), std::string::npos)
      << output_;
  EXPECT_EQ(run.outcomes.size(), 2u);
  for (const Outcome& o : run.outcomes) {
    EXPECT_EQ(o.verdict, Verdict::kPass) << o.backend << ": " << o.reason;
  }

  run = Run(options + " --jobs=1");
  EXPECT_EQ(run.ipc_watch, IpcWatch::kCompared);
  EXPECT_NE(output_.find("before and after"), std::string::npos) << output_;
  EXPECT_EQ(run.outcomes.size(), 2u);
  for (const Outcome& o : run.outcomes) {
    if (o.backend == "leaky") {
      EXPECT_EQ(o.verdict, Verdict::kLeak) << o.reason;
      // Others on this machine may have left something meanwhile.
      EXPECT_GE(o.leaks.size(), 1u);
    }
  }
}

TEST(Leak, NamesGoBothWays) {
  EXPECT_EQ(AllLeakKinds().size(), kLeakKindCount);
  for (LeakKind kind : AllLeakKinds()) {
    EXPECT_EQ(ParseLeakKind(LeakKindName(kind)), kind);
  }
  EXPECT_EQ(ParseLeakKind("Process"), std::nullopt);
}

TEST(Leak, OfEachKindSomeAreKept) {
  std::vector<Leak> leaks(200, Leak{LeakKind::kProcess, "1"});
  leaks.push_back({LeakKind::kFile, "f"});
  const std::vector<Leak> kept = ShortenedLeaks(leaks);
  EXPECT_EQ(kept.size(), kLeaksKept + 1);
  EXPECT_EQ(Describe(kept.back()), "file f");
}

}  // namespace
}  // namespace procspec::runner
