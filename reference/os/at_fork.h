// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_AT_FORK_H_
#define PROCSPEC_REFERENCE_OS_AT_FORK_H_

#include <functional>
#include <list>

namespace procspec::os {

// What must happen around a fork of this project (os::Fork; not one that other
// code of the program does by itself).
//
// A forked child has only the thread that forked, and the memory as it was at
// that instant: a mutex that another thread held stays locked in it for ever.
// So a mutex that a child may need is locked by `before` and unlocked by
// `in_parent` and `in_child`.
//
//   std::mutex mutex_;
//   os::AtFork at_fork_{{.before = [this] { mutex_.lock(); },
//                        .in_parent = [this](bool) { mutex_.unlock(); },
//                        .in_child = [this] { mutex_.unlock(); }}};  // last
//                        member
//
// Hooks run on the forking thread. `before` runs in reverse order of
// registration, the others in that order. Forks do not overlap. Signals are not
// blocked yet in `before`.
//
// Rules, or it deadlocks: no hook registers, unregisters or forks; a thread
// that holds what a hook locks neither starts a process, nor registers or
// unregisters.
class AtFork {
 public:
  struct Hooks {
    std::function<void()> before;
    // Whether there is a child: false when the system refused.
    std::function<void(bool forked)> in_parent;
    std::function<void()> in_child;
  };
  // When `before` runs. kLast is for what hooks themselves may use.
  enum class Order { kNormal, kLast };

  explicit AtFork(Hooks hooks, Order order = Order::kNormal);
  AtFork(const AtFork&) = delete;
  AtFork& operator=(const AtFork&) = delete;
  ~AtFork();

 private:
  std::list<Hooks>::iterator place_;
};

// For os::Fork. Between the first and one of the others, registration is
// locked.
void RunHooksBeforeFork();
void RunHooksInParent(bool forked);
void RunHooksInChild();

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_AT_FORK_H_
