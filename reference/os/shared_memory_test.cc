// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/shared_memory.h"

#include <gtest/gtest.h>

#include <utility>

namespace procspec::os {
namespace {

TEST(SharedMemoryTest, IsZeroAndWritable) {
  absl::StatusOr<SharedMemory> memory = SharedMemory::New(10'000);
  ASSERT_TRUE(memory.ok()) << memory.status();
  auto* bytes = static_cast<char*>(memory->data());
  EXPECT_EQ(memory->size(), 10'000u);
  for (size_t i = 0; i < memory->size(); ++i) ASSERT_EQ(bytes[i], 0);
  bytes[9'999] = 1;
}

TEST(SharedMemoryTest, AMapOfTheHandleIsTheSameMemory) {
  absl::StatusOr<SharedMemory> first = SharedMemory::New(64);
  ASSERT_TRUE(first.ok()) << first.status();
  absl::StatusOr<UniqueFile> handle = Duplicate(first->handle());
  ASSERT_TRUE(handle.ok()) << handle.status();
  absl::StatusOr<SharedMemory> second = SharedMemory::Map(*std::move(handle));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->size(), 64u);
  EXPECT_NE(first->data(), second->data());
  static_cast<char*>(first->data())[63] = 7;
  EXPECT_EQ(static_cast<char*>(second->data())[63], 7);
}

TEST(SharedMemoryTest, MoveKeepsTheMapping) {
  absl::StatusOr<SharedMemory> memory = SharedMemory::New(64);
  ASSERT_TRUE(memory.ok()) << memory.status();
  static_cast<char*>(memory->data())[0] = 3;
  SharedMemory moved(*std::move(memory));
  SharedMemory assigned;
  assigned = std::move(moved);
  EXPECT_EQ(static_cast<char*>(assigned.data())[0], 3);
}

TEST(SharedMemoryTest, MapOfNothingReportsOs) {
  EXPECT_FALSE(SharedMemory::Map(UniqueFile()).ok());
}

}  // namespace
}  // namespace procspec::os
