// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_SHARED_CELL_H_
#define PROCSPEC_REFERENCE_SHARED_CELL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "absl/status/statusor.h"
#include "reference/os/shared_memory.h"

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
// Cutting is one addition to a counter inside the segment. A forked child goes
// on cutting from the segment it inherited, without meeting its parent.

namespace internal {

inline constexpr size_t kSegmentSize = size_t{1} << 20;
inline constexpr size_t kPieceAlignment = 64;  // a cache line

class Segment;

struct Piece {
  std::shared_ptr<Segment> segment;
  void* data = nullptr;
};

// Zeroed. A piece larger than a quarter of a segment gets one of its own.
absl::StatusOr<Piece> NewPiece(size_t bytes);

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

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_SHARED_CELL_H_
