// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_RING_H_
#define PROCSPEC_BENCH_PEERS_RING_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/status/statusor.h"
#include "bench/peers/futex.h"
#include "bench/peers/shared_memory.h"
#include "bench/peers/transport.h"

namespace procspec::bench {

// The limit of moving messages through memory: a ring of bytes between one
// writer and one reader, each message behind its size. It polls, then sleeps on
// a futex; the fence between "I go to sleep" and "I look once more" is paid by
// the one that sleeps (membarrier), so that the other has none.
class Ring {
 public:
  // Unimplemented: the system has no membarrier.
  static absl::StatusOr<std::unique_ptr<Ring>> Create(const Shape& shape);
  Ring(size_t capacity, Patience patience);

  void BecomeWriter() { Register(); }
  void BecomeReader() { Register(); }
  void Finish() {}

  void Put(const char* message, size_t size) {
    uint64_t tail = header_->tail.load(std::memory_order_relaxed);
    const bool whole = size <= kPiece;
    AwaitRoom(tail, kSizeBytes + (whole ? Padded(size) : 0));
    std::memcpy(At(tail), &size, kSizeBytes);
    tail += kSizeBytes;
    if (whole) {
      CopyIn(tail, message, size);
      Publish(tail + Padded(size));
      return;
    }
    // In pieces, so that both sides copy at once.
    while (size > 0) {
      const size_t piece = std::min(size, kPiece);
      AwaitRoom(tail, Padded(piece));
      CopyIn(tail, message, piece);
      tail += Padded(piece);
      Publish(tail);
      message += piece;
      size -= piece;
    }
  }

  size_t Get(char* buffer, size_t capacity) {
    uint64_t head = header_->head.load(std::memory_order_relaxed);
    AwaitBytes(head, kSizeBytes);
    uint64_t size;
    std::memcpy(&size, At(head), kSizeBytes);
    if (size > capacity) TooLong();
    head += kSizeBytes;
    if (size <= kPiece) {
      AwaitBytes(head, Padded(size));
      CopyOut(head, buffer, size);
      Consume(head + Padded(size));
      return size;
    }
    for (size_t left = size; left > 0;) {
      const size_t piece = std::min(left, kPiece);
      AwaitBytes(head, Padded(piece));
      CopyOut(head, buffer, piece);
      head += Padded(piece);
      Consume(head);
      buffer += piece;
      left -= piece;
    }
    return size;
  }

 private:
  static constexpr size_t kSizeBytes = 8;
  static constexpr size_t kPiece = 32 << 10;

  // Each side's words on lines of their own; what the side last saw of the
  // other is beside what it writes anyway.
  struct Header {
    alignas(128) std::atomic<uint64_t> tail = 0;
    uint64_t seen_head = 0;
    alignas(128) std::atomic<uint64_t> head = 0;
    uint64_t seen_tail = 0;
    alignas(128) Word reader_sleeps = 0;
    alignas(128) Word writer_sleeps = 0;
    alignas(128) char bytes[1];
  };

  static size_t Padded(size_t size) { return (size + 7) & ~size_t{7}; }

  static void Register();
  static void HeavyFence();
  static void LightFence() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  [[noreturn]] static void TooLong();

  char* At(uint64_t position) { return header_->bytes + (position & mask_); }

  void CopyIn(uint64_t to, const char* from, size_t size) {
    const size_t first = std::min(size, capacity_ - (to & mask_));
    std::memcpy(At(to), from, first);
    if (size > first) std::memcpy(header_->bytes, from + first, size - first);
  }
  void CopyOut(uint64_t from, char* to, size_t size) {
    const size_t first = std::min(size, capacity_ - (from & mask_));
    std::memcpy(to, At(from), first);
    if (size > first) std::memcpy(to + first, header_->bytes, size - first);
  }

  void AwaitRoom(uint64_t tail, size_t size) {
    if (capacity_ - (tail - header_->seen_head) >= size) return;
    Await(header_->writer_sleeps, [&] {
      header_->seen_head = header_->head.load(std::memory_order_acquire);
      return capacity_ - (tail - header_->seen_head) >= size;
    });
  }
  void AwaitBytes(uint64_t head, size_t size) {
    if (header_->seen_tail - head >= size) return;
    Await(header_->reader_sleeps, [&] {
      header_->seen_tail = header_->tail.load(std::memory_order_acquire);
      return header_->seen_tail - head >= size;
    });
  }
  template <typename Ready>
  void Await(Word& asleep, Ready ready) {
    while (!ready()) {
      Poll poll(patience_);
      while (poll.Again()) {
        if (ready()) return;
      }
      asleep.store(1, std::memory_order_relaxed);
      HeavyFence();
      if (!ready()) FutexWait(asleep, 1);
      asleep.store(0, std::memory_order_relaxed);
    }
  }

  void Publish(uint64_t tail) {
    header_->tail.store(tail, std::memory_order_release);
    LightFence();
    Wake(header_->reader_sleeps);
  }
  void Consume(uint64_t head) {
    header_->head.store(head, std::memory_order_release);
    LightFence();
    // When a quarter is free: a writer that were woken for each message would
    // cost a switch of processes for each.
    if (header_->writer_sleeps.load(std::memory_order_relaxed) != 0 &&
        header_->tail.load(std::memory_order_relaxed) - head <=
            capacity_ - capacity_ / 4) {
      Wake(header_->writer_sleeps);
    }
  }
  static void Wake(Word& asleep) {
    if (asleep.load(std::memory_order_relaxed) == 0) return;
    asleep.store(0, std::memory_order_relaxed);
    FutexWake(asleep, 1);
  }

  size_t capacity_;  // a power of two
  uint64_t mask_;
  Patience patience_;
  Shared<Header> header_;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_RING_H_
