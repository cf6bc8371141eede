// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// spec/typed.h and spec/scoped.h over both start methods.

#include "spec/typed.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "reference/backend.h"
#include "spec/backend.h"
#include "spec/error.h"
#include "spec/scoped.h"
#include "spec/status_macros.h"

namespace {
thread_local int64_t allocations = 0;
}  // namespace

// Counted, so that a hot path can be shown to have none.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace procspec::reference {
namespace {

constexpr absl::Duration kGuard = absl::Seconds(20);

struct Sample {
  int64_t time = 0;
  double level = 0;
  char unit[16] = {};
};

// Answers each sample on the connection by one on the queue, twice as loud.
PROCSPEC_TARGET(TypedAmplify) {
  PROCSPEC_ASSIGN_OR_RETURN(auto connection, arguments.Get<Connection>(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(1));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(2));
  TypedConnection<Sample> in(connection);
  TypedQueue<Sample> out(queue);
  for (int64_t i = 0; i < n; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(Sample sample, in.Recv());
    sample.level *= 2;
    PROCSPEC_RETURN_IF_ERROR(out.Put(sample));
  }
  return Value();
}

PROCSPEC_TARGET(TypedRepeat) {
  PROCSPEC_ASSIGN_OR_RETURN(auto text, arguments.Get<std::string>(0));
  PROCSPEC_ASSIGN_OR_RETURN(int64_t n, arguments.Get<int64_t>(1));
  return ToValue(std::vector<std::string>(n, text));
}

PROCSPEC_TARGET(TypedTryLock) {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(0));
  const auto held = ScopedLock::Acquire(*lock, absl::ZeroDuration());
  if (IsTimeout(held.status())) return ExitRequest(7);
  PROCSPEC_RETURN_IF_ERROR(held.status());
  return Value();
}

class Typed : public testing::TestWithParam<StartMethod> {
 protected:
  std::shared_ptr<Backend> backend_ = NewBackend(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Typed, testing::ValuesIn(StartMethods()),
                         [](const auto& method) {
                           return std::string(BackendName(method.param))
                               .substr(sizeof("reference-") - 1);
                         });

TEST_P(Typed, StructsReachAChildAndComeBack) {
  constexpr int64_t kCount = 100;
  ConnectionPair pipe = *backend_->NewPipe();
  TypedConnection<Sample> out(pipe.first);
  TypedQueue<Sample> in(*backend_->NewQueue());
  auto child = ScopedProcess::Start(
      *backend_, {.target = "TypedAmplify",
                  .arguments = {.args = {pipe.second, in.queue(), kCount}}});
  ASSERT_TRUE(child.ok()) << child.status();
  for (int64_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(out.Send({.time = i, .level = 0.5 * i, .unit = "dB"}).ok());
    const auto sample = in.Get(kGuard);
    ASSERT_TRUE(sample.ok()) << sample.status();
    EXPECT_EQ(sample->time, i);
    EXPECT_EQ(sample->level, i);
    EXPECT_STREQ(sample->unit, "dB");
  }
}

TEST_P(Typed, OtherTypesTravelAsValues) {
  const std::vector<std::string> words = {"a", "", "c"};
  TypedQueue<std::vector<std::string>> queue(*backend_->NewQueue());
  ASSERT_TRUE(queue.Put(words).ok());
  EXPECT_EQ(*queue.Get(kGuard), words);
  ConnectionPair pipe = *backend_->NewPipe();
  ASSERT_TRUE(TypedConnection<std::string>(pipe.first).Send("word").ok());
  EXPECT_EQ(*TypedConnection<std::string>(pipe.second).Recv(), "word");
}

TEST_P(Typed, QueueReportsItsOwnErrors) {
  TypedQueue<int> queue(*backend_->NewQueue(1));
  EXPECT_TRUE(IsEmpty(queue.TryGet().status()));
  ASSERT_TRUE(queue.TryPut(1).ok());
  EXPECT_TRUE(IsFull(queue.TryPut(2)));
}

TEST_P(Typed, OtherSizesAreConsumedWithSerialisation) {
  TypedQueue<int32_t> queue(*backend_->NewQueue());
  ConnectionPair pipe = *backend_->NewPipe();
  TypedConnection<int32_t> in(pipe.second);
  for (const char* stray : {"", "abc", "abcde"}) {
    ASSERT_TRUE(queue.queue()->PutBytes(stray).ok());
    EXPECT_TRUE(IsKind(queue.Get(kGuard).status(), ErrorKind::kSerialisation));
    ASSERT_TRUE(pipe.first->SendBytes(stray).ok());
    EXPECT_TRUE(IsKind(in.Recv().status(), ErrorKind::kSerialisation));
  }
  ASSERT_TRUE(queue.Put(5).ok());
  EXPECT_EQ(*queue.Get(kGuard), 5);
  ASSERT_TRUE(TypedConnection<int32_t>(pipe.first).Send(6).ok());
  EXPECT_EQ(*in.Recv(), 6);
  ASSERT_TRUE(pipe.first->Close().ok());
  pipe.first.reset();
  EXPECT_TRUE(IsEndOfFile(in.Recv().status()));
}

TEST_P(Typed, OtherValuesAreConsumedWithType) {
  TypedQueue<std::string> queue(*backend_->NewQueue());
  ASSERT_TRUE(queue.queue()->Put(Value(1)).ok());
  ASSERT_TRUE(queue.Put("text").ok());
  EXPECT_TRUE(IsKind(queue.Get(kGuard).status(), ErrorKind::kType));
  EXPECT_EQ(*queue.Get(kGuard), "text");
}

TEST_P(Typed, PlainTypesAllocateNothing) {
  TypedQueue<Sample> queue(*backend_->NewQueue());
  ConnectionPair pipe = *backend_->NewPipe();
  TypedConnection<Sample> out(pipe.first);
  TypedConnection<Sample> in(pipe.second);
  bool all_ok = true;
  const auto round = [&] {
    all_ok &= queue.Put({.time = 1}).ok() && queue.Get(kGuard).ok() &&
              out.Send({.time = 2}).ok() && in.Recv().ok();
  };
  for (int i = 0; i < 10; ++i) round();
  const int64_t before = allocations;
  for (int i = 0; i < 1000; ++i) round();
  EXPECT_EQ(allocations - before, 0);
  EXPECT_TRUE(all_ok);
  EXPECT_GT(before, 0);  // the counter counts
}

TEST_P(Typed, PoolResultsAreConverted) {
  auto pool = *backend_->NewPool({.workers = 2});
  using Words = std::vector<std::string>;
  EXPECT_EQ(*Call<Words>(*pool, "TypedRepeat", "x", 2), (Words{"x", "x"}));
  EXPECT_TRUE(IsKind(Call<int>(*pool, "TypedRepeat", "x", 2).status(),
                     ErrorKind::kType));
  auto result = CallAsync<Words>(*pool, "TypedRepeat", std::string("y"), 1);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result->Get(kGuard), Words{"y"});
  // The task's own error comes through.
  EXPECT_TRUE(IsKind(Call<Words>(*pool, "TypedRepeat", 1, 2).status(),
                     ErrorKind::kType));
}

TEST_P(Typed, ScopedLockHoldsAgainstAnotherProcess) {
  auto lock = *backend_->NewLock();
  const auto exit_code = [&] {
    auto child = *ScopedProcess::Start(
        *backend_, {.target = "TypedTryLock", .arguments = {.args = {lock}}});
    EXPECT_TRUE(child->Join(kGuard).ok());
    return child->ExitCode()->value_or(-1);
  };
  {
    const auto held = ScopedLock::Acquire(*lock);
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(exit_code(), 7);
  }
  EXPECT_EQ(exit_code(), 0);
}

TEST_P(Typed, ConditionsAndSemaphoresAreHeldToo) {
  auto condition = *backend_->NewCondition();
  auto semaphore = *backend_->NewSemaphore(1);
  {
    const auto one = ScopedHold<Condition>::Acquire(*condition);
    const auto other = ScopedHold<Semaphore>::Acquire(*semaphore);
    ASSERT_TRUE(one.ok() && other.ok());
    EXPECT_TRUE(condition->Notify().ok());
    EXPECT_EQ(*semaphore->Count(), 0);
  }
  EXPECT_TRUE(IsKind(condition->Notify(), ErrorKind::kMisuse));
  EXPECT_EQ(*semaphore->Count(), 1);
}

TEST_P(Typed, ScopedProcessIsJoined) {
  std::shared_ptr<Queue> queue = *backend_->NewQueue();
  ConnectionPair pipe = *backend_->NewPipe();
  {
    auto child = ScopedProcess::Start(
        *backend_, {.target = "TypedAmplify",
                    .arguments = {.args = {pipe.second, queue, 1}}});
    ASSERT_TRUE(child.ok()) << child.status();
    ASSERT_TRUE(TypedConnection<Sample>(pipe.first).Send({}).ok());
  }
  EXPECT_TRUE(backend_->ActiveChildren()->empty());
  EXPECT_TRUE(
      IsKind(ScopedProcess::Start(*backend_, {.target = "Nowhere"}).status(),
             ErrorKind::kValue));
}

}  // namespace
}  // namespace procspec::reference
