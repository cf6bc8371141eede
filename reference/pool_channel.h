// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_POOL_CHANNEL_H_
#define PROCSPEC_REFERENCE_POOL_CHANNEL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "reference/os/handle.h"
#include "reference/os/shared_memory.h"
#include "reference/ring.h"
#include "reference/share.h"
#include "spec/shareable.h"
#include "spec/value.h"

namespace procspec::reference {

// What a frame on one of the two rings is. Every frame is an id, a kind and a
// payload: an encoded value (spec/codec.h), or a call.
enum class FrameKind : uint8_t {
  // To the workers. The id is the task's.
  kTask,   // a call
  kChunk,  // a call for each of the positional arguments
  kQuit,   // the worker that takes it ends

  // From the workers. The id is the task's.
  kResult,  // the value; of a chunk the list of values
  kError,   // the error; of a chunk the first one
  // The id is the worker's place.
  kRetired,      // it has done its share of tasks and ends now
  kStartFailed,  // its initializer reported this error, and it ends now

  // From the creating process to its own collector.
  kNoTasks,  // the id's map has no items
  kLook,     // the state of the pool has changed
};

struct Frame {
  uint64_t id = 0;
  FrameKind kind = FrameKind::kLook;
  std::string_view payload;
};

// The rings' tags are not used: a frame says itself what it is.
inline constexpr Ring::Tag kFrameTag = 0;
inline constexpr size_t kFrameHeader = sizeof(uint64_t) + 1;

// `payload` is appended to later, by Encode.
std::string NewFrame(uint64_t id, FrameKind kind);
// False: too short, or of no known kind.
bool ParseFrame(std::string_view bytes, Frame& frame);

// The payload of a call: its parts behind each other, the first two behind
// their lengths, so that the target's name is not copied and no list of the
// parts is built on either side.
struct EncodedCall {
  std::string_view target;
  std::string_view args;    // an encoded list
  std::string_view kwargs;  // an encoded dict; empty: none
};
// Appends to a frame. An argument that cannot travel is refused as by Encode;
// the frame is of no use then.
absl::Status EncodeCall(std::string_view target, List args, Dict kwargs,
                        std::string& frame);
// False: malformed.
bool ParseCall(std::string_view payload, EncodedCall& call);

// The shared part of a pool. Inherited by workers like any handle, though no
// user ever sees it.
class PoolChannel final : public Shareable, public Transferable {
 public:
  // One place for each worker.
  static absl::StatusOr<std::shared_ptr<PoolChannel>> New(int places);

  HandleKind handle_kind() const override { return HandleKind::kQueue; }
  absl::StatusOr<Transfer> Describe() const override;

  Ring& tasks() { return *tasks_; }
  Ring& results() { return *results_; }

  // The task that the worker of this place has taken and not answered yet; 0:
  // none. Written by that worker, and read after its death. kNotBegun is there
  // before it starts, and until it is ready for tasks.
  static constexpr uint64_t kNotBegun = ~uint64_t{0};
  std::atomic<uint64_t>& held(int place);

  int places() const { return places_; }

  static absl::StatusOr<Handle> FromTransfer(
      const Value& state, std::vector<os::UniqueFile> handles);

 private:
  PoolChannel(os::SharedMemory memory, int places);
  static size_t ResultsOffset(int places);
  static size_t TasksOffset(int places);

  os::SharedMemory memory_;
  const int places_;
  std::optional<Ring> tasks_;
  std::optional<Ring> results_;
};

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_POOL_CHANNEL_H_
