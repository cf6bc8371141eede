// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The program as a whole, on a testee whose cases misbehave.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/files.h"
#include "conformance/runner/json.h"
#include "conformance/runner/log.h"
#include "conformance/runner/os.h"
#include "conformance/runner/process_tree.h"
#include "conformance/runner/run_record.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  return std::string((std::istreambuf_iterator<char>(in)),
                     std::istreambuf_iterator<char>());
}

class ProcspecTest : public testing::Test {
 protected:
  void SetUp() override {
    auto root = MakePrivateRoot();
    ASSERT_TRUE(root.ok()) << root.status();
    root_ = *root;
    procspec_ = std::filesystem::absolute("conformance/runner/procspec");
    testee_ =
        std::filesystem::absolute("conformance/runner/testing/fake_testee");
    unsetenv("XML_OUTPUT_FILE");  // this test's own
  }
  void TearDown() override { RemoveTree(root_); }

  // The exit code of a shell command; what it printed is in output_.
  int Shell(const std::string& command) {
    const std::string file = root_ + "/output";
    const int status =
        std::system(absl::StrCat(command, " >", file, " 2>&1").c_str());
    output_ = ReadFile(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

  int Run(const std::string& arguments, const std::string& environment = "") {
    return Shell(absl::StrCat(environment, " ", procspec_, " run --testee=",
                              testee_, " --out=", root_, "/out ", arguments));
  }

  bool Printed(std::string_view text) const {
    return output_.find(text) != std::string::npos;
  }

  std::string root_;
  std::string procspec_;
  std::string testee_;
  std::string output_;
};

TEST_F(ProcspecTest, EachBehaviourHasItsVerdict) {
  const std::map<std::string, std::string> expected = {
      {"pass", "PASS"},
      {"fail", "FAIL"},
      {"unsupported", "FAIL"},  // the backend declares it
      {"hang", "TIMEOUT"},
      {"stop", "TIMEOUT"},
      {"pass-then-hang", "TIMEOUT"},
      {"crash", "CRASH"},
      {"exit-early", "CRASH"},
      {"exit-odd", "CRASH"},
      {"truncated", "CRASH"},
      {"result-is-directory", "CRASH"},
      {"pass-exit-1", "CRASH"},
      {"fail-exit-0", "FAIL"},
      {"output", "PASS"},
      {"escape", "PASS"},
      {"leave-child", "PASS"},
      {"leave-file", "PASS"},
      {"helper", "PASS"},
      {"fork-storm", "PASS"},
      {"slow", "PASS"},
      {"env", "PASS"},
      {"extra", "UNSUPPORTED"},
      {"usage", "INFRA"},
      {"claims-usage", "CRASH"},
      {"forged", "CRASH"},
      {"kill-supervisor", "CRASH"},
      {"stop-supervisor", "CRASH"},
  };
  EXPECT_EQ(Run("--backend=good --jobs=6 --deadline=2", "FAKE_TESTEE_ALL=1"),
            1);
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(run->ended);
  EXPECT_EQ(run->exit_code, 1);
  size_t found = 0;
  for (const Outcome& o : run->outcomes) {
    const size_t slash = o.case_name.find('/');
    if (slash == std::string::npos) continue;
    const auto it = expected.find(o.case_name.substr(slash + 1));
    ASSERT_NE(it, expected.end()) << o.case_name;
    ++found;
    ASSERT_TRUE(o.verdict.has_value()) << o.case_name;
    EXPECT_EQ(VerdictName(*o.verdict), it->second) << o.case_name << o.reason;
    if (it->first == "leave-child") {
      EXPECT_EQ(o.leak_count, 1);
    }
    if (it->first == "leave-file") {
      EXPECT_EQ(o.leaks, (std::vector<Leak>{{LeakKind::kFile, "forgotten"}}));
    }
    if (it->first == "output") {
      EXPECT_GT(o.output_bytes, 1 << 20);
      EXPECT_LT(o.output.size(), 100u << 10);
    }
  }
  EXPECT_EQ(found, expected.size());
  for (const char* view : {"summary.json", "junit.xml", "report.html"}) {
    EXPECT_GT(std::filesystem::file_size(root_ + "/out/" + view), 100u);
  }
  // A person sees what failed, and why.
  EXPECT_TRUE(Printed("Expected: Put reports Full")) << output_;
  EXPECT_TRUE(Printed("MUST")) << output_;
}

TEST_F(ProcspecTest, TheSummaryHasItsKeys) {
  EXPECT_EQ(Run("--backend=good,other"), 1);
  const auto json = ParseJson(ReadFile(root_ + "/out/summary.json"));
  ASSERT_TRUE(json.has_value() && json->is_array());
  ASSERT_EQ(json->size(), 2u);
  for (const Json& backend : *json) {
    for (const char* key :
         {"spec_version", "backend", "platform", "clauses_total", "counts",
          "conformance", "coverage", "wall_s"}) {
      EXPECT_TRUE(Has(backend, key)) << key;
    }
    EXPECT_EQ(backend["counts"].size(), kVerdictCount);
  }
  EXPECT_EQ(GetInt((*json)[1]["counts"], "UNSUPPORTED"), 2);
}

TEST_F(ProcspecTest, ASelectionIsJudgedByItself) {
  EXPECT_EQ(Run("--backend=good --only=queue.get.timeout-empty"), 0) << output_;
}

// The repro line of every failure, run by a shell, gives the verdict again.
TEST_F(ProcspecTest, ReproLinesRepeat) {
  const std::string prefix =
      absl::StrCat("'", procspec_, " run --testee=", testee_,
                   " --deadline=1 --out=", root_, "/out'");
  Run(absl::StrCat("--backend=good --jobs=6 --deadline=1 --repro=", prefix,
                   " --only='*/fail*,*/crash,*/hang,*/exit-*'"),
      "FAKE_TESTEE_ALL=1");
  auto run = ReadLog(root_ + "/out/log.jsonl");
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->outcomes.size(), 6u);
  const std::string printed = output_;
  for (const Outcome& first : run->outcomes) {
    const std::string line = ReproLine(*run, first.backend, first.case_name);
    EXPECT_NE(printed.find("repeat: " + line + "\n"), std::string::npos)
        << line;
    EXPECT_EQ(Shell("FAKE_TESTEE_ALL=1 " + line), 1) << output_;
    auto again = ReadLog(root_ + "/out/log.jsonl");
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->outcomes.size(), 1u) << line;
    EXPECT_EQ(again->outcomes[0].verdict, first.verdict) << line;
    EXPECT_EQ(again->outcomes[0].seed, first.seed) << line;
  }
}

// tools/conform would judge its own testee; a command given by --repro brings
// one.
TEST_F(ProcspecTest, ReproLinesNameTheTesteeOnlyWhereTheyMust) {
  const auto prefix = [this](const std::string& arguments) {
    Run("--backend=good --only=queue.get.timeout-empty " + arguments);
    auto run = ReadLog(root_ + "/out/log.jsonl");
    return run.ok() ? run->repro_prefix : run.status().ToString();
  };
  EXPECT_EQ(prefix(""), "tools/conform --testee=" + testee_);
  EXPECT_EQ(prefix("--repro='bazel run //:mine --'"), "bazel run //:mine --");
}

TEST_F(ProcspecTest, EveryWayOfRunningNothingHasACode) {
  struct Row {
    std::string arguments;
    std::string environment;
    int code;
    std::string says;
  };
  const Row rows[] = {
      {"--backend=", "", 14, "names no backend"},
      {"--backend=,", "", 14, "names no backend"},
      {"--backend=godo", "", 15, "did you mean good"},
      {"--only=", "", 16, "names no case"},
      {"--only=queue.put.timeout-ful", "", 17, "queue.put.timeout-full"},
      {"--backend=other", "", 18, "unsupported"},
      {"", "FAKE_TESTEE_LIST=no-backends", 12, "no backend"},
      {"", "FAKE_TESTEE_LIST=no-cases", 13, "no case"},
      {"", "FAKE_TESTEE_LIST=unknown-clause", 19, "no.such-clause"},
      {"", "FAKE_TESTEE_LIST=broken", 11, "not a JSON object"},
      {"", "FAKE_TESTEE_LIST=crash", 11, "SIGABRT"},
      {"--backend=good --only='*/usage'", "FAKE_TESTEE_ALL=1", 20, "nothing"},
      {"--testee=/no/such/testee", "", 10, "/no/such/testee"},
      {"--out=/proc/no", "", 4, "/proc/no"},
      {"--jobs=0", "", 2, "jobs"},
      {"--deadline=-1", "", 2, "deadline"},
      {"--no-such-option", "", 2, "no-such-option"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Run(row.arguments, row.environment), row.code)
        << row.arguments << " " << row.environment << "\n"
        << output_;
    EXPECT_TRUE(Printed(row.says)) << row.says << "\n" << output_;
  }
  EXPECT_EQ(Shell(procspec_), 2);
  EXPECT_EQ(Shell(procspec_ + " run --help"), 0);
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

TEST_F(ProcspecTest, ReportsAreMadeFromACutLog) {
  Run("--backend=good");
  const std::string log = root_ + "/out/log.jsonl";
  std::string text = ReadFile(log);
  // The last case's end is half written, and no end of the run.
  text = text.substr(0, text.rfind("\"type\":\"end\"") + 60);
  ASSERT_TRUE(WriteFile(log, text).ok());
  std::filesystem::remove(root_ + "/out/report.html");
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " report ", root_, "/out")), 0)
      << output_;
  EXPECT_TRUE(Printed("then ran: queue.")) << output_;
  EXPECT_TRUE(std::filesystem::exists(root_ + "/out/report.html"));
  // Elsewhere, from the file itself.
  EXPECT_EQ(Shell(absl::StrCat(procspec_, " report ", log, " --out=", root_,
                               "/else")),
            0);
  EXPECT_TRUE(std::filesystem::exists(root_ + "/else/summary.json"));

  EXPECT_EQ(Shell(procspec_ + " report /no/such/log"), 23);
  ASSERT_TRUE(WriteFile(log, "").ok());
  EXPECT_EQ(Shell(procspec_ + " report " + log), 24);
}

TEST_F(ProcspecTest, ListsWhatThereIs) {
  const std::string testee = " --testee=" + testee_;
  EXPECT_EQ(Shell(procspec_ + " list --clauses --json" + testee), 0);
  const auto clauses = ParseJson(output_);
  ASSERT_TRUE(clauses.has_value() && clauses->is_array());
  bool found = false;
  for (const Json& c : *clauses) {
    for (const char* key :
         {"id", "level", "area", "cases", "platform", "requires"}) {
      ASSERT_TRUE(Has(c, key)) << key;
    }
    if (GetString(c, "id") != "queue.put.timeout-full") continue;
    found = true;
    EXPECT_EQ(GetStrings(c, "cases").size(), 2u);
    EXPECT_EQ(GetString(c, "level"), "must");
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(Shell(procspec_ + " list --cases" + testee), 0);
  EXPECT_TRUE(Printed("queue.put.timeout-full/extra\n"));
  EXPECT_EQ(Shell(procspec_ + " list --backends" + testee), 0);
  EXPECT_TRUE(Printed("mutant  breaks queue.put.timeout-full"));
  EXPECT_EQ(Shell(procspec_ + " list --clauses --no-testee"), 0);
  EXPECT_EQ(Shell(procspec_ + " list" + testee), 2);
  EXPECT_EQ(Shell(procspec_ + " list --cases --testee=/no/such"), 10);
}

TEST_F(ProcspecTest, ExplainsAClause) {
  EXPECT_EQ(Shell(procspec_ + " explain queue.put.timeout-full"), 0);
  EXPECT_TRUE(Printed("Full"));
  EXPECT_EQ(Shell(procspec_ + " explain queue.put.timeout-ful"), 2);
  EXPECT_TRUE(Printed("did you mean queue.put.timeout-full")) << output_;
}

TEST_F(ProcspecTest, TheKillMatrixHoldsMutantsToWhatTheyDeclare) {
  const std::string command = absl::StrCat(
      procspec_, " kill-matrix --testee=", testee_, " --out=", root_, "/km ");
  EXPECT_EQ(Shell(command + "--mutant=mutant,always-ok"), 0) << output_;
  EXPECT_TRUE(std::filesystem::exists(root_ + "/km/kill_matrix.json"));
  EXPECT_EQ(Shell(command + "--mutant=stale"), 1);
  EXPECT_TRUE(Printed("declared as collateral, but not red")) << output_;
  EXPECT_EQ(Shell(command + "--mutant=wild"), 1);
  EXPECT_TRUE(Printed("red, but not declared")) << output_;
  EXPECT_EQ(Shell(command), 1);
  EXPECT_TRUE(Printed("Must clauses that no mutant kills")) << output_;
  EXPECT_EQ(Shell(command + "--mutant=nothing"), 22);
  EXPECT_EQ(Shell(command + "--mutant="), 22);
  EXPECT_EQ(Shell("FAKE_TESTEE_LIST=no-backends " + command), 21);
}

}  // namespace
}  // namespace procspec::runner
