// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/posix_mq.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/peers/children.h"

namespace procspec::bench {
namespace {

long MostMessages() {
  long most = 10;
  std::ifstream("/proc/sys/fs/mqueue/msg_max") >> most;
  return most;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PosixMq>> PosixMq::Create(const Shape& shape) {
  static int made = 0;
  const std::string name =
      absl::StrCat("/procspec-bench-", getpid(), "-", made++);
  mq_attr attributes = {};
  attributes.mq_maxmsg = std::min<long>(shape.bound, MostMessages());
  attributes.mq_msgsize = shape.bytes;
  const mqd_t queue =
      mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
  if (queue == mqd_t{-1}) return absl::ErrnoToStatus(errno, "mq_open");
  mq_unlink(name.c_str());
  return std::make_unique<PosixMq>(queue);
}

void PosixMq::Put(const char* message, size_t size) {
  while (mq_send(queue_, message, size, 0) != 0) {
    if (errno != EINTR) Die("mq_send");
  }
}

size_t PosixMq::Get(char* buffer, size_t capacity) {
  for (;;) {
    const ssize_t size = mq_receive(queue_, buffer, capacity, nullptr);
    if (size >= 0) return size;
    if (errno != EINTR) Die("mq_receive");
  }
}

}  // namespace procspec::bench
