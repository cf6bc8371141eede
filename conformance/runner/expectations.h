// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_EXPECTATIONS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_EXPECTATIONS_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/runner/json.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/selection.h"

// Files of known deviations, one for a backend on a platform; their format is
// expectations.schema.json:
//
//   {"backend": "mine", "platform": "linux", "intermittent_limit": 1,
//    "expect": [
//      {"case": "queue.put.timeout-full", "verdict": "FAIL",
//       "message": "after 0 ms", "reason": "timeouts are ignored",
//       "link": "https://example.org/issues/7", "expires": "2027-06-30"}]}
//
// A file that is not kept up is an error: a fault says which file, which entry
// and what to do.

namespace procspec::runner {

// An entry may mean this many cases.
inline constexpr int kMaxMatches = 20;

struct ExpectationEntry {
  std::string pattern;  // a case's name, or a glob of names
  int matches = 0;      // of a glob: the number of cases it means; 0: not said
  Expectation expectation;

  bool IsGlob() const;
};

struct ExpectationFile {
  std::string path;
  std::string backend;
  std::string platform;
  int intermittent_limit = 0;
  std::vector<ExpectationEntry> entries;
  Json json;  // all of it, entries in the same order
};

struct ParsedExpectations {
  ExpectationFile file;
  // What a person has to mend. With faults the rest is incomplete.
  std::vector<std::string> faults;
};

ParsedExpectations ParseExpectations(const std::string& path,
                                     std::string_view text);
ParsedExpectations ReadExpectations(const std::string& path);

// What files have to agree with.
struct Setting {
  std::vector<BackendInfo> linked;   // all that there are
  std::vector<std::string> running;  // names of those that are to be judged
  // Only a selection of cases is run: files of other backends are passed over.
  bool selection = false;
  std::vector<CaseInfo> cases;
  std::vector<ClauseInfo> clauses;
  std::string today;  // "2026-11-21"
};

std::vector<std::string> CheckExpectations(
    const std::vector<ExpectationFile>& files, const Setting& setting);

// The cases that an entry means.
std::vector<std::string> MeantCases(const ExpectationEntry& entry,
                                    const std::vector<CaseInfo>& cases);

bool HasExpired(const Expectation& expectation, std::string_view today);

// Whether this can be the address of an issue.
bool IsLink(std::string_view text);

// By backend and case.
using ExpectationMap =
    std::map<std::pair<std::string, std::string>, Expectation>;

ExpectationMap MapExpectations(const std::vector<ExpectationFile>& files,
                               const std::vector<CaseInfo>& cases);

// All of it: reads the files of a list (with commas), and checks them.
Chosen<ExpectationMap> LoadExpectations(std::string_view list,
                                        const Setting& setting);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_EXPECTATIONS_H_
