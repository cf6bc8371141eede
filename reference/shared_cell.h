// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_SHARED_CELL_H_
#define PROCSPEC_REFERENCE_SHARED_CELL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "reference/share.h"
#include "spec/value.h"

namespace procspec::reference {

// Shared memory in small pieces. A program may have thousands of locks, and
// cannot have thousands of descriptors: pieces are cut one after the other from
// segments of kSegmentSize, whose pages take memory only once they are touched.
//
// A piece is never given back by itself. A process unmaps a segment when the
// last of its pieces in that process is gone, and the system frees it when no
// process maps it any more. So nothing has to be counted across processes, and
// a killed one leaves nothing behind; the price is that one living lock keeps
// its segment (memory: the pages that were touched).
//
// What new pieces are cut from goes too with its last piece, unless somebody
// keeps it: a backend does, so that locks made and dropped one by one do not
// take a segment each, and a program without a backend has nothing of it.
//
// Cutting is one addition to a counter inside the segment. A forked child goes
// on cutting from the segment it inherited, without meeting its parent.

// Keeps what new pieces are cut from.
class SegmentKeeper {
 public:
  SegmentKeeper();
  ~SegmentKeeper();
  SegmentKeeper(const SegmentKeeper&) = delete;
  SegmentKeeper& operator=(const SegmentKeeper&) = delete;
};

namespace internal {

inline constexpr size_t kSegmentSize = size_t{1} << 20;
// Two cache lines: processors fetch them in pairs.
inline constexpr size_t kPieceAlignment = 128;

class Segment;

struct Piece {
  std::shared_ptr<Segment> segment;
  void* data = nullptr;
};

// Zeroed. A piece larger than a quarter of a segment gets one of its own.
absl::StatusOr<Piece> NewPiece(size_t bytes);

Value AddressOf(const Piece& piece);
// Serialisation: no address of a piece of that size.
absl::StatusOr<Piece> PieceAt(const Value& address, size_t bytes);

}  // namespace internal

// A T in shared memory, followed by `extra` bytes of zeroes. Copies are the
// same T.
template <typename T>
class SharedCell {
 public:
  static_assert(alignof(T) <= internal::kPieceAlignment);

  SharedCell() = default;

  static absl::StatusOr<SharedCell> Create(size_t extra = 0) {
    absl::StatusOr<internal::Piece> piece =
        internal::NewPiece(sizeof(T) + extra);
    if (!piece.ok()) return piece.status();
    T* object = new (piece->data) T();
    return SharedCell(*std::move(piece), object);
  }

  // To travel as (part of) the state of a Transferable, and the inverse. The
  // segment is an object of its own there: pieces of one segment take one
  // descriptor and one mapping in the child, however many they are.
  Value address() const { return internal::AddressOf(piece_); }
  static absl::StatusOr<SharedCell> At(const Value& address, size_t extra = 0) {
    absl::StatusOr<internal::Piece> piece =
        internal::PieceAt(address, sizeof(T) + extra);
    if (!piece.ok()) return piece.status();
    T* object = std::launder(static_cast<T*>(piece->data));
    return SharedCell(*std::move(piece), object);
  }

  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  // The bytes behind the object.
  void* extra() const { return object_ + 1; }

 private:
  SharedCell(internal::Piece piece, T* object)
      : piece_(std::move(piece)), object_(object) {}

  internal::Piece piece_;
  T* object_ = nullptr;
};

// Both directions of an object that is nothing but its State in shared memory.
template <typename State>
Transfer DescribeByState(std::string_view kind,
                         const SharedCell<State>& state) {
  Transfer transfer;
  transfer.kind = kind;
  transfer.state = state.address();
  return transfer;
}
template <typename T>
absl::StatusOr<Handle> RebuildFromState(Backend&, const Value& address,
                                        std::vector<os::UniqueFile>) {
  auto state = SharedCell<typename T::State>::At(address);
  if (!state.ok()) return state.status();
  return Handle(std::make_shared<T>(*std::move(state)));
}

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_SHARED_CELL_H_
