// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "conformance/adapters/wire/program_front.h"

namespace procspec::wire {
namespace {

constexpr std::string_view kExit = "exit ";
constexpr std::string_view kSignal = "signal ";

absl::Status Fault(std::string_view call, int code) {
  return absl::InternalError(
      absl::StrCat("wire: ", call, ": ", std::strerror(code)));
}

// The front's whole life.
[[noreturn]] void BeTheFront(int fd, pid_t judge) {
  Channel channel(fd);
  std::string line;
  Channel::Outcome outcome;
  do {  // as long as the program runs
    outcome = channel.Read(line, Patience(absl::Hours(1)));
  } while (outcome == Channel::Outcome::kLate);
  int number = 0;
  std::string_view text = line;
  if (outcome == Channel::Outcome::kOk) {
    if (absl::ConsumePrefix(&text, kExit) && absl::SimpleAtoi(text, &number)) {
      EndAs({.exit_code = number});
    }
    if (absl::ConsumePrefix(&text, kSignal) &&
        absl::SimpleAtoi(text, &number)) {
      EndAs({.signal = number});
    }
  }
  int status = 0;
  while (waitpid(judge, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) EndAs({.signal = WTERMSIG(status)});
  EndAs({.exit_code = WEXITSTATUS(status)});
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProgramFront>> ProgramFront::Split() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Fault("socketpair", errno);
  }
  std::fflush(nullptr);  // once, not twice
  const pid_t judge = fork();
  if (judge < 0) {
    const int code = errno;
    close(ends[0]);
    close(ends[1]);
    return Fault("fork", code);
  }
  if (judge > 0) {
    close(ends[1]);
    BeTheFront(ends[0], judge);
  }
  close(ends[0]);
  return std::unique_ptr<ProgramFront>(new ProgramFront(ends[1]));
}

void ProgramFront::Tell(const ProcessEnd& end) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (told_) return;
  told_ = true;
  std::fflush(nullptr);
  const std::string line =
      end.signal.has_value()
          ? absl::StrCat(kSignal, *end.signal, "\n")
          : absl::StrCat(kExit, end.exit_code.value_or(1), "\n");
  std::string_view left = line;
  (void)channel_.Write(left, Patience(absl::Seconds(1)));
}

}  // namespace procspec::wire
