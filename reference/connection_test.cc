// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "reference/backend.h"
#include "reference/testing_board.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

using std::shared_ptr;

constexpr size_t kMegabyte = size_t{1} << 20;

// --- What children do --------------------------------------------------------

// Sends back what it receives, until the end of the file.
PROCSPEC_TARGET(Echo) {
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(0));
  while (true) {
    const absl::StatusOr<Value> value = connection->Recv();
    if (IsEndOfFile(value.status())) return Value();
    PROCSPEC_RETURN_IF_ERROR(value.status());
    PROCSPEC_RETURN_IF_ERROR(connection->Send(*value));
  }
}

// Sends argument 1 messages of argument 2 bytes, then ends; killed if argument
// 3 says so.
PROCSPEC_TARGET(SendThenEnd) {
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(1));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t size, arguments.Get<int64_t>(2));
  PROCSPEC_ASSIGN_OR_RETURN(bool killed, arguments.Get<bool>(3));
  for (int64_t i = 0; i < n; ++i) {
    PROCSPEC_RETURN_IF_ERROR(
        connection->SendBytes(std::string(size, 'a' + i % 26)));
  }
  if (killed) return backend.Crash(CrashKind::kKill);
  return Value();
}

PROCSPEC_TARGET(ReceiveForEver) {
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(std::string message, connection->RecvBytes());
    for (const char c : message) {
      if (c != message[0]) board->Add(2, 1);
    }
    board->Add(0, 1);
  }
}

PROCSPEC_TARGET(HoldOpen) {
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  board->Set(0, 1);
  board->Park();
  return Value();
}

// Closes its copy when cell 0 is 1.
PROCSPEC_TARGET(CloseOnCue) {
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  board->Set(1, 1);
  if (!board->Await(0, 1)) return ExitRequest(3);
  PROCSPEC_RETURN_IF_ERROR(connection->Close());
  board->Set(1, 2);
  board->Park();
  return Value();
}

// --- In one process ----------------------------------------------------------

TEST(ConnectionTest, BothWays) {
  ConnectionPair pipe = *NewPipe(true);
  ASSERT_TRUE(pipe.first->Send(Value("one")).ok());
  ASSERT_TRUE(pipe.second->Send(Value("two")).ok());
  EXPECT_EQ(*pipe.second->Recv(), Value("one"));
  EXPECT_EQ(*pipe.first->Recv(), Value("two"));
  EXPECT_TRUE(pipe.first->readable() && pipe.first->writable());
  EXPECT_TRUE(pipe.second->readable() && pipe.second->writable());
}

TEST(ConnectionTest, OneWay) {
  ConnectionPair pipe = *NewPipe(false);
  EXPECT_TRUE(pipe.first->readable() && !pipe.first->writable());
  EXPECT_TRUE(!pipe.second->readable() && pipe.second->writable());
  EXPECT_TRUE(IsKind(pipe.first->Send(Value()), ErrorKind::kWrongDirection));
  EXPECT_TRUE(IsKind(pipe.second->Recv().status(), ErrorKind::kWrongDirection));
  EXPECT_TRUE(IsKind(pipe.second->Poll().status(), ErrorKind::kWrongDirection));
  ASSERT_TRUE(pipe.second->Send(Value(1)).ok());
  EXPECT_EQ(*pipe.first->Recv(), Value(1));
}

TEST(ConnectionTest, DataBeforeEndOfFile) {
  ConnectionPair pipe = *NewPipe(false);
  EXPECT_FALSE(*pipe.first->Poll());
  ASSERT_TRUE(pipe.second->SendBytes("last").ok());
  ASSERT_TRUE(pipe.second->SendBytes("").ok());
  ASSERT_TRUE(pipe.second->Close().ok());
  EXPECT_TRUE(*pipe.first->Poll());
  EXPECT_EQ(*pipe.first->RecvBytes(), "last");
  EXPECT_EQ(*pipe.first->RecvBytes(), "");
  EXPECT_TRUE(*pipe.first->Poll());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(IsEndOfFile(pipe.first->RecvBytes().status()));
  }
}

TEST(ConnectionTest, SendAfterTheReaderClosedBreaks) {
  for (const bool duplex : {false, true}) {
    ConnectionPair pipe = *NewPipe(duplex);
    ASSERT_TRUE(pipe.second->SendBytes("x").ok());
    ASSERT_TRUE(pipe.first->Close().ok());
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(IsBrokenPipe(pipe.second->SendBytes("x")));
    }
  }
}

TEST(ConnectionTest, ClosingWakesASenderWithoutSpace) {
  for (const size_t size : {size_t{1000}, kMegabyte}) {
    ConnectionPair pipe = *NewPipe(false);
    std::thread sender([&] {
      absl::Status status;
      while (status.ok())
        status = pipe.second->SendBytes(std::string(size, 'x'));
      EXPECT_TRUE(IsBrokenPipe(status)) << status;
    });
    absl::SleepFor(absl::Milliseconds(50));
    ASSERT_TRUE(pipe.first->Close().ok());
    sender.join();
  }
}

TEST(ConnectionTest, ClosedEndsRefuse) {
  ConnectionPair pipe = *NewPipe(true);
  ASSERT_TRUE(pipe.first->Close().ok());
  ASSERT_TRUE(pipe.first->Close().ok());
  EXPECT_TRUE(pipe.first->closed());
  char buffer[4];
  EXPECT_TRUE(IsKind(pipe.first->Send(Value()), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(pipe.first->SendBytes(""), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(pipe.first->Recv().status(), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(pipe.first->RecvBytes().status(), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(pipe.first->RecvBytesInto(absl::MakeSpan(buffer)).status(),
                     ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(pipe.first->Poll().status(), ErrorKind::kClosed));
}

TEST(ConnectionTest, CloseEndsAWaitInAnotherThread) {
  ConnectionPair pipe = *NewPipe(true);
  std::thread receiver([&] {
    EXPECT_TRUE(IsKind(pipe.first->Recv().status(), ErrorKind::kClosed));
  });
  absl::SleepFor(absl::Milliseconds(30));
  ASSERT_TRUE(pipe.first->Close().ok());
  receiver.join();
  EXPECT_TRUE(IsEndOfFile(pipe.second->Recv().status()));
}

TEST(ConnectionTest, LimitedReceive) {
  ConnectionPair duplex = *NewPipe(true);
  ASSERT_TRUE(duplex.second->SendBytes("four").ok());
  ASSERT_TRUE(duplex.second->SendBytes("four").ok());
  EXPECT_EQ(*duplex.first->RecvBytes(4), "four");
  EXPECT_TRUE(
      IsKind(duplex.first->RecvBytes(3).status(), ErrorKind::kMessageTooLong));
  EXPECT_TRUE(
      IsKind(duplex.first->RecvBytes().status(), ErrorKind::kWrongDirection));
  EXPECT_FALSE(duplex.first->readable());
  ASSERT_TRUE(duplex.first->SendBytes("still").ok());
  EXPECT_EQ(*duplex.second->RecvBytes(), "still");

  ConnectionPair simplex = *NewPipe(false);
  std::thread sender(
      [&] { (void)simplex.second->SendBytes(std::string(kMegabyte, 'x')); });
  EXPECT_TRUE(
      IsKind(simplex.first->RecvBytes(3).status(), ErrorKind::kMessageTooLong));
  EXPECT_TRUE(IsKind(simplex.first->RecvBytes().status(), ErrorKind::kClosed));
  sender.join();
}

TEST(ConnectionTest, ReceiveInto) {
  ConnectionPair pipe = *NewPipe(false);
  std::string buffer(8, '.');
  const absl::Span<char> span = absl::MakeSpan(buffer);
  ASSERT_TRUE(pipe.second->SendBytes("abc").ok());
  EXPECT_TRUE(
      IsKind(pipe.first->RecvBytesInto(span, 9).status(), ErrorKind::kValue));
  EXPECT_EQ(*pipe.first->RecvBytesInto(span, 4), 3u);
  EXPECT_EQ(buffer, "....abc.");
  ASSERT_TRUE(pipe.second->SendBytes("too long").ok());
  ASSERT_TRUE(pipe.second->SendBytes("").ok());
  const absl::Status error = pipe.first->RecvBytesInto(span, 1).status();
  EXPECT_TRUE(IsKind(error, ErrorKind::kBufferTooShort));
  EXPECT_EQ(MessageOf(error), "too long");
  EXPECT_EQ(buffer, "....abc.");
  EXPECT_EQ(*pipe.first->RecvBytesInto(span, 8), 0u);
}

TEST(ConnectionTest, PollWaits) {
  ConnectionPair pipe = *NewPipe(false);
  const absl::Time before = absl::Now();
  EXPECT_FALSE(*pipe.first->Poll(absl::Milliseconds(50)));
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(50));
  std::thread sender([&] {
    absl::SleepFor(absl::Milliseconds(30));
    EXPECT_TRUE(pipe.second->Send(Value(1)).ok());
  });
  EXPECT_TRUE(*pipe.first->Poll(absl::InfiniteDuration()));
  EXPECT_TRUE(*pipe.first->Poll());
  EXPECT_EQ(*pipe.first->Recv(), Value(1));
  sender.join();
}

TEST(ConnectionTest, BytesAreNotValues) {
  ConnectionPair pipe = *NewPipe(false);
  ASSERT_TRUE(pipe.second->SendBytes("\x05").ok());
  ASSERT_TRUE(pipe.second->Send(Value(5)).ok());
  EXPECT_TRUE(IsKind(pipe.first->Recv().status(), ErrorKind::kSerialisation));
  EXPECT_EQ(*pipe.first->Recv(), Value(5));
  EXPECT_TRUE(
      IsKind(pipe.second->Send(Value(pipe.first)), ErrorKind::kSharing));
}

// --- Between processes -------------------------------------------------------

class PipeTest : public testing::TestWithParam<StartMethod> {
 protected:
  shared_ptr<Process> Start(std::string target, List arguments) {
    shared_ptr<Process> process = *backend_->NewProcess(
        {.target = std::move(target),
         .arguments = {.args = std::move(arguments), .kwargs = {}}});
    const absl::Status started = process->Start();
    EXPECT_TRUE(started.ok()) << started;
    return process;
  }

  // The exit code; -1000 when it does not end.
  int End(const shared_ptr<Process>& process) {
    EXPECT_TRUE(process->Join(absl::Seconds(15)).ok());
    if (*process->IsAlive()) {
      (void)process->Kill();
      (void)process->Join();
      return -1000;
    }
    return process->ExitCode()->value();
  }

  void Kill(const shared_ptr<Process>& process) {
    EXPECT_TRUE(process->Kill().ok());
    EXPECT_TRUE(process->Join().ok());
  }

  const shared_ptr<Backend> backend_ = NewBackend(GetParam());
  const shared_ptr<Board> board_ = Board::New();
};

std::string MethodName(const testing::TestParamInfo<StartMethod>& method) {
  return std::string(StartMethodName(method.param));
}

INSTANTIATE_TEST_SUITE_P(All, PipeTest, testing::ValuesIn(StartMethods()),
                         MethodName);

TEST_P(PipeTest, Echoes) {
  ConnectionPair pipe = *backend_->NewPipe();
  const shared_ptr<Process> child = Start("Echo", {Value(pipe.second)});
  for (const size_t size : {size_t{0}, size_t{100}, 16 * kMegabyte}) {
    const Value value(std::string(size, 'x'));
    ASSERT_TRUE(pipe.first->Send(value).ok());
    EXPECT_EQ(*pipe.first->Recv(), value);
  }
  if (GetParam() == StartMethod::kFork) {
    // The child has a copy of this end too, so closing it would not end it.
    Kill(child);
    return;
  }
  ASSERT_TRUE(pipe.first->Close().ok());
  EXPECT_EQ(End(child), 0);
}

TEST_P(PipeTest, EndOfTheSenderIsEndOfFile) {
  for (const bool killed : {false, true}) {
    ConnectionPair pipe = *backend_->NewPipe(false);
    const shared_ptr<Process> child =
        Start("SendThenEnd",
              {Value(pipe.second), Value(5), Value(1000), Value(killed)});
    ASSERT_TRUE(pipe.second->Close().ok());
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(*pipe.first->RecvBytes(), std::string(1000, 'a' + i));
    }
    const absl::Time before = absl::Now();
    EXPECT_TRUE(IsEndOfFile(pipe.first->RecvBytes().status()));
    EXPECT_LT(absl::Now() - before, absl::Seconds(10));
    EXPECT_EQ(End(child), killed ? CrashExitCode(CrashKind::kKill) : 0);
  }
}

TEST_P(PipeTest, NoEndOfFileWhileACopyIsOpen) {
  ConnectionPair pipe = *backend_->NewPipe(false);
  const shared_ptr<Process> child =
      Start("HoldOpen", {Value(pipe.second), Value(board_)});
  ASSERT_TRUE(board_->Await(0, 1));
  ASSERT_TRUE(pipe.second->Close().ok());
  EXPECT_FALSE(*pipe.first->Poll(absl::Milliseconds(100)));
  Kill(child);
  EXPECT_TRUE(*pipe.first->Poll());
  EXPECT_TRUE(IsEndOfFile(pipe.first->Recv().status()));
}

// What this process could have known, a send knows: the reader's end was seen.
TEST_P(PipeTest, SendAfterTheReaderWasReapedBreaks) {
  for (int i = 0; i < 20; ++i) {
    ConnectionPair pipe = *backend_->NewPipe(false);
    board_->Set(0, 0);
    const shared_ptr<Process> child =
        Start("HoldOpen", {Value(pipe.first), Value(board_)});
    ASSERT_TRUE(pipe.first->Close().ok());
    ASSERT_TRUE(board_->Await(0, 1));
    ASSERT_TRUE(pipe.second->SendBytes("x").ok());
    Kill(child);
    EXPECT_TRUE(IsBrokenPipe(pipe.second->SendBytes("x")));
  }
}

TEST_P(PipeTest, SendAfterTheReaderClosedBreaks) {
  ConnectionPair pipe = *backend_->NewPipe(false);
  const shared_ptr<Process> child =
      Start("CloseOnCue", {Value(pipe.first), Value(board_)});
  ASSERT_TRUE(pipe.first->Close().ok());
  ASSERT_TRUE(board_->Await(1, 1));
  ASSERT_TRUE(pipe.second->SendBytes("x").ok());
  board_->Set(0, 1);
  ASSERT_TRUE(board_->Await(1, 2));
  EXPECT_TRUE(IsBrokenPipe(pipe.second->SendBytes("x")));
  Kill(child);
}

// The reader is killed while this sends without pause: not a signal, not a
// hang, BrokenPipe.
TEST_P(PipeTest, ReaderKilledAtAnyInstant) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 45; ++round) {
    const size_t size = round % 3 == 0   ? 64
                        : round % 3 == 1 ? 60'000
                                         : kMegabyte;
    ConnectionPair pipe = *backend_->NewPipe(false);
    const shared_ptr<Process> child =
        Start("ReceiveForEver", {Value(pipe.first), Value(board_)});
    ASSERT_TRUE(pipe.first->Close().ok());
    std::thread killer([&, pause = random() % 3000] {
      absl::SleepFor(absl::Microseconds(pause));
      EXPECT_TRUE(child->Kill().ok());
    });
    absl::Status status;
    const std::string message(size, 'x');
    const absl::Time limit = absl::Now() + absl::Seconds(10);
    while (status.ok() && absl::Now() < limit) {
      status = pipe.second->SendBytes(message);
    }
    EXPECT_TRUE(IsBrokenPipe(status)) << status;
    killer.join();
    EXPECT_TRUE(child->Join().ok());
  }
  EXPECT_EQ(board_->Get(2), 0);
}

TEST_P(PipeTest, WriterKilledAtAnyInstant) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 45; ++round) {
    const int64_t size = round % 3 == 0   ? 64
                         : round % 3 == 1 ? 60'000
                                          : kMegabyte;
    ConnectionPair pipe = *backend_->NewPipe(false);
    const shared_ptr<Process> child = Start(
        "SendThenEnd",
        {Value(pipe.second), Value(1'000'000'000), Value(size), Value(false)});
    ASSERT_TRUE(pipe.second->Close().ok());
    std::thread killer([&, pause = random() % 3000] {
      absl::SleepFor(absl::Microseconds(pause));
      EXPECT_TRUE(child->Kill().ok());
    });
    for (int64_t i = 0;; ++i) {
      const absl::StatusOr<std::string> message = pipe.first->RecvBytes();
      if (!message.ok()) {
        EXPECT_TRUE(IsEndOfFile(message.status())) << message.status();
        break;
      }
      ASSERT_EQ(*message, std::string(size, 'a' + i % 26));
    }
    killer.join();
    EXPECT_TRUE(child->Join().ok());
  }
}

}  // namespace
}  // namespace procspec::reference
