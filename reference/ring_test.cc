// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/ring.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace procspec::reference {
namespace {

using Outcome = Ring::Outcome;

Ring NewRing(size_t capacity, int64_t max_messages = 0) {
  const Ring::Options options{.capacity = capacity,
                              .max_messages = max_messages};
  void* memory =
      mmap(nullptr, Ring::SizeInMemory(options), PROT_READ | PROT_WRITE,
           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return Ring::Create(memory, options);
}

template <typename T>
T* NewShared() {
  return new (mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T();
}

template <typename Body>
pid_t Fork(Body body) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    body();
    _exit(0);
  }
  return pid;
}

int Reap(pid_t pid) {
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

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
  Ring ring = NewRing(1024);
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
  Ring ring = NewRing(1024);
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
  Ring ring = NewRing(1024, 1);
  std::string out;
  absl::Time before = absl::Now();
  EXPECT_EQ(Read(ring, out, absl::Milliseconds(50)), Outcome::kTimedOut);
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(50));
  ASSERT_EQ(WriteNow(ring, "1"), Outcome::kDone);
  before = absl::Now();
  EXPECT_EQ(WriteNow(ring, "2", absl::Milliseconds(50)), Outcome::kTimedOut);
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(50));
  EXPECT_EQ(WriteNow(ring, "2"), Outcome::kTimedOut);
}

TEST(RingTest, WriteNowDoesNotWaitForBytes) {
  Ring ring = NewRing(1024);
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
  Ring ring = NewRing(1024);
  ASSERT_EQ(WriteNow(ring, "long"), Outcome::kDone);
  Refusing refusing;
  LazyDeadline forever(absl::InfiniteDuration());
  EXPECT_EQ(ring.Read(refusing, forever), Outcome::kRefused);
  std::string out;
  EXPECT_EQ(Read(ring, out), Outcome::kDone);
  EXPECT_EQ(out, "long");
}

TEST(RingTest, TagTravelsWithItsMessage) {
  Ring ring = NewRing(1024);
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
  Ring ring = NewRing(1024);
  for (uint64_t i = 0; i < 3; ++i) {
    ASSERT_EQ(WriteNow(ring, "m"), Outcome::kDone);
    Noting noting;
    LazyDeadline forever(absl::InfiniteDuration());
    ASSERT_EQ(ring.Read(noting, forever), Outcome::kDone);
    EXPECT_EQ(noting.index, i);
  }
}

TEST(RingTest, StreamsWhatIsLargerThanItself) {
  Ring ring = NewRing(1024);
  std::vector<size_t> sizes = {505, 600, 1024, 5000, 24, 100'000};
  const pid_t child = Fork([&] {
    for (size_t i = 0; i < sizes.size(); ++i) {
      ring.Write(Pattern(1, i, sizes[i]), 0);
    }
  });
  std::string out;
  for (size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_EQ(Read(ring, out), Outcome::kDone);
    EXPECT_EQ(out, Pattern(1, i, sizes[i]));
  }
  EXPECT_EQ(Reap(child), 0);
  EXPECT_EQ(ring.Count().put, sizes.size());
  EXPECT_EQ(ring.Count().taken, sizes.size());
  EXPECT_TRUE(ring.Empty());
}

TEST(RingTest, BoundBlocksUntilATakeMakesRoom) {
  Ring ring = NewRing(4096, 2);
  ASSERT_EQ(WriteNow(ring, "1"), Outcome::kDone);
  ASSERT_EQ(WriteNow(ring, "2"), Outcome::kDone);
  ASSERT_EQ(WriteNow(ring, "3"), Outcome::kTimedOut);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    EXPECT_EQ(WriteNow(ring, "3", absl::InfiniteDuration()), Outcome::kDone);
    done = true;
  });
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_FALSE(done);
  std::string out;
  EXPECT_EQ(Read(ring, out), Outcome::kDone);
  writer.join();
  EXPECT_EQ(ring.Count().put, 3u);
}

TEST(RingTest, ReservationsCountAndDieWithTheirOwner) {
  Ring ring = NewRing(4096, 2);
  auto* reserved = NewShared<std::atomic<int>>();
  const pid_t child = Fork([&] {
    const Ring::Slot slot = ring.ClaimSlot();
    LazyDeadline now(absl::ZeroDuration());
    while (ring.Reserve(slot, now) == Outcome::kDone) ++*reserved;
    reserved->fetch_add(100);
    pause();
  });
  while (*reserved < 100) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(*reserved, 102);
  EXPECT_EQ(ring.Count().put, 2u);
  EXPECT_EQ(WriteNow(ring, "x"), Outcome::kTimedOut);
  kill(child, SIGKILL);
  // A sleeping writer finds out by itself.
  EXPECT_EQ(WriteNow(ring, "x", absl::Seconds(10)), Outcome::kDone);
  EXPECT_EQ(ring.Count().put, 1u);
  Reap(child);
}

TEST(RingTest, ReservedMessageIsCountedOnce) {
  Ring ring = NewRing(4096, 2);
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

TEST(RingTest, SleepingReadersAllGetTheirShare) {
  Ring ring = NewRing(1 << 16);
  constexpr int kReaders = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kReaders; ++i) {
    children.push_back(Fork([&] {
      std::string out;
      Read(ring, out);
      // Holds its message: the others must be woken without it.
      absl::SleepFor(absl::Milliseconds(300));
    }));
  }
  absl::SleepFor(absl::Milliseconds(100));
  const absl::Time before = absl::Now();
  for (int i = 0; i < kReaders; ++i) WriteNow(ring, "x");
  for (const pid_t child : children) EXPECT_EQ(Reap(child), 0);
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

// A reader that is stopped or killed while it waits for a message holds up
// nobody.
TEST(RingTest, StoppedSleeperHoldsUpNobody) {
  Ring ring = NewRing(1 << 16);
  const pid_t child = Fork([&] {
    std::string out;
    while (true) Read(ring, out);
  });
  absl::SleepFor(absl::Milliseconds(50));
  kill(child, SIGSTOP);
  std::string out;
  EXPECT_EQ(Read(ring, out, absl::Milliseconds(30)), Outcome::kTimedOut);
  WriteNow(ring, "x");
  EXPECT_EQ(Read(ring, out, absl::Seconds(10)), Outcome::kDone);
  kill(child, SIGKILL);
  Reap(child);
}

TEST(RingTest, ManyWritersManyReaders) {
  constexpr int kWriters = 3;
  constexpr int kReaders = 3;
  constexpr uint64_t kEach = 20'000;
  for (const int64_t bound : {0, 5, 1000}) {
    Ring ring = NewRing(1 << 15, bound);
    struct Totals {
      std::atomic<uint64_t> messages;
      std::atomic<uint64_t> numbers;
      std::atomic<uint64_t> bad;
    };
    auto* totals = NewShared<Totals>();
    std::vector<pid_t> children;
    for (int w = 0; w < kWriters; ++w) {
      children.push_back(Fork([&] {
        for (uint64_t i = 0; i < kEach; ++i) {
          const std::string message = Pattern(w, i, (i * 7) % 200);
          LazyDeadline forever(absl::InfiniteDuration());
          if (bound == 0 ||
              ring.WriteNow(message, 0, forever) == Outcome::kNoSpace) {
            ring.Write(message, 0);
          }
        }
      }));
    }
    for (int r = 0; r < kReaders; ++r) {
      children.push_back(Fork([&] {
        std::string out;
        std::vector<int64_t> last(kWriters, -1);
        while (true) {
          Read(ring, out);
          if (out.empty()) break;
          uint64_t writer = 0;
          uint64_t number = 0;
          if (!CheckPattern(out, writer, number) ||
              static_cast<int64_t>(number) <= last[writer]) {
            ++totals->bad;
            continue;
          }
          last[writer] = number;
          ++totals->messages;
          totals->numbers += number;
        }
      }));
    }
    for (int w = 0; w < kWriters; ++w) EXPECT_EQ(Reap(children[w]), 0);
    for (int r = 0; r < kReaders; ++r) ring.Write("", 0);
    for (int r = 0; r < kReaders; ++r) {
      EXPECT_EQ(Reap(children[kWriters + r]), 0);
    }
    EXPECT_EQ(totals->bad, 0u);
    EXPECT_EQ(totals->messages, kWriters * kEach);
    EXPECT_EQ(totals->numbers, kWriters * (kEach * (kEach - 1) / 2));
    EXPECT_TRUE(ring.Empty());
    EXPECT_EQ(ring.Count().put, ring.Count().taken);
  }
}

TEST(RingTest, StreamerKilledMidwayLeavesNoTornMessage) {
  Ring ring = NewRing(4096);
  const std::string large = Pattern(1, 1, 100'000);
  const pid_t child = Fork([&] { ring.Write(large, 0); });
  // It has filled the ring and sleeps between two pieces.
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(WriteNow(ring, "x"), Outcome::kNoSpace);
  std::string out;
  std::thread reader([&] { EXPECT_EQ(Read(ring, out), Outcome::kDone); });
  kill(child, SIGKILL);
  Reap(child);
  EXPECT_EQ(ring.Write("after", 0), Outcome::kDone);
  reader.join();
  EXPECT_TRUE(out == "after" || out == large);
}

TEST(RingTest, ReaderAloneFindsOutThatTheStreamerDied) {
  Ring ring = NewRing(4096);
  const pid_t child = Fork([&] { ring.Write(Pattern(1, 1, 100'000), 0); });
  std::atomic<bool> done = false;
  absl::SleepFor(absl::Milliseconds(20));
  kill(child, SIGKILL);
  Reap(child);
  std::string out;
  EXPECT_EQ(Read(ring, out, absl::Milliseconds(300)), Outcome::kTimedOut);
  EXPECT_TRUE(ring.Empty());
  EXPECT_EQ(ring.Count().put, 0u);
}

TEST(RingTest, ReaderKilledMidwayCostsOneMessage) {
  Ring ring = NewRing(4096);
  auto* begun = NewShared<std::atomic<int>>();
  struct Stuck final : Ring::Sink {
    explicit Stuck(std::atomic<int>* b) : begun(b) {}
    bool Begin(const Ring::MessageInfo&) override { return true; }
    void Append(std::string_view) override {
      if (++*begun == 3) pause();
    }
    std::atomic<int>* begun;
  };
  const pid_t child = Fork([&] {
    Stuck stuck(begun);
    LazyDeadline forever(absl::InfiniteDuration());
    ring.Read(stuck, forever);
  });
  const pid_t writer = Fork([&] {
    ring.Write(Pattern(1, 1, 100'000), 0);
    ring.Write(Pattern(1, 2, 100'000), 0);
  });
  while (*begun < 3) absl::SleepFor(absl::Milliseconds(1));
  kill(child, SIGKILL);
  Reap(child);
  std::string out;
  EXPECT_EQ(Read(ring, out, absl::Seconds(10)), Outcome::kDone);
  EXPECT_EQ(out, Pattern(1, 2, 100'000));
  EXPECT_EQ(Reap(writer), 0);
  EXPECT_EQ(ring.Count().put, 2u);
  EXPECT_EQ(ring.Count().taken, 2u);
}

// Processes killed at a random instant inside an operation: nobody else hangs,
// no message is torn, doubled or out of order, and the counts still agree.
TEST(RingKillTest, SurvivesAnyInstant) {
  std::mt19937_64 random(20261121);
  const absl::Time end = absl::Now() + absl::Seconds(12);
  int kills = 0;
  for (int round = 0; kills < 200 && absl::Now() < end; ++round) {
    // Small messages, messages of a good part of the ring, streamed ones.
    const size_t sizes[] = {64, 1500, 6000};
    const size_t size = sizes[round % 3];
    Ring ring = NewRing(4096, round % 2 == 0 ? 0 : 7);
    struct Totals {
      std::atomic<uint64_t> messages;
      std::atomic<uint64_t> bad;
      std::atomic<bool> stop;
    };
    auto* totals = NewShared<Totals>();
    auto write = [&](uint64_t writer) {
      for (uint64_t i = 0; !totals->stop; ++i) {
        const std::string message = Pattern(writer, i, size);
        LazyDeadline some(absl::Milliseconds(100));
        if (!ring.bounded()) {
          ring.Write(message, 0);
        } else if (ring.WriteNow(message, 0, some) == Outcome::kNoSpace) {
          ring.Write(message, 0);
        }
      }
    };
    auto read = [&] {
      std::string out;
      std::vector<int64_t> last(64, -1);
      while (!totals->stop) {
        if (Read(ring, out, absl::Milliseconds(100)) != Outcome::kDone) {
          continue;
        }
        uint64_t writer = 0;
        uint64_t number = 0;
        if (!CheckPattern(out, writer, number) || writer >= last.size() ||
            static_cast<int64_t>(number) <= last[writer]) {
          ++totals->bad;
        } else {
          last[writer] = number;
          ++totals->messages;
        }
      }
    };
    uint64_t writers = 0;
    std::vector<pid_t> victims = {Fork([&] { write(writers); }),
                                  Fork([&] { read(); })};
    ++writers;
    const pid_t writer = Fork([&] { write(writers); });
    ++writers;
    const pid_t reader = Fork(read);
    for (int i = 0; i < 10; ++i) {
      usleep(random() % 3000);
      const size_t which = random() % 2;
      kill(victims[which], SIGKILL);
      ++kills;
      Reap(victims[which]);
      victims[which] = which == 0 ? Fork([&] { write(writers); }) : Fork(read);
      if (which == 0) ++writers;
      // The survivors go on.
      const uint64_t before = totals->messages;
      const absl::Time limit = absl::Now() + absl::Seconds(10);
      while (totals->messages < before + 5 && absl::Now() < limit) {
        usleep(100);
      }
      ASSERT_GE(totals->messages, before + 5) << "hung after kill " << kills;
    }
    totals->stop = true;
    for (const pid_t pid : victims) kill(pid, SIGKILL), Reap(pid);
    kill(writer, SIGKILL), Reap(writer);
    kill(reader, SIGKILL), Reap(reader);
    EXPECT_EQ(totals->bad, 0u);
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
