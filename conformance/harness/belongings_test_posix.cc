// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "conformance/harness/belongings.h"
#include "conformance/harness/testing/waiting_thread.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

constexpr absl::Duration kNoGrace = absl::ZeroDuration();

TEST(BelongingsPosix, ANewThreadHasItsName) {
  const auto before = ListBelongings();
  WaitingThread thread;
  pthread_setname_np(thread.thread().native_handle(), "waiting");
  const auto fresh = NewBelongings(before, kNoGrace);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_TRUE(absl::EndsWith(Describe(fresh[0]), " waiting"))
      << Describe(fresh[0]);
}

TEST(BelongingsPosix, AThreadThatWasThereMayTakeAnotherName) {
  WaitingThread thread;
  const auto before = ListBelongings();
  pthread_setname_np(pthread_self(), "another name");
  EXPECT_TRUE(NewBelongings(before, kNoGrace).empty());
}

TEST(BelongingsPosix, ANewDescriptor) {
  const auto before = ListBelongings();
  const int fd = open("/dev/null", O_RDONLY);
  const auto fresh = NewBelongings(before, kNoGrace);
  close(fd);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(Describe(fresh[0]), std::to_string(fd) + " -> /dev/null");
  EXPECT_TRUE(NewBelongings(before, kNoGrace).empty());
}

TEST(BelongingsPosix, ANumberUsedAgainIsNew) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const auto before = ListBelongings();
  close(ends[0]);
  const int fd = open("/dev/null", O_RDONLY);
  ASSERT_EQ(fd, ends[0]);
  EXPECT_EQ(NewBelongings(before, kNoGrace).size(), 1u);
  close(fd);
  close(ends[1]);
}

}  // namespace
}  // namespace procspec::harness
