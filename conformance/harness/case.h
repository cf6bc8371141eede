// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_CASE_H_
#define PROCSPEC_CONFORMANCE_HARNESS_CASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "conformance/harness/matchers.h"
#include "conformance/harness/stage.h"
#include "conformance/harness/timing.h"
#include "gtest/gtest.h"
#include "spec/backend.h"
#include "spec/capability.h"
#include "spec/clause.h"

// What a case stands on; the one header that a file of cases includes.
// README.md here tells how to write one.
//
//   PROCSPEC_CASE("queue.put.timeout-full") {
//     ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));
//     ...
//   }

namespace procspec::harness {

// The fixture of every case. A case runs alone in a process that was started
// for it.
class Case : public testing::Test {
 protected:
  // What is judged: made for this case, in this process.
  Backend& backend() { return *backend_; }

  // The judge's channel to targets in other processes.
  Stage& stage();

  // A directory of this case alone, which is removed after it.
  const std::string& directory() const;

  // For random choices: the same in a run that reproduces this one.
  uint64_t seed() const;

  // Constructs and starts a process that runs the target.
  absl::StatusOr<std::shared_ptr<Process>> StartProcess(std::string_view target,
                                                        List args = {});

  void SetUp() override;
  void TearDown() override;

 private:
  std::shared_ptr<Backend> backend_;
  std::unique_ptr<Stage> stage_;
};

// Defines and registers a case; the body follows and is a member of Case. The
// first argument is the id of the clause, which must exist and not be
// withdrawn, or it does not compile. A clause with several cases tells them
// apart by a second argument, the variant, in kebab-case:
//   PROCSPEC_CASE("queue.put.timeout-full", "after-drain") { ... }
//
// The case runs only on backends that declare what the clause requires, and on
// its platform; elsewhere its verdict is UNSUPPORTED. A variant that needs more
// than its clause says so in a third argument:
//   PROCSPEC_CASE("queue.get.blocks", "forked", {Capability::kStartFork}) { ...
//   }
// A case never skips itself: that is a failure.
#define PROCSPEC_CASE(...) \
  PROCSPEC_CASE_F(::procspec::harness::Case, __VA_ARGS__)

// The same with a fixture of one's own, derived from Case.
#define PROCSPEC_CASE_F(fixture, ...)                                     \
  PROCSPEC_CASE_IMPL_(fixture, PROCSPEC_CONCAT_(ProcspecCase_, __LINE__), \
                      __VA_ARGS__)
// The namespace keeps classes of equal name in different files apart.
#define PROCSPEC_CASE_IMPL_(fixture, Class, ...)                          \
  namespace {                                                             \
  class Class : public fixture {                                          \
    void TestBody() override;                                             \
  };                                                                      \
  [[maybe_unused]] const bool PROCSPEC_CONCAT_(Class, _is_registered) =   \
      ::procspec::harness::RegisterCase(                                  \
          ::procspec::harness::CaseName{__VA_ARGS__}, __FILE__, __LINE__, \
          []() -> ::procspec::harness::Case* { return new Class; });      \
  }                                                                       \
  void Class::TestBody()

// ---------------------------------------------------------------------------
// For the machinery only.

struct CaseName {
  ClauseId clause;
  std::string_view variant = {};
  CapabilitySet requirements = {};  // beyond those of the clause
};

struct CaseInfo {
  std::string name;  // "queue.put.timeout-full" or ".../after-drain"
  ClauseId clause;
  std::string variant;
  CapabilitySet requirements;  // those of the clause among them
  const char* file;
  int line;
  Case* (*make)();
};

// A name registered twice, or a variant that is not kebab-case, ends the
// program with a message.
bool RegisterCase(CaseName name, const char* file, int line, Case* (*make)());

// All of them, sorted by name.
const std::vector<CaseInfo>& AllCases();

// Null for an unknown name.
const CaseInfo* FindCase(std::string_view name);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_CASE_H_
