// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "reference/os/child_watch.h"
#include "reference/os/win32.h"

namespace procspec::os {

// A thread of its own, which can wait for 63: the system's threads for that
// would outlive the watch.
struct ChildWatch::State {
  std::function<void()> ended;
  std::atomic<bool> stopped = false;
  UniqueFile changed =
      OwnUnlessNull(CreateEventW(nullptr, FALSE, FALSE, nullptr));
  std::mutex mutex;
  std::vector<std::shared_ptr<const ChildEnd>> watched;
  std::thread thread;

  void Run() {
    while (true) {
      std::vector<std::shared_ptr<const ChildEnd>> now;
      {
        std::lock_guard lock(mutex);
        now = watched;
      }
      std::vector<HANDLE> handles = {changed.get()};
      for (const auto& end : now) handles.push_back(end->handle());
      const DWORD result = WaitForMultipleObjects(
          static_cast<DWORD>(handles.size()), handles.data(), FALSE, INFINITE);
      if (stopped || result >= WAIT_OBJECT_0 + handles.size()) return;
      if (result == WAIT_OBJECT_0) continue;
      {
        std::lock_guard lock(mutex);
        std::erase(watched, now[result - WAIT_OBJECT_0 - 1]);
      }
      ended();
    }
  }
};

ChildWatch::ChildWatch(std::function<void()> ended)
    : state_(std::make_unique<State>()) {
  state_->ended = std::move(ended);
}

ChildWatch::~ChildWatch() {
  Stop();
  if (state_->thread.joinable()) state_->thread.join();
}

bool ChildWatch::Add(std::shared_ptr<const ChildEnd> end) {
  State& s = *state_;
  if (!s.changed.valid() || end->handle() == FileTraits::Invalid()) {
    return false;
  }
  std::lock_guard lock(s.mutex);
  if (s.stopped || s.watched.size() + 1 >= MAXIMUM_WAIT_OBJECTS) return false;
  if (!s.thread.joinable()) {
    try {
      s.thread = std::thread([&s] { s.Run(); });
    } catch (const std::system_error&) {
      return false;
    }
  }
  s.watched.push_back(std::move(end));
  SetEvent(s.changed.get());
  return true;
}

void ChildWatch::Stop() {
  state_->stopped = true;
  SetEvent(state_->changed.get());
}

}  // namespace procspec::os
