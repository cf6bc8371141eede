// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/case.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/run_case.h"
#include "spec/process.h"
#include "spec/status_macros.h"

namespace procspec::harness {
namespace {

// Function-local, so that registration before main works in any order.
std::vector<CaseInfo>& Cases() {
  static auto& cases = *new std::vector<CaseInfo>;
  return cases;
}

bool IsKebabCase(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

// The judge itself failed: no verdict on the backend.
[[noreturn]] void Die(std::string_view what) {
  std::fprintf(stderr, "procspec: the judge failed: %.*s\n",
               static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace

void Case::SetUp() {
  backend_ = TakeCurrentBackend();
  ASSERT_NE(backend_, nullptr) << "a second case in this process";
}

// Here, so that what goes wrong while the backend is being destroyed is this
// case's. The stage first: actors that wait for it end, and a backend whose end
// waits for its children is not held up by them.
void Case::TearDown() {
  stage_.reset();
  backend_.reset();
}

Stage& Case::stage() {
  if (stage_ == nullptr) {
    absl::StatusOr<std::unique_ptr<Stage>> stage = Stage::Open(directory());
    if (!stage.ok()) Die(stage.status().ToString());
    stage_ = *std::move(stage);
  }
  return *stage_;
}

const std::string& Case::directory() const { return CurrentRun().directory; }

uint64_t Case::seed() const { return CurrentRun().seed; }

absl::StatusOr<std::shared_ptr<Process>> Case::StartProcess(
    std::string_view target, List args) {
  ProcessOptions options;
  options.target = std::string(target);
  options.arguments.args = std::move(args);
  PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Process> process,
                            backend().NewProcess(std::move(options)));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  return process;
}

bool RegisterCase(CaseName name, const char* file, int line, Case* (*make)()) {
  CaseInfo info{.name = std::string(name.clause.id()),
                .clause = name.clause,
                .variant = std::string(name.variant),
                .requirements = name.requirements,
                .file = file,
                .line = line,
                .make = make};
  if (!info.variant.empty()) {
    if (!IsKebabCase(info.variant)) {
      Die(absl::StrCat(file, ":", line, ": the variant '", info.variant,
                       "' is not kebab-case"));
    }
    absl::StrAppend(&info.name, "/", info.variant);
  }
  for (Capability c : info.clause.clause().requirements) {
    info.requirements.Add(c);
  }
  std::vector<CaseInfo>& cases = Cases();
  auto place = std::lower_bound(
      cases.begin(), cases.end(), info.name,
      [](const CaseInfo& c, const std::string& n) { return c.name < n; });
  if (place != cases.end() && place->name == info.name) {
    Die(absl::StrCat(file, ":", line, ": the case ", info.name,
                     " is already at ", place->file, ":", place->line,
                     "; give one of them a variant"));
  }
  cases.insert(place, std::move(info));
  return true;
}

const std::vector<CaseInfo>& AllCases() { return Cases(); }

const CaseInfo* FindCase(std::string_view name) {
  for (const CaseInfo& info : Cases()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace procspec::harness
