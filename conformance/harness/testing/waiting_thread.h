// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_TESTING_WAITING_THREAD_H_
#define PROCSPEC_CONFORMANCE_HARNESS_TESTING_WAITING_THREAD_H_

#include <condition_variable>
#include <mutex>
#include <thread>

namespace procspec::harness {

// A thread that stays until it is let go.
class WaitingThread {
 public:
  WaitingThread() : thread_([this] { Wait(); }) {}
  ~WaitingThread() {
    LetGo();
    thread_.join();
  }

  std::thread& thread() { return thread_; }

  void LetGo() {
    const std::lock_guard<std::mutex> lock(mutex_);
    may_go_ = true;
    changed_.notify_all();
  }

 private:
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return may_go_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool may_go_ = false;
  std::thread thread_;  // the last: it uses what is above
};

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_TESTING_WAITING_THREAD_H_
