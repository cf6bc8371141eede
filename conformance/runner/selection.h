// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_SELECTION_H_
#define PROCSPEC_CONFORMANCE_RUNNER_SELECTION_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conformance/runner/exit_code.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/testee.h"

// What a person asked for, matched with what there is. Asking for nothing, or
// for what does not exist, is an error with a name of its own.

namespace procspec::runner {

struct Problem {
  ExitCode code;
  std::string message;
};

template <typename T>
using Chosen = std::variant<T, Problem>;

// `*` is any text, `?` any character; dots and slashes are characters.
bool GlobMatches(std::string_view glob, std::string_view text);

// Splits at commas; "" gives an empty list. Empty parts are left out.
std::vector<std::string> SplitList(std::string_view list);

// The backends that a list of names and globs means, in the order of the
// testee; each must match something. An absent list means all that are not
// wrong on purpose; a glob matches those only if all it matches are.
Chosen<std::vector<BackendInfo>> ChooseBackends(
    const std::vector<BackendInfo>& linked,
    const std::optional<std::string>& names);

// All cases, those selected that a list of names and globs means; each part
// must match something. A part that is the name of a case means this case; else
// it is matched with the names of cases and of clauses, so that a clause means
// all its cases. An absent list means all.
Chosen<std::vector<CaseInfo>> ChooseCases(
    const std::vector<CaseInfo>& linked,
    const std::optional<std::string>& globs);

// Of the selected cases, those that stay selected in a part of the run: "2/5"
// is the second of five, which together are all.
Chosen<std::vector<CaseInfo>> ChooseShard(std::vector<CaseInfo> cases,
                                          const std::string& shard);

// Every case must name a clause that exists and is not withdrawn.
std::optional<Problem> CheckClauses(const std::vector<CaseInfo>& cases,
                                    const std::vector<ClauseInfo>& clauses);

// Those of `names` that a person who typed `name` may have meant, best first.
std::vector<std::string> NearMatches(std::string_view name,
                                     const std::vector<std::string>& names);

// "; did you mean A or B?" of these; empty if there are none.
std::string DidYouMean(std::string_view name,
                       const std::vector<std::string>& names);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_SELECTION_H_
