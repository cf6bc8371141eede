// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/pool_worker.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "reference/os/process.h"
#include "reference/pool_channel.h"
#include "reference/run.h"
#include "spec/backend.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"
#include "spec/target.h"

namespace procspec::reference {
namespace {

// How often an idle worker looks whether its creator still lives.
constexpr absl::Duration kCreatorCheck = absl::Seconds(1);

// Takes a frame, and notes which task it is while the frame is still in the
// ring.
class TaskSink final : public Ring::Sink {
 public:
  explicit TaskSink(std::atomic<uint64_t>& held) : held_(held) {}

  bool Begin(const Ring::MessageInfo& info) override {
    bytes_.clear();
    bytes_.reserve(info.size);
    return true;
  }
  void Append(std::string_view bytes) override {
    const bool had_id = bytes_.size() >= sizeof(uint64_t);
    bytes_.append(bytes);
    if (had_id || bytes_.size() < sizeof(uint64_t)) return;
    uint64_t id = 0;
    std::memcpy(&id, bytes_.data(), sizeof(id));
    held_.store(id, std::memory_order_release);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::atomic<uint64_t>& held_;
  std::string bytes_;
};

class Worker {
 public:
  Worker(Backend& backend, PoolChannel& channel, int place)
      : backend_(backend), channel_(channel), place_(place) {}

  // Tells the collector why, if the initializer fails.
  absl::Status Initialize(const std::string& target,
                          const Arguments& arguments) {
    if (target.empty()) return absl::OkStatus();
    absl::Status status =
        CallGuarded([&] { return CallTarget(backend_, target, arguments); });
    if (!status.ok()) {
      std::string frame =
          NewFrame(static_cast<uint64_t>(place_), FrameKind::kStartFailed);
      (void)Encode(ToValue(DetailOf(status)), frame);
      channel_.results().Write(frame, kFrameTag);
    }
    return status;
  }

  // Runs tasks until told to quit, `most` are done, or nobody wants results any
  // more. An ExitRequest when a task asked for it.
  absl::Status Serve(std::optional<int64_t> most) {
    const int64_t creator = os::ParentPid();
    channel_.held(place_).store(0, std::memory_order_release);
    TaskSink sink(channel_.held(place_));
    for (int64_t done = 0; !most.has_value() || done < *most;) {
      LazyDeadline deadline(kCreatorCheck);
      if (channel_.tasks().Read(sink, deadline) != Ring::Outcome::kDone) {
        if (os::ParentPid() != creator) return absl::OkStatus();
        continue;
      }
      Frame task;
      if (!ParseFrame(sink.bytes(), task) || task.kind == FrameKind::kQuit) {
        channel_.held(place_).store(0, std::memory_order_release);
        return absl::OkStatus();
      }
      const absl::Status status = Answer(task);
      if (!status.ok()) return status;
      channel_.held(place_).store(0, std::memory_order_release);
      ++done;
    }
    channel_.results().Write(
        NewFrame(static_cast<uint64_t>(place_), FrameKind::kRetired),
        kFrameTag);
    return absl::OkStatus();
  }

 private:
  absl::Status Answer(const Frame& task) {
    absl::StatusOr<Value> outcome = Run(task);
    if (!outcome.ok() && ExitCodeOf(outcome.status()).has_value()) {
      return outcome.status();
    }
    std::string frame = NewFrame(task.id, FrameKind::kResult);
    if (outcome.ok()) {
      // A result that cannot travel is an error of its task.
      absl::Status encoded = Encode(*outcome, frame);
      if (!encoded.ok()) outcome = encoded;
    }
    if (!outcome.ok()) {
      frame = NewFrame(task.id, FrameKind::kError);
      (void)Encode(ToValue(DetailOf(outcome.status())), frame);
    }
    channel_.results().Write(frame, kFrameTag);
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Run(const Frame& task) {
    EncodedCall call;
    if (!ParseCall(task.payload, call)) {
      return SerialisationError("malformed task");
    }
    PROCSPEC_ASSIGN_OR_RETURN(Value decoded, Decode(call.args));
    List* args = decoded.get_if<List>();
    if (args == nullptr) return SerialisationError("malformed task");
    if (task.kind == FrameKind::kTask) {
      Arguments arguments{.args = std::move(*args)};
      if (!call.kwargs.empty()) {
        PROCSPEC_ASSIGN_OR_RETURN(Value kwargs, Decode(call.kwargs));
        PROCSPEC_ASSIGN_OR_RETURN(arguments.kwargs, kwargs.As<Dict>());
      }
      return Call(call.target, arguments);
    }
    // Each result takes the place of its item.
    absl::Status first_error;
    // One for all calls: nothing is allocated or copied for each.
    Arguments arguments{.args = List(1)};
    for (Value& item : *args) {
      arguments.args[0] = std::move(item);
      absl::StatusOr<Value> result = Call(call.target, arguments);
      if (result.ok()) {
        item = *std::move(result);
      } else if (ExitCodeOf(result.status()).has_value()) {
        return result;
      } else if (first_error.ok()) {
        first_error = result.status();
      }
    }
    if (!first_error.ok()) return first_error;
    return decoded;
  }

  absl::StatusOr<Value> Call(std::string_view target,
                             const Arguments& arguments) {
    absl::StatusOr<Value> result = CallGuardedForValue(
        [&] { return CallTarget(backend_, target, arguments); });
    if (result.ok() || ExitCodeOf(result.status()).has_value()) return result;
    ErrorDetail detail = DetailOf(result.status());
    detail.traceback =
        absl::StrCat("In pool worker ", place_ + 1, " (process ",
                     os::CurrentPid(), "), target ", target, ":\n",
                     detail.traceback, detail.type, ": ", detail.message, "\n");
    return ErrorFrom(detail);
  }

  Backend& backend_;
  PoolChannel& channel_;
  const int place_;
};

absl::StatusOr<Value> RunWorker(Backend& backend, const Arguments& arguments) {
  PROCSPEC_ASSIGN_OR_RETURN(auto channel, arguments.Get<PoolChannel>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t place, arguments.Get<int64_t>(1));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t most, arguments.Get<int64_t>(2));
  PROCSPEC_ASSIGN_OR_RETURN(std::string initializer,
                            arguments.Get<std::string>(3));
  Arguments initializer_arguments;
  PROCSPEC_ASSIGN_OR_RETURN(initializer_arguments.args, arguments.Get<List>(4));
  PROCSPEC_ASSIGN_OR_RETURN(initializer_arguments.kwargs,
                            arguments.Get<Dict>(5));
  if (place < 0 || place >= channel->places()) {
    return ValueError("no such place in the pool");
  }
  Worker worker(backend, *channel, static_cast<int>(place));
  PROCSPEC_RETURN_IF_ERROR(
      worker.Initialize(initializer, initializer_arguments));
  PROCSPEC_RETURN_IF_ERROR(
      worker.Serve(most > 0 ? std::optional(most) : std::nullopt));
  return Value();
}

[[maybe_unused]] const bool registered =
    RegisterTarget(kPoolWorkerTarget, &RunWorker);

}  // namespace

ProcessOptions PoolWorkerOptions(std::shared_ptr<PoolChannel> channel,
                                 int place, const PoolOptions& options) {
  return ProcessOptions{
      .target = kPoolWorkerTarget,
      .arguments = {.args = {std::move(channel), place,
                             options.max_tasks_per_worker.value_or(0),
                             options.initializer,
                             options.initializer_arguments.args,
                             options.initializer_arguments.kwargs}},
      .name = absl::StrCat("PoolWorker-", place + 1),
      .daemon = true,
  };
}

}  // namespace procspec::reference
