// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <sys/wait.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "conformance/runner/run_record.h"
#include "conformance/runner/testing/shell.h"

namespace procspec::runner {

int RunLine(const std::string& line, const std::string& output) {
  const int status =
      std::system(absl::StrCat(line, " >", output, " 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool KillOnce(const std::string& line, const std::string& file,
              std::string_view text, const std::string& output) {
  return RunLine(absl::StrCat("{ ", line, " & until grep -q ", ShellQuote(text),
                              " ", file,
                              " || ! kill -0 $!; do sleep 0.01; done; "
                              "kill -KILL $!; wait $!; }"),
                 output) == 128 + 9;
}

void SetVariable(const char* name, const std::optional<std::string>& value) {
  if (value.has_value()) {
    setenv(name, value->c_str(), 1);
  } else {
    unsetenv(name);
  }
}

}  // namespace procspec::runner
