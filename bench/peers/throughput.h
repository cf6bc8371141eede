// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_THROUGHPUT_H_
#define PROCSPEC_BENCH_PEERS_THROUGHPUT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/peers/children.h"
#include "bench/peers/shared_memory.h"
#include "bench/peers/transport.h"
#include "bench/sample.h"

namespace procspec::bench {

struct Flow {
  Shape shape;
  int writers = 1;
  int readers = 1;
};

namespace internal {

inline constexpr int kMostWriters = 8;
inline constexpr int kMostReaders = 8;

// The first word of a message: who put it, and how many that one had put
// before.
inline constexpr int kWriterShift = 48;
inline constexpr uint64_t kLast = ~uint64_t{0};

// The other bytes, so that a torn message shows.
inline char FillOf(uint64_t writer) { return static_cast<char>(0x40 + writer); }

// What a participant has found, written once.
struct alignas(128) Tally {
  uint64_t messages = 0;
  uint64_t sum = 0;  // of first words
  int64_t ended_ns = 0;
};

struct FlowBoard {
  StartLine line;
  std::atomic<int> writing = 0;
  Tally writers[kMostWriters];
  Tally readers[kMostReaders];
};

template <Transport T>
void Write(const Flow& flow, uint64_t writer, T& transport, FlowBoard& board) {
  const size_t bytes = flow.shape.bytes;
  std::vector<char> message(bytes, FillOf(writer));
  // Few enough that the deadline is not far exceeded.
  const int batch = bytes > 8192 ? 1 : 64;
  Tally tally;
  uint64_t word = writer << kWriterShift;
  transport.BecomeWriter();
  board.line.Wait();
  const int64_t deadline_ns = NowNs() + absl::ToInt64Nanoseconds(SampleTime());
  do {
    for (int i = 0; i < batch; ++i) {
      std::memcpy(message.data(), &word, sizeof word);
      transport.Put(message.data(), bytes);
      tally.sum += word++;
    }
    tally.messages += batch;
  } while (NowNs() < deadline_ns);
  board.writers[writer] = tally;
  // Whoever is last knows that nothing follows.
  if (board.writing.fetch_sub(1) == 1) {
    std::memcpy(message.data(), &kLast, sizeof kLast);
    for (int i = 0; i < flow.readers; ++i) {
      transport.Put(message.data(), bytes);
    }
  }
  transport.Finish();
}

template <Transport T>
void Read(const Flow& flow, int reader, T& transport, FlowBoard& board) {
  const size_t bytes = flow.shape.bytes;
  std::vector<char> message(bytes, 0);
  Tally tally;
  uint64_t next[kMostWriters];  // the least word that may follow
  for (uint64_t i = 0; i < kMostWriters; ++i) next[i] = i << kWriterShift;
  transport.BecomeReader();
  board.line.Wait();
  for (;;) {
    uint64_t word;
    if (transport.Get(message.data(), bytes) != bytes) Die("a part of it");
    std::memcpy(&word, message.data(), sizeof word);
    if (word == kLast) break;
    const uint64_t writer = word >> kWriterShift;
    if (writer >= kMostWriters || word < next[writer]) Die("out of order");
    if (bytes > sizeof word && message.back() != FillOf(writer)) Die("torn");
    next[writer] = word + 1;
    tally.sum += word;
    ++tally.messages;
  }
  tally.ended_ns = NowNs();
  board.readers[reader] = tally;
  transport.Finish();
}

}  // namespace internal

// Writers put as fast as they can; all that they have put is got, in the order
// of each writer.
template <Transport T>
absl::StatusOr<Figures> SampleThroughput(const Flow& flow) {
  const CpuTime cpu;
  absl::StatusOr<std::unique_ptr<T>> transport = T::Create(flow.shape);
  if (!transport.ok()) return transport.status();
  Shared<internal::FlowBoard> board;
  board->writing = flow.writers;
  Children children;
  for (int i = 0; i < flow.readers; ++i) {
    children.Start([&] { internal::Read(flow, i, **transport, *board); });
  }
  for (int i = 0; i < flow.writers; ++i) {
    children.Start([&] { internal::Write(flow, i, **transport, *board); });
  }
  int64_t started_ns = 0;
  absl::Status status =
      board->line.Open(flow.writers + flow.readers, started_ns);
  if (!status.ok()) return status;
  status = children.Wait();
  if (!status.ok()) return status;

  uint64_t messages = 0;  // put, then taken off as got
  uint64_t sum = 0;
  uint64_t got = 0;
  int64_t ended_ns = 0;
  std::vector<uint64_t> put_by;
  std::vector<uint64_t> got_by;
  for (int i = 0; i < flow.writers; ++i) {
    messages += board->writers[i].messages;
    sum += board->writers[i].sum;
    put_by.push_back(board->writers[i].messages);
  }
  for (int i = 0; i < flow.readers; ++i) {
    got += board->readers[i].messages;
    messages -= board->readers[i].messages;
    sum -= board->readers[i].sum;
    got_by.push_back(board->readers[i].messages);
    ended_ns = std::max(ended_ns, board->readers[i].ended_ns);
  }
  if (messages != 0 || sum != 0 || got == 0) {
    return absl::DataLossError("what was got is not what was put");
  }
  const double count = static_cast<double>(got);
  Figures figures = {
      .ns = static_cast<double>(ended_ns - started_ns) / count,
      .counters = {{"bytes", static_cast<double>(flow.shape.bytes)},
                   {"cpu_ns", cpu.ElapsedNs() / count}}};
  if (flow.writers > 1 || flow.readers > 1) {
    figures.counters["fairness"] = std::min(Fairness(put_by), Fairness(got_by));
  }
  return figures;
}

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_THROUGHPUT_H_
