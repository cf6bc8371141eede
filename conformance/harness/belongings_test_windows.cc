// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/belongings.h"
#include "conformance/harness/testing/waiting_thread.h"
#include "conformance/harness/timing.h"
#include "conformance/harness/win32.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace procspec::harness {
namespace {

using win32::UniqueHandle;

constexpr absl::Duration kNoGrace = absl::ZeroDuration();

int64_t NumberOf(const UniqueHandle& handle) {
  return reinterpret_cast<intptr_t>(handle.get());
}

TEST(BelongingsWindows, ANewThreadIsToldByWhereItBegan) {
  const auto before = ListBelongings();
  const UniqueHandle go(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  const UniqueHandle thread(CreateThread(
      nullptr, 0,
      [](void* event) { return WaitForSingleObject(event, INFINITE); },
      go.get(), 0, nullptr));
  ASSERT_TRUE(thread);
  const auto fresh = NewBelongings(before, kNoGrace);
  SetEvent(go.get());
  WaitForSingleObject(thread.get(), INFINITE);
  ASSERT_EQ(fresh.size(), 3u);  // it, its handle, and the event's
  EXPECT_EQ(KindName(fresh[0]), "thread");
  EXPECT_TRUE(absl::EndsWith(Describe(fresh[0]), ".exe")) << Describe(fresh[0]);
}

TEST(BelongingsWindows, AThreadThatHasEndedIsItsHandleOnly) {
  const auto before = ListBelongings();
  DWORD id = 0;
  const UniqueHandle thread(CreateThread(
      nullptr, 0, [](void*) -> DWORD { return 0; }, nullptr, 0, &id));
  WaitForSingleObject(thread.get(), INFINITE);
  const auto fresh = NewBelongings(before, kNoGrace);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(KindName(fresh[0]), "descriptor");
  EXPECT_EQ(Describe(fresh[0]),
            absl::StrCat(NumberOf(thread), " -> Thread ", id));
}

TEST(BelongingsWindows, NewHandlesAreToldByTheirTypes) {
  const auto before = ListBelongings();
  const UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  const UniqueHandle semaphore(CreateSemaphoreW(nullptr, 0, 1, nullptr));
  const UniqueHandle file(
      CreateFileW(L"NUL", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  const UniqueHandle process(
      OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE,
                  GetCurrentProcessId()));
  std::vector<std::string> expected = {
      absl::StrCat(NumberOf(event), " -> Event"),
      absl::StrCat(NumberOf(semaphore), " -> Semaphore"),
      absl::StrCat(NumberOf(file), " -> File"),
      absl::StrCat(NumberOf(process), " -> Process ", GetCurrentProcessId())};
  std::vector<std::string> found;
  for (const Belonging& belonging : NewBelongings(before, kNoGrace)) {
    found.push_back(Describe(belonging));
  }
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(expected));
}

TEST(BelongingsWindows, ANumberUsedAgainForAnotherTypeIsNew) {
  UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  const int64_t number = NumberOf(event);
  const auto before = ListBelongings();
  event = UniqueHandle();
  // The number that was freed last is the next one, or will be soon.
  std::vector<UniqueHandle> semaphores;
  while (semaphores.empty() || NumberOf(semaphores.back()) != number) {
    ASSERT_LT(semaphores.size(), 10000u);
    semaphores.emplace_back(CreateSemaphoreW(nullptr, 0, 1, nullptr));
  }
  EXPECT_EQ(NewBelongings(before, kNoGrace).size(), semaphores.size());
}

TEST(BelongingsWindows, AnEventOfSomebodysOwnIsNew) {
  const auto before = ListBelongings();
  // What a lock has, and two that it cannot have.
  SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, nullptr, TRUE};
  const UniqueHandle shared(CreateEventW(&inheritable, FALSE, FALSE, nullptr));
  const UniqueHandle manual(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  EXPECT_EQ(NewBelongings(before, kNoGrace).size(), 2u);
}

// A static lock at which threads have met is nobody's leak.
TEST(BelongingsWindows, WhatLocksKeepIsNotNew) {
  const auto before = ListBelongings();
  std::mutex& mutex = *new std::mutex;
  std::condition_variable& changed = *new std::condition_variable;
  bool done = false;
  std::thread other([&] {
    const std::lock_guard<std::mutex> lock(mutex);
    done = true;
    changed.notify_all();
  });
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  other.join();
  for (const Belonging& left : NewBelongings(before, Observation())) {
    ADD_FAILURE() << KindName(left) << " " << Describe(left);
  }
}

// What waits and runs in the system's thread pool leaves its threads behind,
// and whatever they need.
TEST(BelongingsWindows, TheThreadPoolIsTheSystems) {
  const auto before = ListBelongings();
  {
    const UniqueHandle go(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    const UniqueHandle done(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    HANDLE wait = nullptr;
    ASSERT_TRUE(RegisterWaitForSingleObject(
        &wait, go.get(), [](void* event, BOOLEAN) { SetEvent(event); },
        done.get(), INFINITE, WT_EXECUTEONLYONCE));
    SetEvent(go.get());
    WaitForSingleObject(done.get(), INFINITE);
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
  }
  for (const Belonging& left : NewBelongings(before, Observation())) {
    ADD_FAILURE() << KindName(left) << " " << Describe(left);
  }
}

}  // namespace
}  // namespace procspec::harness
