// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/zmq.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/peers/children.h"
#include "bench/peers/futex.h"
#include "bench/peers/queue_rows.h"
#include "bench/peers/shared_memory.h"
#include "bench/peers/transport.h"

namespace procspec::bench {
namespace {

// Between one writer and one reader: several would each have queues of their
// own, not one in common. The bound is halved between the two ends, which do
// not count what the socket holds.
class Zmq {
 public:
  static absl::StatusOr<std::unique_ptr<Zmq>> Create(const Shape& shape) {
    // Private to the user, and short enough for the address of a socket.
    char folder[] = "/tmp/procspec-bench-XXXXXX";
    if (mkdtemp(folder) == nullptr) return absl::ErrnoToStatus(errno, folder);
    return std::make_unique<Zmq>(folder, shape);
  }
  Zmq(const std::string& folder, const Shape& shape)
      : folder_(folder),
        path_(absl::StrCat(folder, "/socket")),
        half_bound_(static_cast<int>((shape.bound + 1) / 2)) {}
  ~Zmq() {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  void BecomeWriter() {
    writes_ = true;
    Open(ZMQ_PUSH, ZMQ_SNDHWM);
    // Who comes first tries again after a tenth of a second.
    while (bound_->load() == 0) FutexWait(*bound_, 0);
    if (zmq_connect(socket_, Address().c_str()) != 0) Die("zmq_connect");
    const char hello = 0;
    Put(&hello, 1);
  }
  void BecomeReader() {
    Open(ZMQ_PULL, ZMQ_RCVHWM);
    if (zmq_bind(socket_, Address().c_str()) != 0) Die("zmq_bind");
    *bound_ = 1;
    FutexWake(*bound_, 1);
    // Connecting is not among what is timed.
    char hello;
    if (Get(&hello, 1) != 1) Die("hello");
  }
  void Put(const char* message, size_t size) {
    while (zmq_send(socket_, message, size, 0) < 0) {
      if (errno != EINTR) Die("zmq_send");
    }
  }
  size_t Get(char* buffer, size_t capacity) {
    for (;;) {
      const int size = zmq_recv(socket_, buffer, capacity, 0);
      if (size >= 0) return size;
      if (errno != EINTR) Die("zmq_recv");
    }
  }
  void Finish() {
    // A writer that ends while the reader is at its bound takes the last
    // messages along, whatever ZMQ_LINGER says (4.3.4).
    if (writes_) {
      while (finished_->load() == 0) FutexWait(*finished_, 0);
    } else {
      *finished_ = 1;
      FutexWake(*finished_, 1);
    }
    zmq_close(socket_);
    zmq_ctx_term(context_);
  }

 private:
  std::string Address() const { return absl::StrCat("ipc://", path_); }

  void Open(int type, int bound_option) {
    // In the child: it has threads.
    context_ = zmq_ctx_new();
    socket_ = context_ == nullptr ? nullptr : zmq_socket(context_, type);
    if (socket_ == nullptr) Die("zmq_socket");
    if (zmq_setsockopt(socket_, bound_option, &half_bound_,
                       sizeof half_bound_) != 0) {
      Die("zmq_setsockopt");
    }
  }

  std::string folder_;
  std::string path_;
  int half_bound_;
  Shared<Word> bound_;     // the reader is there
  Shared<Word> finished_;  // it has got everything
  bool writes_ = false;
  void* context_ = nullptr;
  void* socket_ = nullptr;
};

}  // namespace

void RegisterZmqRows() { RegisterQueueRows<Zmq>("zmq-ipc", {.shared = false}); }

}  // namespace procspec::bench
