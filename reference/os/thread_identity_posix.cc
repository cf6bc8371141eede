// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "reference/os/copied.h"
#include "reference/os/thread_identity.h"

namespace procspec::os {
namespace internal {

constinit thread_local uint64_t current_thread_bits = 0;

}  // namespace internal

namespace {

// In a forked child only the thread that forked goes on, under a new number.
void ForgetCurrentThread() { internal::current_thread_bits = 0; }

struct Stat {
  char state;
  uint32_t birth;
};

// Reads /proc/NUMBER/stat: "number (name) state ... start-time ...". The name
// may hold anything, so fields are counted from its last parenthesis. On
// failure errno tells why.
std::optional<Stat> ReadStat(uint32_t number) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%u/stat", number);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  char text[1024];
  ssize_t size;
  do {
    size = read(fd, text, sizeof text - 1);
  } while (size < 0 && errno == EINTR);
  const int error = errno;
  close(fd);
  errno = error;
  if (size < 0) return std::nullopt;  // ESRCH: it ended meanwhile
  text[size] = '\0';

  const char* field = strrchr(text, ')');
  errno = EIO;
  if (field == nullptr || field[1] != ' ' || field[2] == '\0') {
    return std::nullopt;
  }
  const char state = field[2];
  constexpr int kFieldsFromNameToBirth = 20;
  for (int i = 0; i < kFieldsFromNameToBirth; ++i) {
    field = strchr(field + 1, ' ');
    if (field == nullptr) return std::nullopt;
  }
  return Stat{state, static_cast<uint32_t>(strtoull(field + 1, nullptr, 10))};
}

}  // namespace

namespace internal {

ThreadIdentity LearnCurrentThread() {
  [[maybe_unused]] static const bool registered = [] {
    WhenCopied(&ForgetCurrentThread);
    return true;
  }();
  const uint32_t number = static_cast<uint32_t>(syscall(SYS_gettid));
  const std::optional<Stat> stat = ReadStat(number);
  const uint64_t birth = stat ? stat->birth : 0;
  current_thread_bits = birth << 32 | number;
  return ThreadIdentity{current_thread_bits};
}

}  // namespace internal

bool MayBeAlive(ThreadIdentity thread) {
  const std::optional<Stat> stat = ReadStat(thread.number());
  if (!stat) {
    if (errno == ESRCH) return false;
    // Hidden from us, no /proc, no descriptors left: ask whether the number is
    // in use at all.
    return syscall(SYS_tkill, thread.number(), 0) == 0 || errno != ESRCH;
  }
  if (stat->state == 'Z' || stat->state == 'X') return false;
  return thread.birth() == 0 || stat->birth == thread.birth();
}

}  // namespace procspec::os
