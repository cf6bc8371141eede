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
#include <list>
#include <mutex>
#include <utility>

#include "reference/os/child_watch.h"

namespace procspec::os {

// The system's own threads wait, as many as it needs: one can wait for 63.
struct ChildWatch::State {
  struct Watched {
    State* state;
    std::shared_ptr<const ChildEnd> end;
    HANDLE wait = nullptr;
    std::atomic<bool> over = false;
  };

  std::function<void()> ended;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  std::list<Watched> watched;

  static void CALLBACK Ended(void* context, BOOLEAN) {
    auto& child = *static_cast<Watched*>(context);
    if (!child.state->stopped) child.state->ended();
    child.over = true;
  }

  // Waits for its call, if that is under way.
  static void Forget(Watched& child) {
    UnregisterWaitEx(child.wait, INVALID_HANDLE_VALUE);
  }
};

ChildWatch::ChildWatch(std::function<void()> ended)
    : state_(std::make_unique<State>()) {
  state_->ended = std::move(ended);
}

ChildWatch::~ChildWatch() {
  Stop();
  for (State::Watched& child : state_->watched) State::Forget(child);
}

bool ChildWatch::Add(std::shared_ptr<const ChildEnd> end) {
  State& s = *state_;
  if (end->handle() == FileTraits::Invalid()) return false;
  std::lock_guard lock(s.mutex);
  if (s.stopped) return false;
  std::erase_if(s.watched, [](State::Watched& child) {
    if (!child.over) return false;
    State::Forget(child);
    return true;
  });
  State::Watched& child = s.watched.emplace_back();
  child.state = &s;
  child.end = std::move(end);
  if (RegisterWaitForSingleObject(&child.wait, child.end->handle(),
                                  &State::Ended, &child, INFINITE,
                                  WT_EXECUTEONLYONCE)) {
    return true;
  }
  s.watched.pop_back();
  return false;
}

void ChildWatch::Stop() { state_->stopped = true; }

}  // namespace procspec::os
