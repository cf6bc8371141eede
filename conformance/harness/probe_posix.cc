// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/system.h"
#include "spec/status_macros.h"

namespace procspec::harness {
namespace {

struct Stat {
  char state = '?';
  int64_t parent = 0;
  int64_t threads = 0;
};

// Of /proc/PID/stat; nullopt: no such process.
std::optional<Stat> ReadStat(int64_t pid) {
  const absl::StatusOr<std::string> text =
      ReadFile(absl::StrCat("/proc/", pid, "/stat"), 4096);
  if (!text.ok()) return std::nullopt;
  // The second field is the name in parentheses, which may contain anything.
  const size_t name_end = text->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<std::string_view> fields =
      absl::StrSplit(std::string_view(*text).substr(name_end + 2), ' ');
  Stat stat;
  if (fields.size() < 18 || fields[0].size() != 1 ||
      !absl::SimpleAtoi(fields[1], &stat.parent) ||
      !absl::SimpleAtoi(fields[17], &stat.threads)) {
    return std::nullopt;
  }
  stat.state = fields[0][0];
  return stat;
}

absl::Status NoSuchProcess(int64_t pid) {
  return absl::NotFoundError(absl::StrCat("no process ", pid));
}

absl::Status SendSignal(int64_t pid, int signal) {
  // Zero and below would name groups, or everybody.
  if (pid <= 0) return NoSuchProcess(pid);
  if (kill(static_cast<pid_t>(pid), signal) == 0) return absl::OkStatus();
  if (errno == ESRCH) return NoSuchProcess(pid);
  return absl::InternalError(
      absl::StrCat("kill ", pid, ": ", std::strerror(errno)));
}

// Looks again and again: any process can be watched like this, a child without
// being reaped, and others' children.
template <typename Predicate>
bool PollUntil(absl::Duration patience, Predicate done) {
  Stopwatch watch;
  while (!done()) {
    if (watch.Elapsed() >= patience) return false;
    const timespec pause = absl::ToTimespec(absl::Milliseconds(1));
    nanosleep(&pause, nullptr);
  }
  return true;
}

}  // namespace

ProcessState StateOf(int64_t pid) {
  const std::optional<Stat> stat = ReadStat(pid);
  // X: dead and about to vanish.
  if (!stat.has_value() || stat->state == 'X' || stat->state == 'x') {
    return ProcessState::kGone;
  }
  // A main thread that has ended before the others waits for them as a zombie:
  // nobody can reap the process yet.
  return stat->state == 'Z' && stat->threads <= 1 ? ProcessState::kZombie
                                                  : ProcessState::kRunning;
}

int64_t OwnPid() { return getpid(); }

absl::StatusOr<int64_t> ParentOf(int64_t pid) {
  const std::optional<Stat> stat = ReadStat(pid);
  if (!stat.has_value()) return NoSuchProcess(pid);
  return stat->parent;
}

absl::StatusOr<int64_t> ThreadCountOf(int64_t pid) {
  const std::optional<Stat> stat = ReadStat(pid);
  if (!stat.has_value()) return NoSuchProcess(pid);
  return stat->threads;
}

absl::Status WaitUntilDead(int64_t pid, absl::Duration patience) {
  if (PollUntil(patience,
                [pid] { return StateOf(pid) != ProcessState::kRunning; })) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat(
      "process ", pid, " still runs after ", absl::FormatDuration(patience)));
}

absl::Status WaitUntilGone(int64_t pid, absl::Duration patience) {
  if (PollUntil(patience,
                [pid] { return StateOf(pid) == ProcessState::kGone; })) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(
      absl::StrCat("process ", pid, " is ", ProcessStateName(StateOf(pid)),
                   " after ", absl::FormatDuration(patience)));
}

absl::Status KillHard(int64_t pid) { return SendSignal(pid, SIGKILL); }

absl::Status Stop(int64_t pid) {
  PROCSPEC_RETURN_IF_ERROR(SendSignal(pid, SIGSTOP));
  std::optional<Stat> stat;
  if (!PollUntil(Guard(), [&] {
        stat = ReadStat(pid);
        return !stat.has_value() || stat->state == 'T' || stat->state == 't' ||
               stat->state == 'Z' || stat->state == 'X';
      })) {
    return absl::DeadlineExceededError(
        absl::StrCat("process ", pid, " does not stop"));
  }
  if (!stat.has_value() || stat->state == 'Z' || stat->state == 'X') {
    return NoSuchProcess(pid);
  }
  return absl::OkStatus();
}

absl::Status Continue(int64_t pid) { return SendSignal(pid, SIGCONT); }

void SetEnvironment(const std::string& name, const std::string& value) {
  ::setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
}

}  // namespace procspec::harness
