// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_WORKLOADS_PAYLOAD_H_
#define PROCSPEC_BENCH_WORKLOADS_PAYLOAD_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace procspec::bench {

struct PayloadSize {
  std::string_view name;
  int64_t bytes;
};

inline constexpr PayloadSize kPayloadSizes[] = {{"8B", 8},
                                                {"64B", 64},
                                                {"1KiB", 1 << 10},
                                                {"64KiB", 64 << 10},
                                                {"1MiB", 1 << 20}};

// A message says who sent it and the how-manieth it is. At least eight bytes.
class Payload {
 public:
  Payload(int64_t sender, int64_t size) : sender_(sender), text_(size, 'p') {}

  std::string_view Next() {
    const uint64_t mark = static_cast<uint64_t>(sender_) << 48 | sequence_++;
    std::memcpy(text_.data(), &mark, sizeof(mark));
    return text_;
  }
  int64_t sent() const { return static_cast<int64_t>(sequence_); }
  // Of all the sequence numbers sent; modulo 2^64 here and below.
  uint64_t sum() const { return sequence_ * (sequence_ - 1) / 2; }

 private:
  const int64_t sender_;
  uint64_t sequence_ = 0;
  std::string text_;
};

// What one receiver may see: whole messages, those of a sender in order.
class PayloadCheck {
 public:
  PayloadCheck(int64_t senders, int64_t size)
      : size_(static_cast<size_t>(size)), next_(senders, 0) {}

  // False for ever once a message was wrong.
  bool Take(std::string_view message) {
    if (message.size() != size_) return wrong_ = true, false;
    uint64_t mark = 0;
    std::memcpy(&mark, message.data(), sizeof(mark));
    const uint64_t sender = mark >> 48;
    const uint64_t sequence = mark & ((uint64_t{1} << 48) - 1);
    if (sender >= next_.size() || sequence < next_[sender]) wrong_ = true;
    if (wrong_) return false;
    next_[sender] = sequence + 1;
    ++taken_;
    sum_ += sequence;
    return true;
  }
  bool wrong() const { return wrong_; }
  int64_t taken() const { return taken_; }
  uint64_t sum() const { return sum_; }

 private:
  const size_t size_;
  std::vector<uint64_t> next_;
  bool wrong_ = false;
  int64_t taken_ = 0;
  uint64_t sum_ = 0;
};

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_WORKLOADS_PAYLOAD_H_
