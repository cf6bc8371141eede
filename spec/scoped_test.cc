// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// What needs no backend; reference/typed_test.cc has the rest.

#include "spec/scoped.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/error.h"
#include "spec/sync.h"

namespace procspec {
namespace {

// Free for one holder.
class FakeLock : public Lock {
 public:
  HandleKind handle_kind() const override { return HandleKind::kLock; }
  absl::StatusOr<bool> Acquire(absl::Duration) override {
    if (broken) return ClosedError("broken");
    return !std::exchange(held, true);
  }
  absl::Status Release() override {
    ++releases;
    if (!std::exchange(held, false)) return ValueError("not held");
    return absl::OkStatus();
  }

  bool held = false;
  bool broken = false;
  int releases = 0;
};

TEST(ScopedLock, ReleasesOnceAtTheEndOfTheScope) {
  FakeLock lock;
  {
    absl::StatusOr<ScopedLock> held = ScopedLock::Acquire(lock);
    ASSERT_TRUE(held.ok());
    const ScopedLock moved = *std::move(held);
    EXPECT_TRUE(lock.held);
  }
  EXPECT_FALSE(lock.held);
  EXPECT_EQ(lock.releases, 1);
}

TEST(ScopedLock, ReleasesEarlierWithItsError) {
  FakeLock lock;
  {
    absl::StatusOr<ScopedLock> held = ScopedLock::Acquire(lock);
    lock.held = false;
    EXPECT_TRUE(IsKind(held->Release(), ErrorKind::kValue));
    EXPECT_TRUE(held->Release().ok());
  }
  EXPECT_EQ(lock.releases, 1);
}

TEST(ScopedLock, ReportsWhatItCouldNotAcquire) {
  FakeLock lock;
  lock.held = true;
  EXPECT_TRUE(IsTimeout(ScopedLock::Acquire(lock).status()));
  lock.broken = true;
  EXPECT_TRUE(IsKind(ScopedLock::Acquire(lock).status(), ErrorKind::kClosed));
  EXPECT_EQ(lock.releases, 0);
}

}  // namespace
}  // namespace procspec
