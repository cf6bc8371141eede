// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_TESTING_SHELL_H_
#define PROCSPEC_CONFORMANCE_RUNNER_TESTING_SHELL_H_

#include <optional>
#include <string>
#include <string_view>

// Command lines for tests of programs. On POSIX a shell takes them; on Windows
// they are taken apart as a shell does, but have no more than
//
//   NAME=value ... program word 'a word with blanks' ...

namespace procspec::runner {

// The exit code of a command line, both of whose outputs are in the file then;
// 1000 and the signal, if one ended it.
int RunLine(const std::string& line, const std::string& output);

// Kills the program of a command line, with SIGKILL or its like, once `text` is
// in `file`. Whether it lived so long.
bool KillOnce(const std::string& line, const std::string& file,
              std::string_view text, const std::string& output);

// For this process and what it starts; nullopt: unset.
void SetVariable(const char* name, const std::optional<std::string>& value);

// A program of this workspace, as "conformance/runner/procspec".
std::string BuiltProgram(const std::string& path);

// All of a file.
std::string ReadFile(const std::string& path);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_TESTING_SHELL_H_
