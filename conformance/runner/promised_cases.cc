// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/promised_cases.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "conformance/runner/json.h"
#include "conformance/runner/manifest.h"

namespace procspec::runner {

const PromisedCases& CompiledPromisedCases() {
  static const PromisedCases& cases = *[] {
    auto* out = new PromisedCases;
    for (const Json& clause : ParseJson(kManifest).value_or(Json::array())) {
      out->emplace(GetString(clause, "id"), GetStrings(clause, "cases"));
    }
    return out;
  }();
  return cases;
}

std::optional<Problem> CheckComplete(const std::vector<CaseInfo>& cases,
                                     const PromisedCases& promised) {
  std::set<std::string> names;
  for (const CaseInfo& c : cases) names.insert(c.name);
  for (const CaseInfo& c : cases) {
    const auto it = promised.find(c.clause);
    if (it == promised.end()) continue;
    for (const std::string& name : it->second) {
      if (names.count(name) > 0) continue;
      return Problem{
          ExitCode::kSpecMismatch,
          absl::StrCat("the testee has cases of the clause ", c.clause,
                       ", but lacks ", name,
                       ": testee and runner are of different versions (or "
                       "spec/manifest.json is not of today: bazel run "
                       "//conformance:update_manifest)")};
    }
  }
  return std::nullopt;
}

}  // namespace procspec::runner
