// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/boost_mq.h"

#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/peers/queue_rows.h"
#include "bench/peers/transport.h"

namespace procspec::bench {
namespace {

namespace ipc = boost::interprocess;

// It has room for as many messages as it may hold, so that with a bound of 1024
// large ones would take a gigabyte, no page of which is in a cache.
constexpr size_t kMostBytes = 4 << 20;
constexpr size_t kLeastMessages = 16;

// An exception ends the program, and its message with it on standard error.
class BoostMq {
 public:
  static absl::StatusOr<std::unique_ptr<BoostMq>> Create(const Shape& shape) {
    static int made = 0;
    const std::string name =
        absl::StrCat("procspec-bench-", getpid(), "-", made++);
    size_t bound = shape.bound;
    if (bound * shape.bytes > kMostBytes) {
      bound = std::max(kLeastMessages, kMostBytes / shape.bytes);
    }
    try {
      auto result = std::make_unique<BoostMq>(name, bound, shape.bytes);
      ipc::message_queue::remove(name.c_str());
      return result;
    } catch (const ipc::interprocess_exception& error) {
      return absl::UnavailableError(error.what());
    }
  }
  BoostMq(const std::string& name, size_t bound, size_t bytes)
      : queue_(ipc::create_only, name.c_str(), bound, bytes) {}

  void BecomeWriter() {}
  void BecomeReader() {}
  void Put(const char* message, size_t size) { queue_.send(message, size, 0); }
  size_t Get(char* buffer, size_t capacity) {
    ipc::message_queue::size_type size;
    unsigned priority;
    queue_.receive(buffer, capacity, size, priority);
    return size;
  }
  void Finish() {}

 private:
  ipc::message_queue queue_;
};

}  // namespace

void RegisterBoostMqRows() {
  RegisterQueueRows<BoostMq>("boost-mq", {.counts_messages = true});
}

}  // namespace procspec::bench
