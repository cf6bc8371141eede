// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_CHILD_WATCH_H_
#define PROCSPEC_REFERENCE_OS_CHILD_WATCH_H_

#include <functional>
#include <memory>

#include "reference/os/process.h"

namespace procspec::os {

// Tells of the ends of children when they happen. It costs nothing while they
// live: a thread sleeps on their handles.
//
// Thread-safe, but for the destructor. A forked child has the object without
// its thread: there it must not be used, nor destroyed.
class ChildWatch {
 public:
  // `ended` is called on a thread of the watch, after one child or several have
  // ended. It must not destroy the watch.
  explicit ChildWatch(std::function<void()> ended);
  ChildWatch(const ChildWatch&) = delete;
  ChildWatch& operator=(const ChildWatch&) = delete;
  // Waits for a call that is under way.
  ~ChildWatch();

  // From now on until its end, which may have been before. False: the system
  // has no handle for it or refuses more, and nobody will be told.
  bool Add(std::shared_ptr<const ChildEnd> end);

  // No call begins any more, but for one that is about to. Does not wait.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_CHILD_WATCH_H_
