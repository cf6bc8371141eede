// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/shared_cell.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "reference/os/at_fork.h"
#include "reference/os/handle.h"
#include "reference/os/shared_memory.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference::internal {

// No user ever holds a handle to it: it travels inside the state of others.
class Segment final : public Shareable, public Transferable {
 public:
  // In the segment's first bytes.
  struct Header {
    // Bytes cut off so far, with this header; beyond the size when it is full.
    std::atomic<uint64_t> used{kPieceAlignment};
  };
  static_assert(sizeof(Header) <= kPieceAlignment);

  explicit Segment(os::SharedMemory memory) : memory_(std::move(memory)) {}

  Header& header() const { return *static_cast<Header*>(memory_.data()); }

  // Null when it is full.
  void* Cut(size_t bytes) const {
    const uint64_t offset =
        header().used.fetch_add(bytes, std::memory_order_relaxed);
    return offset + bytes <= memory_.size() ? At(offset) : nullptr;
  }
  void* At(uint64_t offset) const {
    return static_cast<char*>(memory_.data()) + offset;
  }
  uint64_t OffsetOf(const void* data) const {
    return static_cast<uint64_t>(static_cast<const char*>(data) -
                                 static_cast<const char*>(memory_.data()));
  }
  uint64_t size() const { return memory_.size(); }

  HandleKind handle_kind() const override { return HandleKind::kLocalObject; }
  absl::StatusOr<Transfer> Describe() const override {
    Transfer transfer;
    transfer.kind = "segment";
    PROCSPEC_ASSIGN_OR_RETURN(os::UniqueFile file,
                              os::Duplicate(memory_.handle()));
    transfer.handles.push_back(std::move(file));
    return transfer;
  }

 private:
  os::SharedMemory memory_;
};

namespace {

absl::StatusOr<Handle> RebuildSegment(Backend&, const Value&,
                                      std::vector<os::UniqueFile> handles) {
  if (handles.size() != 1) return SerialisationError("malformed segment");
  PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                            os::SharedMemory::Map(std::move(handles[0])));
  return Handle(std::make_shared<Segment>(std::move(memory)));
}

[[maybe_unused]] const bool registered =
    RegisterTransferable("segment", &RebuildSegment);

size_t RoundUp(size_t bytes) {
  return (bytes + kPieceAlignment - 1) / kPieceAlignment * kPieceAlignment;
}

// The segments of this process. Lives for ever: objects with static lifetime
// may be made and dropped at any time.
class Segments {
 public:
  static Segments& Get() {
    static Segments* const segments = new Segments;
    return *segments;
  }

  absl::StatusOr<Piece> New(size_t bytes) {
    bytes = RoundUp(bytes);
    // Dropped after the mutex: the last reference unmaps.
    std::shared_ptr<Segment> full;
    std::shared_ptr<Segment> current;
    std::lock_guard<std::mutex> lock(mutex_);
    if (bytes > kSegmentSize / 4) {
      PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Segment> own,
                                Make(kPieceAlignment + bytes));
      void* const data = own->Cut(bytes);
      return Piece{std::move(own), data};
    }
    current = current_.lock();
    if (current != nullptr) {
      if (void* const data = current->Cut(bytes)) {
        return Piece{std::move(current), data};
      }
    }
    PROCSPEC_ASSIGN_OR_RETURN(std::shared_ptr<Segment> next,
                              Make(kSegmentSize));
    current_ = next;
    if (keepers_ > 0) full = std::exchange(kept_, next);
    void* const data = next->Cut(bytes);
    return Piece{std::move(next), data};
  }

  void Keep() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++keepers_;
    if (kept_ == nullptr) kept_ = current_.lock();
  }

  void StopKeeping() {
    std::shared_ptr<Segment> last;  // dropped after the mutex
    std::lock_guard<std::mutex> lock(mutex_);
    if (--keepers_ == 0) last = std::move(kept_);
  }

 private:
  absl::StatusOr<std::shared_ptr<Segment>> Make(size_t size) {
    PROCSPEC_ASSIGN_OR_RETURN(os::SharedMemory memory,
                              os::SharedMemory::New(size));
    new (memory.data()) Segment::Header();
    return std::make_shared<Segment>(std::move(memory));
  }

  std::mutex mutex_;
  std::weak_ptr<Segment> current_;
  std::shared_ptr<Segment> kept_;  // the current one, while there are keepers
  int keepers_ = 0;

  os::AtFork at_fork_{{.before = [this] { mutex_.lock(); },
                       .in_parent = [this](bool) { mutex_.unlock(); },
                       .in_child = [this] { mutex_.unlock(); }}};
};

}  // namespace

absl::StatusOr<Piece> NewPiece(size_t bytes) {
  return Segments::Get().New(bytes);
}

Value AddressOf(const Piece& piece) {
  return Value(
      List{Value(piece.segment), Value(piece.segment->OffsetOf(piece.data))});
}

absl::StatusOr<Piece> PieceAt(const Value& address, size_t bytes) {
  PROCSPEC_ASSIGN_OR_RETURN(List fields, address.As<List>());
  if (fields.size() != 2) return SerialisationError("malformed address");
  PROCSPEC_ASSIGN_OR_RETURN(auto segment, fields[0].HandleAs<Segment>());
  PROCSPEC_ASSIGN_OR_RETURN(int64_t place, fields[1].As<int64_t>());
  const auto offset = static_cast<uint64_t>(place);
  if (place < 0 || offset % kPieceAlignment != 0 || bytes > segment->size() ||
      offset > segment->size() - bytes) {
    return SerialisationError("an address outside of its segment");
  }
  void* const data = segment->At(offset);
  return Piece{std::move(segment), data};
}

}  // namespace procspec::reference::internal

namespace procspec::reference {

SegmentKeeper::SegmentKeeper() { internal::Segments::Get().Keep(); }
SegmentKeeper::~SegmentKeeper() { internal::Segments::Get().StopKeeping(); }

}  // namespace procspec::reference
