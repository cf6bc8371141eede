// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/stream_connection.h"

#include <cerrno>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "spec/error.h"
#include "spec/value.h"

namespace procspec {
namespace {

// The bytes on their way to an end, and whether anybody still writes or reads.
struct Lane {
  std::string bytes;
  bool written = true;
  bool read = true;
};
struct Wire {
  Lane lanes[2];
  // What the system does to calls, one after the other: an errno, or 0.
  std::deque<int> trouble;
};

// In memory, and one byte a call: nothing waits, and a read of what is not
// there is an error of the test.
class Trickle : public ByteStream {
 public:
  struct End {
    Wire* wire;
    int number;
  };
  explicit Trickle(End end)
      : wire_(*end.wire),
        in_(wire_.lanes[end.number]),
        out_(wire_.lanes[1 - end.number]) {}
  ~Trickle() override {
    in_.read = false;
    out_.written = false;
  }

  int64_t Write(std::string_view bytes) override {
    if (Troubled()) return -1;
    if (!out_.read) {
      errno = EPIPE;
      return -1;
    }
    out_.bytes += bytes.front();
    return 1;
  }
  int64_t Read(absl::Span<char> buffer) override {
    if (Troubled()) return -1;
    if (in_.bytes.empty()) {
      EXPECT_FALSE(in_.written) << "it would wait for ever";
      return 0;
    }
    buffer.front() = in_.bytes.front();
    in_.bytes.erase(0, 1);
    return 1;
  }
  // Gives up at once, as it may.
  bool Poll(absl::Duration timeout) override {
    EXPECT_GE(timeout, absl::ZeroDuration());
    return !in_.bytes.empty() || !in_.written;
  }

 private:
  bool Troubled() {
    if (wire_.trouble.empty()) return false;
    errno = wire_.trouble.front();
    wire_.trouble.pop_front();
    return errno != 0;
  }

  Wire& wire_;
  Lane& in_;
  Lane& out_;
};

class StreamConnectionTest : public testing::Test {
 protected:
  ConnectionPair Pair(bool duplex = true) {
    return StreamPair<Trickle>(Trickle::End{&wire_, 0}, Trickle::End{&wire_, 1},
                               duplex);
  }

  Wire wire_;
};

TEST_F(StreamConnectionTest, MessagesArriveWholeHoweverTheStreamCutsThem) {
  const ConnectionPair pair = Pair();
  ASSERT_TRUE(pair.first->SendBytes("one").ok());
  ASSERT_TRUE(pair.first->SendBytes("").ok());
  ASSERT_TRUE(pair.first->Send(Value(List{1, "two"})).ok());
  EXPECT_EQ(*pair.second->RecvBytes(), "one");
  EXPECT_EQ(*pair.second->RecvBytes(), "");
  EXPECT_EQ(*pair.second->Recv(), Value(List{1, "two"}));
}

TEST_F(StreamConnectionTest, InterruptedCallsAreRepeated) {
  const ConnectionPair pair = Pair();
  wire_.trouble = {EINTR, 0, 0, EINTR, EINTR};
  ASSERT_TRUE(pair.first->SendBytes("text").ok());
  wire_.trouble = {0, EINTR};
  EXPECT_EQ(*pair.second->RecvBytes(), "text");
}

TEST_F(StreamConnectionTest, OtherTroubleIsTheSystems) {
  const ConnectionPair pair = Pair();
  wire_.trouble = {ENOBUFS};
  EXPECT_TRUE(IsKind(pair.first->SendBytes("text"), ErrorKind::kOs));
  ASSERT_TRUE(pair.first->SendBytes("text").ok());
  wire_.trouble = {ENOMEM};
  EXPECT_TRUE(IsKind(pair.second->RecvBytes().status(), ErrorKind::kOs));
  EXPECT_EQ(*pair.second->RecvBytes(), "text");
}

TEST_F(StreamConnectionTest, ResetByTheOtherEndIsItsEnd) {
  const ConnectionPair pair = Pair();
  wire_.trouble = {ECONNRESET};
  EXPECT_TRUE(IsKind(pair.first->SendBytes("text"), ErrorKind::kBrokenPipe));
  wire_.trouble = {ECONNRESET};
  EXPECT_TRUE(IsEndOfFile(pair.second->Recv().status()));
}

TEST_F(StreamConnectionTest, AMessageCutShortIsTheEnd) {
  ConnectionPair pair = Pair();
  ASSERT_TRUE(pair.first->SendBytes("text").ok());
  wire_.lanes[1].bytes.pop_back();
  pair.first.reset();
  EXPECT_TRUE(IsEndOfFile(pair.second->RecvBytes().status()));
  EXPECT_TRUE(IsEndOfFile(pair.second->RecvBytes().status()));
}

TEST_F(StreamConnectionTest, WhatIsNoMessageIsTheEnd) {
  const ConnectionPair pair = Pair();
  wire_.lanes[0].bytes = "GET / HTTP/1.1";
  EXPECT_TRUE(IsEndOfFile(pair.first->Recv().status()));
  // Nothing that follows is read.
  EXPECT_TRUE(IsKind(pair.first->Recv().status(), ErrorKind::kWrongDirection));
}

TEST_F(StreamConnectionTest, ALengthThatIsALieTakesNoMemory) {
  ConnectionPair pair = Pair();
  ASSERT_TRUE(pair.first->SendBytes("text").ok());
  wire_.lanes[1].bytes[7] = 1;  // 2^48 and some
  pair.first.reset();
  EXPECT_TRUE(IsEndOfFile(pair.second->RecvBytes().status()));
}

TEST_F(StreamConnectionTest, BytesAreNoValue) {
  const ConnectionPair pair = Pair();
  ASSERT_TRUE(pair.first->SendBytes("\xc0").ok());  // MessagePack's nil
  ASSERT_TRUE(pair.first->Send(Value(1)).ok());
  EXPECT_TRUE(IsKind(pair.second->Recv().status(), ErrorKind::kSerialisation));
  EXPECT_EQ(*pair.second->Recv(), Value(1));
}

TEST_F(StreamConnectionTest, AnOffsetBeyondTheBufferConsumesNothing) {
  const ConnectionPair pair = Pair();
  ASSERT_TRUE(pair.first->SendBytes("text").ok());
  char buffer[4];
  EXPECT_TRUE(
      IsKind(pair.second->RecvBytesInto(absl::MakeSpan(buffer), 5).status(),
             ErrorKind::kValue));
  EXPECT_EQ(*pair.second->RecvBytesInto(absl::MakeSpan(buffer)), 4);
}

TEST_F(StreamConnectionTest, PollIsNotEarlyWhereTheStreamIs) {
  const ConnectionPair pair = Pair();
  const absl::Time begin = absl::Now();
  EXPECT_FALSE(*pair.second->Poll(absl::Milliseconds(20)));
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(19));
  EXPECT_FALSE(*pair.second->Poll(-absl::InfiniteDuration()));
}

TEST_F(StreamConnectionTest, CloseGivesTheStreamUpOnce) {
  const ConnectionPair pair = Pair();
  EXPECT_TRUE(wire_.lanes[0].read);
  EXPECT_TRUE(pair.first->Close().ok());
  EXPECT_TRUE(pair.first->closed());
  EXPECT_FALSE(wire_.lanes[0].read);
  EXPECT_TRUE(pair.first->Close().ok());
  EXPECT_TRUE(IsKind(pair.first->SendBytes(""), ErrorKind::kClosed));
  EXPECT_TRUE(IsEndOfFile(pair.second->Recv().status()));
}

}  // namespace
}  // namespace procspec
