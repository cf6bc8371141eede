// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/pool_channel.h"

#include <cstring>
#include <utility>

#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

constexpr char kTransferKind[] = "pool-channel";
constexpr size_t kPage = 4096;
constexpr Ring::Options kRingOptions = {};

// A line of its own for each: workers write theirs with every task.
struct alignas(128) Place {
  std::atomic<uint64_t> held;
};

struct CallHeader {
  uint64_t target_size;
  uint64_t args_size;
};
// Room for most.
constexpr size_t kUsualArgument = 16;

constexpr size_t RoundUp(size_t size) {
  return (size + kPage - 1) / kPage * kPage;
}

[[maybe_unused]] const bool registered = RegisterTransferable(
    kTransferKind,
    [](Backend&, const Value& state, std::vector<os::UniqueFile> handles) {
      return PoolChannel::FromTransfer(state, std::move(handles));
    });

}  // namespace

std::string NewFrame(uint64_t id, FrameKind kind) {
  std::string frame(kFrameHeader, '\0');
  std::memcpy(frame.data(), &id, sizeof(id));
  frame[sizeof(id)] = static_cast<char>(kind);
  return frame;
}

bool ParseFrame(std::string_view bytes, Frame& frame) {
  if (bytes.size() < kFrameHeader) return false;
  std::memcpy(&frame.id, bytes.data(), sizeof(frame.id));
  const auto kind = static_cast<uint8_t>(bytes[sizeof(frame.id)]);
  if (kind > static_cast<uint8_t>(FrameKind::kLook)) return false;
  frame.kind = static_cast<FrameKind>(kind);
  frame.payload = bytes.substr(kFrameHeader);
  return true;
}

absl::Status EncodeCall(std::string_view target, List args, Dict kwargs,
                        std::string& frame) {
  CallHeader header;
  const size_t at = frame.size();
  frame.reserve(at + sizeof(header) + target.size() +
                kUsualArgument * (args.size() + 1));
  frame.append(sizeof(header), '\0');
  frame.append(target);
  const size_t args_at = frame.size();
  PROCSPEC_RETURN_IF_ERROR(Encode(Value(std::move(args)), frame));
  header.target_size = target.size();
  header.args_size = frame.size() - args_at;
  std::memcpy(frame.data() + at, &header, sizeof(header));
  if (kwargs.empty()) return absl::OkStatus();
  return Encode(Value(std::move(kwargs)), frame);
}

bool ParseCall(std::string_view payload, EncodedCall& call) {
  CallHeader header;
  if (payload.size() < sizeof(header)) return false;
  std::memcpy(&header, payload.data(), sizeof(header));
  payload.remove_prefix(sizeof(header));
  if (header.target_size > payload.size() ||
      header.args_size > payload.size() - header.target_size) {
    return false;
  }
  call.target = payload.substr(0, header.target_size);
  payload.remove_prefix(header.target_size);
  call.args = payload.substr(0, header.args_size);
  call.kwargs = payload.substr(header.args_size);
  return true;
}

size_t PoolChannel::TasksOffset(int places) {
  return RoundUp(sizeof(Place) * static_cast<size_t>(places));
}

size_t PoolChannel::ResultsOffset(int places) {
  return TasksOffset(places) + RoundUp(Ring::SizeInMemory(kRingOptions));
}

PoolChannel::PoolChannel(os::SharedMemory memory, int places)
    : memory_(std::move(memory)), places_(places) {}

absl::StatusOr<std::shared_ptr<PoolChannel>> PoolChannel::New(int places) {
  PROCSPEC_ASSIGN_OR_RETURN(
      os::SharedMemory memory,
      os::SharedMemory::New(ResultsOffset(places) +
                            RoundUp(Ring::SizeInMemory(kRingOptions))));
  auto* bytes = static_cast<char*>(memory.data());
  std::shared_ptr<PoolChannel> channel(
      new PoolChannel(std::move(memory), places));
  channel->tasks_ = Ring::Create(bytes + TasksOffset(places), kRingOptions);
  channel->results_ = Ring::Create(bytes + ResultsOffset(places), kRingOptions);
  return channel;
}

absl::StatusOr<Transfer> PoolChannel::Describe() const {
  Transfer transfer{.kind = kTransferKind, .state = Value(places_)};
  PROCSPEC_ASSIGN_OR_RETURN(os::UniqueFile memory,
                            os::Duplicate(memory_.handle()));
  transfer.handles.push_back(std::move(memory));
  return transfer;
}

absl::StatusOr<Handle> PoolChannel::FromTransfer(
    const Value& state, std::vector<os::UniqueFile> handles) {
  PROCSPEC_ASSIGN_OR_RETURN(int64_t places, state.As<int64_t>());
  if (places < 1 || handles.size() != 1) {
    return SerialisationError("malformed pool channel");
  }
  PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                            os::SharedMemory::Map(std::move(handles.front())));
  if (memory.size() < ResultsOffset(static_cast<int>(places))) {
    return SerialisationError("malformed pool channel");
  }
  auto* bytes = static_cast<char*>(memory.data());
  std::shared_ptr<PoolChannel> channel(
      new PoolChannel(std::move(memory), static_cast<int>(places)));
  channel->tasks_ = Ring::Open(bytes + TasksOffset(channel->places_));
  channel->results_ = Ring::Open(bytes + ResultsOffset(channel->places_));
  return Handle(std::move(channel));
}

std::atomic<uint64_t>& PoolChannel::held(int place) {
  return static_cast<Place*>(memory_.data())[place].held;
}

}  // namespace procspec::reference
