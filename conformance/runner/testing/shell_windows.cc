// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/supervisor.h"
#include "conformance/runner/testing/shell.h"
#include "conformance/runner/win32.h"

namespace procspec::runner {
namespace {

// For what must happen, however slow the machine.
constexpr absl::Duration kGuard = absl::Minutes(4);

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  bool quoted = false;
  for (const char c : line) {
    if (c == ' ' && !quoted) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'') {
      quoted = !quoted;
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

bool IsAssignment(const std::string& word) {
  const size_t sign = word.find('=');
  return sign != std::string::npos && sign > 0 &&
         std::all_of(
             word.begin(), word.begin() + static_cast<int>(sign), [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      c == '_';
             });
}

Command CommandOf(const std::string& line, const std::string& output) {
  Command command;
  for (std::string& word : Words(line)) {
    if (command.argv.empty() && IsAssignment(word)) {
      const size_t sign = word.find('=');
      command.environment.emplace_back(word.substr(0, sign),
                                       word.substr(sign + 1));
    } else {
      command.argv.push_back(std::move(word));
    }
  }
  command.output = output;
  command.deadline = kGuard;
  return command;
}

}  // namespace

int RunLine(const std::string& line, const std::string& output) {
  auto supervisor = Supervisor::Create({});
  if (!supervisor.ok() ||
      !(*supervisor)->Start(0, CommandOf(line, output)).ok()) {
    return -1;
  }
  const std::vector<Ending> endings =
      (*supervisor)->Wait(absl::InfiniteDuration());
  if (endings.size() != 1) return -1;
  return endings[0].end == End::kExited ? endings[0].code : -1;
}

bool KillOnce(const std::string& line, const std::string& file,
              std::string_view text, const std::string& output) {
  auto supervisor = Supervisor::Create({});
  if (!supervisor.ok() ||
      !(*supervisor)->Start(0, CommandOf(line, output)).ok()) {
    return false;
  }
  while (ReadFile(file).find(text) == std::string::npos) {
    if (!(*supervisor)->Wait(absl::Milliseconds(10)).empty()) return false;
  }
  (*supervisor)->Cancel();
  return (*supervisor)->Wait(kGuard).size() == 1;
}

void SetVariable(const char* name, const std::optional<std::string>& value) {
  SetEnvironmentVariableW(Wide(name).c_str(),
                          value.has_value() ? Wide(*value).c_str() : nullptr);
}

}  // namespace procspec::runner
