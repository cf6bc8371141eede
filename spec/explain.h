// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_EXPLAIN_H_
#define PROCSPEC_SPEC_EXPLAIN_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "spec/clause.h"

// Clauses for people: what `procspec explain` prints and what a failure quotes.

namespace procspec {

struct ExplainOptions {
  // Columns to fill; words longer than that stand alone on their line.
  size_t width = 80;
  // ANSI colours; for terminals only.
  bool colour = false;
};

// The clause with everything that is known about it, several lines, each ended
// by a newline:
//
//   queue.put.timeout-full  (must)
//
//     A put with a timeout on a full queue MUST report Full, and never before
//     the timeout has passed.
//
//     requires  queue
//     since     0.1
//     ...
std::string Explain(const Clause& clause, const ExplainOptions& options = {});

// The text on one line, without Markdown: the level word is in capitals.
std::string PlainText(const Clause& clause);

// The ids that a person who typed `id` most likely meant, best first, at most
// `limit`. Ids that begin with `id` or contain it count, and those a few
// letters away; a wild guess gives none.
std::vector<std::string_view> SimilarClauseIds(std::string_view id,
                                               size_t limit = 3);

// "no clause 'queue.put.timeout-ful'; did you mean queue.put.timeout-full?"
std::string UnknownClauseMessage(std::string_view id);

}  // namespace procspec

#endif  // PROCSPEC_SPEC_EXPLAIN_H_
