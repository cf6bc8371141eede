// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "reference/os/shared_memory.h"
#include "reference/os/test_process.h"
#include "reference/os/time.h"

namespace procspec::reference {
namespace {

using os::Await;
using os::SharedMemory;
using os::TestProcess;
using Outcome = Ring::Outcome;

// What the processes of a test tell each other, beside a ring.
struct alignas(128) Notes {
  std::atomic<int64_t> flag;
  std::atomic<uint64_t> messages;
  std::atomic<uint64_t> numbers;
  std::atomic<uint64_t> bad;
  std::atomic<uint64_t> size;
  std::atomic<bool> stop;
};

Notes& NotesIn(SharedMemory& memory) {
  return *static_cast<Notes*>(memory.data());
}
void* BehindNotesIn(SharedMemory& memory) { return &NotesIn(memory) + 1; }
Ring RingIn(SharedMemory& memory) { return Ring::Open(BehindNotesIn(memory)); }

// A ring with notes.
struct SharedRing {
  explicit SharedRing(size_t capacity, int64_t max_messages = 0)
      : SharedRing(Ring::Options{.capacity = capacity,
                                 .max_messages = max_messages}) {}
  explicit SharedRing(const Ring::Options& options)
      : memory(*SharedMemory::New(sizeof(Notes) + Ring::SizeInMemory(options))),
        notes(NotesIn(memory)),
        ring(Ring::Create(BehindNotesIn(memory), options)) {}

  SharedMemory memory;
  Notes& notes;
  Ring ring;
};

void Pass(absl::Duration time) { os::SleepUntil(os::Deadline(time)); }

Outcome WriteNow(Ring& ring, std::string_view message,
                 absl::Duration timeout = absl::ZeroDuration()) {
  LazyDeadline deadline(timeout);
  return ring.WriteNow(message, 0, deadline);
}

Outcome Read(Ring& ring, std::string& out,
             absl::Duration timeout = absl::InfiniteDuration()) {
  LazyDeadline deadline(timeout);
  StringSink sink(out);
  return ring.Read(sink, deadline);
}

// Content that tells a torn, mixed or misplaced message.
std::string Pattern(uint64_t writer, uint64_t number, size_t size) {
  std::string out(std::max<size_t>(size, 24), '\0');
  const uint64_t head[3] = {writer, number, out.size()};
  std::memcpy(out.data(), head, sizeof(head));
  for (size_t i = sizeof(head); i < out.size(); ++i) {
    out[i] = static_cast<char>(writer * 31 + number * 7 + i);
  }
  return out;
}

bool CheckPattern(const std::string& message, uint64_t& writer,
                  uint64_t& number) {
  if (message.size() < 24) return false;
  std::memcpy(&writer, message.data(), 8);
  std::memcpy(&number, message.data() + 8, 8);
  return message == Pattern(writer, number, message.size());
}

TEST(RingTest, KeepsMessagesWholeAndInOrder) {
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  std::string out;
  size_t written = 0;
  size_t read = 0;
  // Sizes of every remainder, around the ring many times.
  while (read < 2000) {
    while (WriteNow(ring, std::string(written % 150, 'a' + written % 26)) ==
           Outcome::kDone) {
      ++written;
    }
    ASSERT_EQ(Read(ring, out), Outcome::kDone);
    ASSERT_EQ(out, std::string(read % 150, 'a' + read % 26));
    ++read;
  }
  EXPECT_EQ(ring.Count().put, written);
  EXPECT_EQ(ring.Count().taken, read);
}

TEST(RingTest, EmptyMessageIsAMessage) {
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  EXPECT_TRUE(ring.Empty());
  EXPECT_EQ(WriteNow(ring, ""), Outcome::kDone);
  EXPECT_FALSE(ring.Empty());
  std::string out = "x";
  EXPECT_EQ(Read(ring, out), Outcome::kDone);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(ring.Empty());
  EXPECT_EQ(Read(ring, out, absl::ZeroDuration()), Outcome::kTimedOut);
}

TEST(RingTest, TimeoutIsNeverEarly) {
  SharedRing shared(1024, 1);
  Ring& ring = shared.ring;
  std::string out;
  int64_t before = os::MonotonicNanoseconds();
  EXPECT_EQ(Read(ring, out, absl::Milliseconds(50)), Outcome::kTimedOut);
  EXPECT_GE(os::MonotonicNanoseconds() - before, 50'000'000);
  ASSERT_EQ(WriteNow(ring, "1"), Outcome::kDone);
  before = os::MonotonicNanoseconds();
  EXPECT_EQ(WriteNow(ring, "2", absl::Milliseconds(50)), Outcome::kTimedOut);
  EXPECT_GE(os::MonotonicNanoseconds() - before, 50'000'000);
  EXPECT_EQ(WriteNow(ring, "2"), Outcome::kTimedOut);
}

// The time is for a message to come, not for another reader to make way.
TEST(RingTest, ShortTimeoutFindsWhatAnotherReaderStandsBefore) {
  SharedRing shared(1 << 16);
  ASSERT_EQ(WriteNow(shared.ring, "first"), Outcome::kDone);
  ASSERT_EQ(WriteNow(shared.ring, "second"), Outcome::kDone);

  // Reads, which needs the readers' mutex, and is in no hurry.
  class SlowSink final : public Ring::Sink {
   public:
    explicit SlowSink(std::atomic<int64_t>& flag) : flag_(flag) {}
    bool Begin(const Ring::MessageInfo&) override { return true; }
    void Append(std::string_view) override {
      flag_ = 1;
      EXPECT_TRUE(Await(flag_, int64_t{2}));
      Pass(absl::Milliseconds(5));
    }

   private:
    std::atomic<int64_t>& flag_;
  };
  std::thread slow([&] {
    LazyDeadline forever(absl::InfiniteDuration());
    SlowSink sink(shared.notes.flag);
    EXPECT_EQ(shared.ring.Read(sink, forever), Outcome::kDone);
  });
  ASSERT_TRUE(Await(shared.notes.flag, int64_t{1}));
  shared.notes.flag = 2;
  std::string message;
  EXPECT_EQ(Read(shared.ring, message, absl::Milliseconds(1)), Outcome::kDone);
  EXPECT_EQ(message, "second");
  slow.join();
}

TEST(RingTest, WriteNowDoesNotWaitForBytes) {
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  EXPECT_EQ(WriteNow(ring, std::string(600, 'x'), absl::InfiniteDuration()),
            Outcome::kNoSpace);
  EXPECT_EQ(WriteNow(ring, std::string(500, 'x')), Outcome::kDone);
  EXPECT_EQ(WriteNow(ring, std::string(490, 'x')), Outcome::kDone);
  EXPECT_EQ(WriteNow(ring, std::string(1, 'x')), Outcome::kNoSpace);
}

TEST(RingTest, RefusedMessageStays) {
  struct Refusing final : Ring::Sink {
    bool Begin(const Ring::MessageInfo& info) override { return info.size < 4; }
    void Append(std::string_view) override {}
  };
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  ASSERT_EQ(WriteNow(ring, "long"), Outcome::kDone);
  Refusing refusing;
  LazyDeadline forever(absl::InfiniteDuration());
  EXPECT_EQ(ring.Read(refusing, forever), Outcome::kRefused);
  std::string out;
  EXPECT_EQ(Read(ring, out), Outcome::kDone);
  EXPECT_EQ(out, "long");
}

TEST(RingTest, TagTravelsWithItsMessage) {
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  LazyDeadline forever(absl::InfiniteDuration());
  std::string out;
  StringSink sink(out);
  ASSERT_EQ(ring.WriteNow("a", 255, forever), Outcome::kDone);
  ASSERT_EQ(ring.Write("b", 3), Outcome::kDone);
  std::thread writer([&] { ring.Write(std::string(5000, 'c'), 7); });
  ASSERT_EQ(ring.Read(sink, forever), Outcome::kDone);
  EXPECT_EQ(sink.tag(), 255);
  ASSERT_EQ(ring.Read(sink, forever), Outcome::kDone);
  EXPECT_EQ(sink.tag(), 3);
  ASSERT_EQ(ring.Read(sink, forever), Outcome::kDone);
  EXPECT_EQ(sink.tag(), 7);
  writer.join();
}

TEST(RingTest, IndexCountsWhatWasTaken) {
  struct Noting final : Ring::Sink {
    bool Begin(const Ring::MessageInfo& info) override {
      index = info.index;
      return true;
    }
    void Append(std::string_view) override {}
    uint64_t index = 0;
  };
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  for (uint64_t i = 0; i < 3; ++i) {
    ASSERT_EQ(WriteNow(ring, "m"), Outcome::kDone);
    Noting noting;
    LazyDeadline forever(absl::InfiniteDuration());
    ASSERT_EQ(ring.Read(noting, forever), Outcome::kDone);
    EXPECT_EQ(noting.index, i);
  }
}

constexpr size_t kSizes[] = {505, 600, 1024, 5000, 24, 100'000};

PROCSPEC_TEST_BODY(WriteEachSize) {
  uint64_t number = 0;
  for (const size_t size : kSizes) {
    RingIn(memory).Write(Pattern(1, number++, size), 0);
  }
}

TEST(RingTest, StreamsWhatIsLargerThanItself) {
  SharedRing shared(1024);
  Ring& ring = shared.ring;
  TestProcess child(WriteEachSize, shared.memory);
  std::string out;
  uint64_t number = 0;
  for (const size_t size : kSizes) {
    ASSERT_EQ(Read(ring, out), Outcome::kDone);
    EXPECT_EQ(out, Pattern(1, number++, size));
  }
  EXPECT_TRUE(child.Join());
  EXPECT_EQ(ring.Count().put, number);
  EXPECT_EQ(ring.Count().taken, number);
  EXPECT_TRUE(ring.Empty());
}

TEST(RingTest, BoundBlocksUntilATakeMakesRoom) {
  SharedRing shared(4096, 2);
  Ring& ring = shared.ring;
  ASSERT_EQ(WriteNow(ring, "1"), Outcome::kDone);
  ASSERT_EQ(WriteNow(ring, "2"), Outcome::kDone);
  ASSERT_EQ(WriteNow(ring, "3"), Outcome::kTimedOut);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    EXPECT_EQ(WriteNow(ring, "3", absl::InfiniteDuration()), Outcome::kDone);
    done = true;
  });
  Pass(absl::Milliseconds(50));
  EXPECT_FALSE(done);
  std::string out;
  EXPECT_EQ(Read(ring, out), Outcome::kDone);
  writer.join();
  EXPECT_EQ(ring.Count().put, 3u);
}

PROCSPEC_TEST_BODY(ReserveAndStay) {
  Ring ring = RingIn(memory);
  const Ring::Slot slot = ring.ClaimSlot();
  LazyDeadline now(absl::ZeroDuration());
  while (ring.Reserve(slot, now) == Outcome::kDone) ++NotesIn(memory).flag;
  NotesIn(memory).flag += 100;
  os::Park();
}

TEST(RingTest, ReservationsCountAndDieWithTheirOwner) {
  SharedRing shared(4096, 2);
  Ring& ring = shared.ring;
  TestProcess child(ReserveAndStay, shared.memory);
  ASSERT_TRUE(Await(shared.notes.flag, int64_t{100}));
  EXPECT_EQ(shared.notes.flag, 102);
  EXPECT_EQ(ring.Count().put, 2u);
  EXPECT_EQ(WriteNow(ring, "x"), Outcome::kTimedOut);
  child.Kill();
  // A sleeping writer finds out by itself.
  EXPECT_EQ(WriteNow(ring, "x", absl::Seconds(10)), Outcome::kDone);
  EXPECT_EQ(ring.Count().put, 1u);
}

TEST(RingTest, ReservedMessageIsCountedOnce) {
  SharedRing shared(4096, 2);
  Ring& ring = shared.ring;
  const Ring::Slot slot = ring.ClaimSlot();
  LazyDeadline now(absl::ZeroDuration());
  ASSERT_EQ(ring.Reserve(slot, now), Outcome::kDone);
  EXPECT_EQ(ring.Count().put, 1u);
  EXPECT_TRUE(ring.Empty());
  EXPECT_EQ(ring.Write("x", 0, slot), Outcome::kDone);
  EXPECT_EQ(ring.Count().put, 1u);
  std::string out;
  EXPECT_EQ(Read(ring, out), Outcome::kDone);
  ring.ReleaseSlot(slot);
}

PROCSPEC_TEST_BODY(ReadOneAndHoldIt) {
  Ring ring = RingIn(memory);
  ++NotesIn(memory).flag;
  std::string out;
  Read(ring, out);
  // The others must be woken without it.
  Pass(absl::Milliseconds(300));
}

TEST(RingTest, SleepingReadersAllGetTheirShare) {
  SharedRing shared(1 << 16);
  constexpr int64_t kReaders = 4;
  std::vector<std::unique_ptr<TestProcess>> children;
  for (int i = 0; i < kReaders; ++i) {
    children.push_back(
        std::make_unique<TestProcess>(ReadOneAndHoldIt, shared.memory));
  }
  ASSERT_TRUE(Await(shared.notes.flag, kReaders));
  Pass(absl::Milliseconds(100));
  const os::Deadline guard(absl::Seconds(10));
  for (int i = 0; i < kReaders; ++i) WriteNow(shared.ring, "x");
  for (auto& child : children) EXPECT_TRUE(child->Join());
  EXPECT_FALSE(guard.HasPassed());
}

PROCSPEC_TEST_BODY(ReadForEver) {
  Ring ring = RingIn(memory);
  ++NotesIn(memory).flag;
  std::string out;
  while (true) Read(ring, out);
}

// A reader that is stopped or killed while it waits for a message holds up
// nobody.
TEST(RingTest, StoppedSleeperHoldsUpNobody) {
  SharedRing shared(1 << 16);
  Ring& ring = shared.ring;
  TestProcess child(ReadForEver, shared.memory);
  ASSERT_TRUE(Await(shared.notes.flag, int64_t{1}));
  Pass(absl::Milliseconds(50));
  child.Stop();
  std::string out;
  EXPECT_EQ(Read(ring, out, absl::Milliseconds(30)), Outcome::kTimedOut);
  WriteNow(ring, "x");
  EXPECT_EQ(Read(ring, out, absl::Seconds(10)), Outcome::kDone);
}

constexpr int kWriters = 3;
constexpr int kReaders = 3;
constexpr uint64_t kEach = 20'000;

PROCSPEC_TEST_BODY(WriteMany) {
  Ring ring = RingIn(memory);
  for (uint64_t i = 0; i < kEach; ++i) {
    const std::string message =
        Pattern(static_cast<uint64_t>(argument), i, (i * 7) % 200);
    LazyDeadline forever(absl::InfiniteDuration());
    if (!ring.bounded() ||
        ring.WriteNow(message, 0, forever) == Outcome::kNoSpace) {
      ring.Write(message, 0);
    }
  }
}

PROCSPEC_TEST_BODY(ReadMany) {
  Ring ring = RingIn(memory);
  Notes& totals = NotesIn(memory);
  std::string out;
  std::vector<int64_t> last(kWriters, -1);
  while (true) {
    Read(ring, out);
    if (out.empty()) break;
    uint64_t writer = 0;
    uint64_t number = 0;
    if (!CheckPattern(out, writer, number) ||
        static_cast<int64_t>(number) <= last[writer]) {
      ++totals.bad;
      continue;
    }
    last[writer] = static_cast<int64_t>(number);
    ++totals.messages;
    totals.numbers += number;
  }
}

TEST(RingTest, ManyWritersManyReaders) {
  for (const int64_t bound : {0, 5, 1000}) {
    SharedRing shared(1 << 15, bound);
    Ring& ring = shared.ring;
    std::vector<std::unique_ptr<TestProcess>> writers;
    std::vector<std::unique_ptr<TestProcess>> readers;
    for (int w = 0; w < kWriters; ++w) {
      writers.push_back(
          std::make_unique<TestProcess>(WriteMany, shared.memory, w));
    }
    for (int r = 0; r < kReaders; ++r) {
      readers.push_back(std::make_unique<TestProcess>(ReadMany, shared.memory));
    }
    for (auto& writer : writers) EXPECT_TRUE(writer->Join());
    for (int r = 0; r < kReaders; ++r) ring.Write("", 0);
    for (auto& reader : readers) EXPECT_TRUE(reader->Join());
    EXPECT_EQ(shared.notes.bad, 0u);
    EXPECT_EQ(shared.notes.messages, kWriters * kEach);
    EXPECT_EQ(shared.notes.numbers, kWriters * (kEach * (kEach - 1) / 2));
    EXPECT_TRUE(ring.Empty());
    EXPECT_EQ(ring.Count().put, ring.Count().taken);
  }
}

// Writes so many large messages.
PROCSPEC_TEST_BODY(WriteLarge) {
  ++NotesIn(memory).flag;
  for (int64_t i = 1; i <= argument; ++i) {
    RingIn(memory).Write(Pattern(1, static_cast<uint64_t>(i), 100'000), 0);
  }
}

TEST(RingTest, StreamerKilledMidwayLeavesNoTornMessage) {
  SharedRing shared(4096);
  Ring& ring = shared.ring;
  TestProcess child(WriteLarge, shared.memory, 1);
  // It has filled the ring and sleeps between two pieces.
  ASSERT_TRUE(Await(shared.notes.flag, int64_t{1}));
  Pass(absl::Milliseconds(50));
  EXPECT_EQ(WriteNow(ring, "x"), Outcome::kNoSpace);
  std::string out;
  std::thread reader([&] { EXPECT_EQ(Read(ring, out), Outcome::kDone); });
  child.Kill();
  EXPECT_EQ(ring.Write("after", 0), Outcome::kDone);
  reader.join();
  EXPECT_TRUE(out == "after" || out == Pattern(1, 1, 100'000));
}

TEST(RingTest, ReaderAloneFindsOutThatTheStreamerDied) {
  SharedRing shared(4096);
  Ring& ring = shared.ring;
  TestProcess child(WriteLarge, shared.memory, 1);
  ASSERT_TRUE(Await(shared.notes.flag, int64_t{1}));
  Pass(absl::Milliseconds(20));
  child.Kill();
  std::string out;
  EXPECT_EQ(Read(ring, out, absl::Milliseconds(300)), Outcome::kTimedOut);
  EXPECT_TRUE(ring.Empty());
  EXPECT_EQ(ring.Count().put, 0u);
}

PROCSPEC_TEST_BODY(GetStuckAfterTwoPieces) {
  struct Stuck final : Ring::Sink {
    explicit Stuck(std::atomic<uint64_t>& p) : pieces(p) {}
    bool Begin(const Ring::MessageInfo&) override { return true; }
    void Append(std::string_view) override {
      if (++pieces == 3) os::Park();
    }
    std::atomic<uint64_t>& pieces;
  };
  Ring ring = RingIn(memory);
  Stuck stuck(NotesIn(memory).numbers);
  LazyDeadline forever(absl::InfiniteDuration());
  ring.Read(stuck, forever);
}

TEST(RingTest, ReaderKilledMidwayCostsOneMessage) {
  SharedRing shared(4096);
  Ring& ring = shared.ring;
  TestProcess child(GetStuckAfterTwoPieces, shared.memory);
  TestProcess writer(WriteLarge, shared.memory, 2);
  ASSERT_TRUE(Await(shared.notes.numbers, uint64_t{3}));
  child.Kill();
  std::string out;
  EXPECT_EQ(Read(ring, out, absl::Seconds(10)), Outcome::kDone);
  EXPECT_EQ(out, Pattern(1, 2, 100'000));
  EXPECT_TRUE(writer.Join());
  EXPECT_EQ(ring.Count().put, 2u);
  EXPECT_EQ(ring.Count().taken, 2u);
}

PROCSPEC_TEST_BODY(KeepWriting) {
  Ring ring = RingIn(memory);
  Notes& totals = NotesIn(memory);
  for (uint64_t i = 0; !totals.stop; ++i) {
    const std::string message =
        Pattern(static_cast<uint64_t>(argument), i, totals.size);
    LazyDeadline some(absl::Milliseconds(100));
    if (!ring.bounded()) {
      ring.Write(message, 0);
    } else if (ring.WriteNow(message, 0, some) == Outcome::kNoSpace) {
      ring.Write(message, 0);
    }
  }
}

PROCSPEC_TEST_BODY(KeepReading) {
  Ring ring = RingIn(memory);
  Notes& totals = NotesIn(memory);
  std::string out;
  std::vector<int64_t> last(64, -1);
  while (!totals.stop) {
    if (Read(ring, out, absl::Milliseconds(100)) != Outcome::kDone) continue;
    uint64_t writer = 0;
    uint64_t number = 0;
    if (!CheckPattern(out, writer, number) || writer >= last.size() ||
        static_cast<int64_t>(number) <= last[writer]) {
      ++totals.bad;
    } else {
      last[writer] = static_cast<int64_t>(number);
      ++totals.messages;
    }
  }
}

// Processes killed at a random instant inside an operation: nobody else hangs,
// no message is torn, doubled or out of order, and the counts still agree.
TEST(RingKillTest, SurvivesAnyInstant) {
  std::mt19937_64 random(20261121);
  const os::Deadline end(absl::Seconds(12));
  int kills = 0;
  for (int round = 0; kills < 200 && !end.HasPassed(); ++round) {
    // Small messages, messages of a good part of the ring, streamed ones.
    const size_t sizes[] = {64, 1500, 6000};
    SharedRing shared(4096, round % 2 == 0 ? 0 : 7);
    Ring& ring = shared.ring;
    Notes& totals = shared.notes;
    totals.size = sizes[round % 3];
    int64_t writers = 0;
    const auto new_writer = [&] {
      return std::make_unique<TestProcess>(KeepWriting, shared.memory,
                                           writers++);
    };
    const auto new_reader = [&] {
      return std::make_unique<TestProcess>(KeepReading, shared.memory);
    };
    std::unique_ptr<TestProcess> victims[] = {new_writer(), new_reader()};
    std::unique_ptr<TestProcess> survivors[] = {new_writer(), new_reader()};
    for (int i = 0; i < 10; ++i) {
      // Awake: sleeps are in whole milliseconds on some systems.
      const os::Deadline instant(absl::Microseconds(random() % 3000));
      while (!instant.HasPassed()) std::this_thread::yield();
      const size_t which = random() % 2;
      victims[which]->Kill();
      ++kills;
      victims[which] = which == 0 ? new_writer() : new_reader();
      // The survivors go on.
      const uint64_t before = totals.messages;
      ASSERT_TRUE(Await(totals.messages, before + 5))
          << "hung after kill " << kills;
    }
    totals.stop = true;
    for (auto& process : victims) process.reset();
    for (auto& process : survivors) process.reset();
    EXPECT_EQ(totals.bad, 0u);
    std::string out;
    while (Read(ring, out, absl::Milliseconds(50)) == Outcome::kDone) {
      uint64_t number = 0;
      uint64_t from = 0;
      EXPECT_TRUE(CheckPattern(out, from, number));
    }
    EXPECT_EQ(ring.Count().put, ring.Count().taken);
    EXPECT_TRUE(ring.Empty());
  }
  EXPECT_GE(kills, 50);
}

}  // namespace
}  // namespace procspec::reference
