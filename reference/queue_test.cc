// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/queue.h"

#include <gtest/gtest.h>

#include <algorithm>
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

// Puts 0 .. n - 1, each with as many bytes beside it as argument 2 says.
PROCSPEC_TARGET(PutNumbers) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(1));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t size, arguments.Get<int64_t>(2));
  for (int64_t i = 0; i < n; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue->Put(
        Value(List{Value(i), Value(std::string(size, 'a' + i % 26))})));
  }
  return Value();
}

// Gets until none comes and adds up what it got: cell 0 the number of items,
// cell 1 their sum, cell 2 those that were damaged.
PROCSPEC_TARGET(GetNumbers) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto board, arguments.Get<Board>(1));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, queue->Get());
    if (value.is_none()) return Value();
    const List* pair = value.get_if<List>();
    const int64_t i = *(*pair)[0].get_if<int64_t>();
    const std::string& text = *(*pair)[1].get_if<std::string>();
    if (text != std::string(text.size(), 'a' + i % 26)) board->Add(2, 1);
    board->Add(0, 1);
    board->Add(1, i);
  }
}

// Puts large items without end until it is killed.
PROCSPEC_TARGET(PutForEver) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t size, arguments.Get<int64_t>(1));
  for (int64_t i = 0;; ++i) {
    const absl::Status status = queue->Put(
        Value(List{Value(i), Value(std::string(size, 'a' + i % 26))}),
        absl::Milliseconds(200));
    // Consumers may need longer than that to start.
    if (!IsFull(status)) PROCSPEC_RETURN_IF_ERROR(status);
  }
}

PROCSPEC_TARGET(PutThenCancel) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_RETURN_IF_ERROR(queue->PutBytes(std::string(5 * kMegabyte, 'x')));
  PROCSPEC_RETURN_IF_ERROR(queue->CancelJoinThread());
  return Value();
}

// Is killed with items buffered.
PROCSPEC_TARGET(PutThenDie) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(1));
  for (int64_t i = 0; i < n; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue->PutBytes(std::string(2 * kMegabyte, 'x')));
  }
  return backend.Crash(CrashKind::kKill);
}

PROCSPEC_TARGET(FinishTasks) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<JoinableQueue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(1));
  for (int64_t i = 0; i < n; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue->Get().status());
    PROCSPEC_RETURN_IF_ERROR(queue->TaskDone());
  }
  return Value();
}

PROCSPEC_TARGET(EchoSimple) {
  PROCSPEC_ASSIGN_OR_RETURN(auto in, arguments.Get<SimpleQueue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto out, arguments.Get<SimpleQueue>(1));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(Value value, in->Get());
    if (value.is_none()) return Value();
    PROCSPEC_RETURN_IF_ERROR(out->Put(value));
  }
}

// The forked copy of a queue whose parent has items buffered.
PROCSPEC_TARGET(PutOneOfItsOwn) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_RETURN_IF_ERROR(queue->PutBytes("child"));
  PROCSPEC_RETURN_IF_ERROR(queue->Close());
  return queue->JoinThread().ok() ? absl::StatusOr<Value>(Value())
                                  : ExitRequest(3);
}

// --- In one process ----------------------------------------------------------

TEST(QueueTest, PutsAndGets) {
  shared_ptr<Queue> queue = *NewQueue(0);
  EXPECT_TRUE(*queue->Empty());
  ASSERT_TRUE(queue->Put(Value("x")).ok());
  EXPECT_FALSE(*queue->Empty());
  EXPECT_FALSE(*queue->Full());
  EXPECT_EQ(*queue->Size(), 1);
  EXPECT_EQ(*queue->TryGet(), Value("x"));
  EXPECT_TRUE(IsEmpty(queue->TryGet().status()));
  EXPECT_TRUE(IsEmpty(queue->Get(absl::Milliseconds(20)).status()));
  EXPECT_EQ(*queue->Size(), 0);
}

TEST(QueueTest, BytesAreNotValues) {
  shared_ptr<Queue> queue = *NewQueue(0);
  ASSERT_TRUE(queue->PutBytes("\x05").ok());
  EXPECT_TRUE(IsKind(queue->Get().status(), ErrorKind::kSerialisation));
  EXPECT_TRUE(*queue->Empty());
  ASSERT_TRUE(queue->PutBytes("").ok());
  std::string item = "before";
  ASSERT_TRUE(queue->GetBytes(item).ok());
  EXPECT_EQ(item, "");
}

TEST(QueueTest, BoundCountsWhatIsBuffered) {
  shared_ptr<Queue> queue = *NewQueue(3);
  const std::string large(5 * kMegabyte, 'x');
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue->PutBytes(large).ok());
    EXPECT_EQ(*queue->Size(), i + 1);
  }
  EXPECT_TRUE(*queue->Full());
  EXPECT_TRUE(IsFull(queue->PutBytes("x", absl::ZeroDuration())));
  EXPECT_TRUE(IsFull(queue->PutBytes("x", absl::Milliseconds(30))));
  std::string item;
  for (int i = 3; i > 0; --i) {
    ASSERT_TRUE(queue->GetBytes(item).ok());
    EXPECT_EQ(item, large);
    EXPECT_EQ(*queue->Size(), i - 1);
    EXPECT_FALSE(*queue->Full());
  }
  ASSERT_TRUE(queue->PutBytes("x").ok());
  ASSERT_TRUE(queue->GetBytes(item).ok());
  EXPECT_EQ(item, "x");
}

TEST(QueueTest, OrderSurvivesTheBuffer) {
  shared_ptr<Queue> queue = *NewQueue(0);
  // Far more than the ring holds, then small ones that would fit.
  for (int64_t i = 0; i < 300; ++i) {
    const size_t size = i < 100 ? 30'000 : i % 50 == 0 ? 2 * kMegabyte : 1;
    ASSERT_TRUE(
        queue->Put(Value(List{Value(i), Value(std::string(size, 'x'))})).ok());
  }
  EXPECT_EQ(*queue->Size(), 300);
  for (int64_t i = 0; i < 300; ++i) {
    const Value item = *queue->Get();
    EXPECT_EQ((*item.get_if<List>())[0], Value(i));
  }
  EXPECT_EQ(*queue->Size(), 0);
}

TEST(QueueTest, ClosedRefusesAndStillDelivers) {
  shared_ptr<Queue> queue = *NewQueue(0);
  EXPECT_TRUE(IsKind(queue->JoinThread(), ErrorKind::kMisuse));
  ASSERT_TRUE(queue->Put(Value(1)).ok());
  ASSERT_TRUE(queue->Close().ok());
  ASSERT_TRUE(queue->Close().ok());
  EXPECT_TRUE(IsKind(queue->Put(Value(1)), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(queue->Get().status(), ErrorKind::kClosed));
  EXPECT_TRUE(queue->JoinThread().ok());
}

TEST(QueueTest, HandlesAreRefusedBeforeAnythingChanges) {
  shared_ptr<Queue> queue = *NewQueue(1);
  EXPECT_TRUE(IsKind(queue->Put(Value(queue)), ErrorKind::kSharing));
  EXPECT_EQ(*queue->Size(), 0);
  ASSERT_TRUE(queue->Put(Value(1)).ok());
  EXPECT_EQ(*queue->Get(), Value(1));
}

TEST(QueueTest, DroppingTheLastReferenceLosesNothing) {
  shared_ptr<Queue> queue = *NewQueue(0);
  ASSERT_TRUE(queue->PutBytes(std::string(3 * kMegabyte, 'x')).ok());
  std::string item;
  ASSERT_TRUE(queue->GetBytes(item).ok());
  EXPECT_EQ(item.size(), 3 * kMegabyte);
  queue.reset();
}

TEST(JoinableQueueTest, CountsUnfinishedItems) {
  shared_ptr<JoinableQueue> queue = *NewJoinableQueue(0);
  EXPECT_TRUE(queue->Join().ok());
  EXPECT_TRUE(IsKind(queue->TaskDone(), ErrorKind::kValue));
  ASSERT_TRUE(queue->Put(Value(1)).ok());
  ASSERT_TRUE(queue->Put(Value(2)).ok());
  ASSERT_TRUE(queue->Get().ok());
  ASSERT_TRUE(queue->TaskDone().ok());
  std::atomic<bool> joined = false;
  std::thread joiner([&] {
    EXPECT_TRUE(queue->Join().ok());
    joined = true;
  });
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_FALSE(joined);
  ASSERT_TRUE(queue->TaskDone().ok());
  joiner.join();
  EXPECT_TRUE(IsKind(queue->TaskDone(), ErrorKind::kValue));
}

TEST(SimpleQueueTest, EmptyIsExact) {
  shared_ptr<SimpleQueue> queue = *NewSimpleQueue();
  EXPECT_TRUE(*queue->Empty());
  ASSERT_TRUE(queue->Put(Value()).ok());
  EXPECT_FALSE(*queue->Empty());
  EXPECT_EQ(*queue->Get(), Value());
  EXPECT_TRUE(*queue->Empty());
  ASSERT_TRUE(queue->Close().ok());
  ASSERT_TRUE(queue->Close().ok());
  EXPECT_TRUE(IsKind(queue->Put(Value()), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(queue->Get().status(), ErrorKind::kClosed));
  EXPECT_TRUE(IsKind(queue->Empty().status(), ErrorKind::kClosed));
}

// --- Between processes -------------------------------------------------------

class QueueProcessTest : public testing::TestWithParam<StartMethod> {
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

  const shared_ptr<Backend> backend_ = NewBackend(GetParam());
  const shared_ptr<Board> board_ = Board::New();
};

std::string MethodName(const testing::TestParamInfo<StartMethod>& method) {
  return std::string(StartMethodName(method.param));
}

INSTANTIATE_TEST_SUITE_P(All, QueueProcessTest,
                         testing::ValuesIn(StartMethods()), MethodName);

TEST_P(QueueProcessTest, ManyPutManyGet) {
  for (const int64_t bound : {0, 3}) {
    shared_ptr<Queue> queue = *backend_->NewQueue(bound);
    board_->Set(0, 0);
    board_->Set(1, 0);
    std::vector<shared_ptr<Process>> producers;
    std::vector<shared_ptr<Process>> consumers;
    for (int i = 0; i < 2; ++i) {
      consumers.push_back(Start("GetNumbers", {Value(queue), Value(board_)}));
    }
    for (int i = 0; i < 2; ++i) {
      producers.push_back(
          Start("PutNumbers", {Value(queue), Value(1000), Value(i * 3000)}));
    }
    for (const auto& process : producers) EXPECT_EQ(End(process), 0);
    for (size_t i = 0; i < consumers.size(); ++i) {
      ASSERT_TRUE(queue->Put(Value()).ok());
    }
    for (const auto& process : consumers) EXPECT_EQ(End(process), 0);
    EXPECT_EQ(board_->Get(0), 2000);
    EXPECT_EQ(board_->Get(1), 999 * 1000);
    EXPECT_EQ(board_->Get(2), 0);
  }
}

TEST_P(QueueProcessTest, EndWaitsForTheBuffer) {
  shared_ptr<Queue> queue = *backend_->NewQueue(0);
  const shared_ptr<Process> child =
      Start("PutNumbers", {Value(queue), Value(5), Value(3 * kMegabyte)});
  for (int64_t i = 0; i < 5; ++i) {
    const absl::StatusOr<Value> item = queue->Get(absl::Seconds(10));
    ASSERT_TRUE(item.ok()) << item.status();
    EXPECT_EQ((*item->get_if<List>())[0], Value(i));
  }
  EXPECT_EQ(End(child), 0);
}

TEST_P(QueueProcessTest, CancelledEndDoesNotWait) {
  shared_ptr<Queue> queue = *backend_->NewQueue(0);
  EXPECT_EQ(End(Start("PutThenCancel", {Value(queue)})), 0);
  // What it had begun to pass on is no item, and in nobody's way.
  EXPECT_TRUE(IsEmpty(queue->Get(absl::Milliseconds(100)).status()));
  EXPECT_EQ(*queue->Size(), 0);
  ASSERT_TRUE(queue->Put(Value(1)).ok());
  EXPECT_EQ(*queue->Get(absl::Seconds(10)), Value(1));
}

TEST_P(QueueProcessTest, KilledBuffersGiveTheirRoomBack) {
  shared_ptr<Queue> queue = *backend_->NewQueue(2);
  EXPECT_EQ(End(Start("PutThenDie", {Value(queue), Value(2)})),
            CrashExitCode(CrashKind::kKill));
  ASSERT_TRUE(queue->Put(Value(1), absl::Seconds(10)).ok());
  ASSERT_TRUE(queue->Put(Value(2), absl::Seconds(10)).ok());
  EXPECT_TRUE(*queue->Full());
  EXPECT_EQ(*queue->Get(absl::Seconds(10)), Value(1));
  EXPECT_EQ(*queue->Get(absl::Seconds(10)), Value(2));
}

TEST_P(QueueProcessTest, TasksOfAnotherProcess) {
  shared_ptr<JoinableQueue> queue = *backend_->NewJoinableQueue();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue->Put(Value(i)).ok());
  const shared_ptr<Process> child =
      Start("FinishTasks", {Value(queue), Value(100)});
  EXPECT_TRUE(queue->Join().ok());
  EXPECT_TRUE(*queue->Empty());
  EXPECT_EQ(End(child), 0);
}

TEST_P(QueueProcessTest, SimpleQueuesEcho) {
  shared_ptr<SimpleQueue> in = *backend_->NewSimpleQueue();
  shared_ptr<SimpleQueue> out = *backend_->NewSimpleQueue();
  const shared_ptr<Process> child =
      Start("EchoSimple", {Value(in), Value(out)});
  for (const size_t size : {size_t{1}, 3 * kMegabyte}) {
    const Value value(std::string(size, 'x'));
    ASSERT_TRUE(in->Put(value).ok());
    EXPECT_EQ(*out->Get(), value);
  }
  ASSERT_TRUE(in->Put(Value()).ok());
  EXPECT_EQ(End(child), 0);
}

TEST_P(QueueProcessTest, ChildHasNoneOfWhatItsParentHasBuffered) {
  shared_ptr<Queue> queue = *backend_->NewQueue(0);
  ASSERT_TRUE(queue->PutBytes(std::string(3 * kMegabyte, 'x')).ok());
  ASSERT_TRUE(queue->PutBytes("second").ok());
  const shared_ptr<Process> child = Start("PutOneOfItsOwn", {Value(queue)});
  std::vector<size_t> sizes;
  std::string item;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue->GetBytes(item, absl::Seconds(10)).ok());
    sizes.push_back(item.size());
  }
  EXPECT_EQ(End(child), 0);
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<size_t>{5, 6, 3 * kMegabyte}));
  EXPECT_TRUE(IsEmpty(queue->GetBytes(item, absl::Milliseconds(50))));
}

// Producers and consumers killed at random: the rest go on, nothing arrives
// torn, and the room of the killed is given back.
TEST_P(QueueProcessTest, SurvivesKills) {
  std::mt19937 random(20261121);
  for (const int64_t size : {100, 100'000, 1'500'000}) {
    shared_ptr<Queue> queue = *backend_->NewQueue(10);
    std::vector<shared_ptr<Process>> processes = {
        Start("PutForEver", {Value(queue), Value(size)}),
        Start("PutForEver", {Value(queue), Value(size)}),
        Start("GetNumbers", {Value(queue), Value(board_)}),
        Start("GetNumbers", {Value(queue), Value(board_)}),
    };
    for (int kill = 0; kill < 12; ++kill) {
      absl::SleepFor(absl::Microseconds(random() % 4000));
      const size_t victim = kill % 2 == 0 ? 0 : 2;
      ASSERT_TRUE(processes[victim]->Kill().ok());
      ASSERT_TRUE(processes[victim]->Join().ok());
      const int64_t before = board_->Get(0);
      const absl::Time limit = absl::Now() + absl::Seconds(10);
      while (board_->Get(0) < before + 2 && absl::Now() < limit) {
        absl::SleepFor(absl::Milliseconds(1));
      }
      ASSERT_GE(board_->Get(0), before + 2) << "hung, items of " << size;
      processes[victim] =
          victim == 0 ? Start("PutForEver", {Value(queue), Value(size)})
                      : Start("GetNumbers", {Value(queue), Value(board_)});
    }
    for (const auto& process : processes) {
      (void)process->Kill();
      (void)process->Join();
    }
    while (queue->Get(absl::Milliseconds(100)).ok()) {
    }
    EXPECT_EQ(*queue->Size(), 0);
    EXPECT_EQ(board_->Get(2), 0);
  }
}

}  // namespace
}  // namespace procspec::reference
