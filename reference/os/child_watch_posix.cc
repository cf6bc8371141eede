// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "reference/os/child_watch.h"
#include "reference/os/posix.h"

namespace procspec::os {

struct ChildWatch::State {
  std::function<void()> ended;
  // Rings for every change of what follows.
  UniqueFile bell;
  std::mutex mutex;
  std::vector<std::shared_ptr<const ChildEnd>> added;
  bool stopped = false;
  std::thread thread;  // from the first child on

  void Ring() const {
    const uint64_t one = 1;
    (void)RetryOnInterrupt(
        [&] { return write(bell.get(), &one, sizeof(one)); });
  }

  // The thread's whole life.
  void Run() {
    std::vector<std::shared_ptr<const ChildEnd>> ends;
    std::vector<pollfd> lines;
    while (true) {
      lines.assign(1, {.fd = bell.get(), .events = POLLIN, .revents = 0});
      for (const auto& end : ends) {
        lines.push_back({.fd = end->handle(), .events = POLLIN, .revents = 0});
      }
      const int ready = RetryOnInterrupt(
          [&] { return poll(lines.data(), lines.size(), -1); });
      bool any = false;
      for (size_t i = ends.size(); i-- > 0;) {
        if (lines[i + 1].revents == 0) continue;
        any = true;
        // From the back: what takes its place was looked at.
        std::swap(ends[i], ends.back());
        ends.pop_back();
      }
      {
        std::lock_guard lock(mutex);
        // More than the system lets one wait for: better nothing than no rest.
        if (ready < 0) stopped = true;
        if (stopped) return;
        if (lines[0].revents != 0) {
          uint64_t rings = 0;
          (void)RetryOnInterrupt(
              [&] { return read(bell.get(), &rings, sizeof(rings)); });
          for (auto& end : added) ends.push_back(std::move(end));
          added.clear();
        }
      }
      if (any) ended();
    }
  }
};

ChildWatch::ChildWatch(std::function<void()> ended)
    : state_(std::make_unique<State>()) {
  state_->ended = std::move(ended);
  state_->bell.reset(eventfd(0, EFD_CLOEXEC));
}

ChildWatch::~ChildWatch() {
  Stop();
  if (state_->thread.joinable()) state_->thread.join();
}

bool ChildWatch::Add(std::shared_ptr<const ChildEnd> end) {
  State& s = *state_;
  if (!s.bell.valid() || end->handle() == FileTraits::Invalid()) return false;
  std::lock_guard lock(s.mutex);
  if (s.stopped) return false;
  s.added.push_back(std::move(end));
  s.Ring();
  if (!s.thread.joinable()) s.thread = std::thread([&s] { s.Run(); });
  return true;
}

void ChildWatch::Stop() {
  std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->stopped, true)) return;
  if (state_->thread.joinable()) state_->Ring();
}

}  // namespace procspec::os
