// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_VIEWS_MARKDOWN_H_
#define PROCSPEC_CONFORMANCE_RUNNER_VIEWS_MARKDOWN_H_

#include <string>
#include <string_view>

#include "conformance/runner/run_record.h"

// Pieces of Markdown, for reports of any kind.

namespace procspec::runner {

// On one line, escaped for running text and for tables.
std::string MarkdownText(std::string_view text);

// As a block of code that its own content cannot end.
std::string MarkdownCode(std::string_view text);

// A failed case without its title: the clause, what was said, how to repeat it.
std::string MarkdownFailure(const RunRecord& run, const Outcome& outcome);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_VIEWS_MARKDOWN_H_
