// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases of spec/clauses/queue.md.

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/case.h"
#include "conformance/harness/program.h"
#include "spec/queue.h"

namespace procspec::harness {
namespace {

// More in all than an implementation keeps outside of the producing process.
constexpr int kMany = 1000;
constexpr int64_t kPadding = 4096;

// The items of "put-many", recognisable one by one.
Value ManyItem(std::string_view tag, int64_t number, int64_t padding) {
  return List{tag, number, std::string(static_cast<size_t>(padding), 'x')};
}

// The producer and the number in an item of ManyItem.
struct Origin {
  std::string tag;
  int64_t number = 0;
};

std::optional<Origin> OriginOf(const Value& item) {
  const List* list = item.get_if<List>();
  if (list == nullptr || list->size() != 3) return std::nullopt;
  const auto* tag = (*list)[0].get_if<std::string>();
  const auto* number = (*list)[1].get_if<int64_t>();
  if (tag == nullptr || number == nullptr) return std::nullopt;
  return Origin{*tag, *number};
}

// Bytes without a pattern that a wrong copy could repeat.
Bytes Noise(uint64_t seed, size_t size) {
  std::mt19937_64 random(seed);
  Bytes bytes;
  bytes.data.reserve(size + sizeof(uint64_t));
  while (bytes.data.size() < size) {
    const uint64_t word = random();
    bytes.data.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  bytes.data.resize(size);
  return bytes;
}

// --- Targets -----------------------------------------------------------------

absl::StatusOr<Value> AsValue(const absl::Status& status) {
  PROCSPEC_RETURN_IF_ERROR(status);
  return Value();
}

template <typename T>
absl::StatusOr<Value> AsValue(const absl::StatusOr<T>& result) {
  PROCSPEC_RETURN_IF_ERROR(result.status());
  return Value(*result);
}

absl::StatusOr<Value> PutMany(Queue& queue, const Value& argument) {
  PROCSPEC_ASSIGN_OR_RETURN(const List list, argument.As<List>());
  if (list.size() != 3) return TypeError("put-many: tag, count, padding");
  PROCSPEC_ASSIGN_OR_RETURN(const std::string tag, list[0].As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t count, list[1].As<int64_t>());
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t padding, list[2].As<int64_t>());
  for (int64_t i = 0; i < count; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue.Put(ManyItem(tag, i, padding), Guard()));
  }
  return Value();
}

absl::StatusOr<Value> GetMany(Queue& queue, const Value& argument) {
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t count, argument.As<int64_t>());
  List items;
  for (int64_t i = 0; i < count; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, queue.Get(Guard()));
    items.push_back(std::move(item));
  }
  return Value(std::move(items));
}

absl::StatusOr<Value> GetUntilNone(Queue& queue) {
  List items;
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, queue.Get(Guard()));
    if (item.is_none()) return Value(std::move(items));
    items.push_back(std::move(item));
  }
}

// Small items, and those that implementations carry in several pieces.
constexpr std::array<int64_t, 4> kEndlessPaddings = {0, 100, 5000, 700'000};

Value EndlessItem(int64_t number) {
  return ManyItem(
      "endless", number,
      kEndlessPaddings[static_cast<size_t>(number) % kEndlessPaddings.size()]);
}

// Until it is killed or there is no room for long.
absl::StatusOr<Value> PutEndlessly(Queue& queue) {
  for (int64_t i = 0;; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue.Put(EndlessItem(i), Guard()));
  }
}

absl::StatusOr<Value> Perform(Queue& queue, std::string_view verb,
                              const Value& argument) {
  if (verb == "put") return AsValue(queue.Put(argument, Guard()));
  if (verb == "put-without-timeout") return AsValue(queue.Put(argument));
  if (verb == "put-for-deadline") {
    return AsValue(queue.Put(argument, Deadline()));
  }
  if (verb == "put-many") return PutMany(queue, argument);
  if (verb == "put-endlessly") return PutEndlessly(queue);
  if (verb == "get") return queue.Get(Guard());
  if (verb == "get-without-timeout") return queue.Get();
  if (verb == "get-for-long") return queue.Get(3 * Guard());
  if (verb == "get-many") return GetMany(queue, argument);
  if (verb == "get-until-none") return GetUntilNone(queue);
  if (verb == "close") return AsValue(queue.Close());
  if (verb == "join-thread") return AsValue(queue.JoinThread());
  if (verb == "cancel-join-thread") return AsValue(queue.CancelJoinThread());
  if (auto* joinable = dynamic_cast<JoinableQueue*>(&queue)) {
    if (verb == "task-done") return AsValue(joinable->TaskDone());
    if (verb == "join") return AsValue(joinable->Join());
  }
  return ValueError(absl::StrCat("no verb '", verb, "'"));
}

// [address, name, queue]: does with the queue what the case asks for, one
// request [verb, argument] after another: says the verb when it is about to,
// and then what came of it.
PROCSPEC_TARGET(QueuePuppet) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto name, arguments.Get<std::string>(1));
  Actor actor(arguments.Get<std::string>(0), name);
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(2));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value cue, actor.Await());
    PROCSPEC_ASSIGN_OR_RETURN(const List request, cue.As<List>());
    if (request.size() != 2) return TypeError("not a request");
    PROCSPEC_ASSIGN_OR_RETURN(const auto verb, request[0].As<std::string>());
    PROCSPEC_RETURN_IF_ERROR(actor.Say(verb));
    if (verb == "end") return Value();
    if (verb == "raise") return RaisedError("OnPurpose", "asked to");
    if (verb == "exit") return ExitRequest(3);
    PROCSPEC_RETURN_IF_ERROR(actor.Say(Perform(
        *queue,
        verb == "join-thread-and-crash" ? std::string_view("join-thread")
                                        : std::string_view(verb),
        request[1])));
    if (verb == "join-thread-and-crash") {
      PROCSPEC_RETURN_IF_ERROR(backend.Crash(CrashKind::kKill));
      return Value();
    }
  }
}

// [address, [{"queue": queue}], {"queue": the same}]: puts through the one, and
// gets through the other.
PROCSPEC_TARGET(QueueNested) {
  Actor actor(arguments.Get<std::string>(0), "nested");
  PROCSPEC_ASSIGN_OR_RETURN(const List list, arguments.Get<List>(1));
  PROCSPEC_ASSIGN_OR_RETURN(const Dict dict, arguments.Get<Dict>(2));
  if (list.size() != 1) return TypeError("not a list of one");
  PROCSPEC_ASSIGN_OR_RETURN(const Dict inner, list[0].As<Dict>());
  if (!inner.contains("queue") || !dict.contains("queue")) {
    return TypeError("the queue is missing");
  }
  PROCSPEC_ASSIGN_OR_RETURN(auto one, inner.at("queue").HandleAs<Queue>());
  PROCSPEC_ASSIGN_OR_RETURN(auto other, dict.at("queue").HandleAs<Queue>());
  PROCSPEC_RETURN_IF_ERROR(actor.Say(other->Get(Guard())));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(one->Put("from the child", Guard())));
  return Value();
}

constexpr char kGlobal[] = "queue-cases.queue";

// [address]: uses the queue that it has inherited in a global variable.
PROCSPEC_TARGET(QueueFromGlobal) {
  Actor actor(arguments.Get<std::string>(0), "heir");
  PROCSPEC_ASSIGN_OR_RETURN(const Value global, backend.Global(kGlobal));
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, global.HandleAs<Queue>());
  PROCSPEC_RETURN_IF_ERROR(actor.Say(queue->Get(Guard())));
  PROCSPEC_RETURN_IF_ERROR(actor.Say(queue->Put("from the child", Guard())));
  return Value();
}

// [queue, tag, count]
PROCSPEC_TARGET(QueuePutSome) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const auto tag, arguments.Get<std::string>(1));
  PROCSPEC_ASSIGN_OR_RETURN(const auto count, arguments.Get<int64_t>(2));
  return PutMany(*queue, List{tag, count, 0});
}

// [address, name, queue]: gets for ever and says each item; reports it done if
// that is possible.
PROCSPEC_TARGET(QueueEndlessReader) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto name, arguments.Get<std::string>(1));
  Actor actor(arguments.Get<std::string>(0), name);
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(2));
  auto* joinable = dynamic_cast<JoinableQueue*>(queue.get());
  PROCSPEC_RETURN_IF_ERROR(actor.Say("reading"));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value item, queue->Get());
    PROCSPEC_RETURN_IF_ERROR(actor.Say(item));
    if (joinable != nullptr) {
      PROCSPEC_RETURN_IF_ERROR(joinable->TaskDone());
    }
  }
}

absl::StatusOr<std::shared_ptr<Process>> Start(Backend& backend,
                                               std::string_view target,
                                               List args,
                                               std::optional<bool> daemon) {
  ProcessOptions options;
  options.target = std::string(target);
  options.arguments.args = std::move(args);
  options.daemon = daemon;
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            backend.NewProcess(std::move(options)));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  return process;
}

// [address]: two writers, and one reader that never ends of itself.
PROCSPEC_TARGET(QueueIdleReaderProgram) {
  const auto address = arguments.Get<std::string>(0);
  Actor actor(address, "program");
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, backend.NewQueue());
  PROCSPEC_ASSIGN_OR_RETURN(
      auto reader, Start(backend, "QueueEndlessReader",
                         {address.value_or(""), "reader", queue}, false));
  for (const char* tag : {"one", "two"}) {
    PROCSPEC_ASSIGN_OR_RETURN(
        auto writer, Start(backend, "QueuePutSome", {queue, tag, 5}, false));
    PROCSPEC_RETURN_IF_ERROR(writer->Join(Guard()));
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  PROCSPEC_RETURN_IF_ERROR(reader->Terminate());
  PROCSPEC_RETURN_IF_ERROR(reader->Join(Guard()));
  return ExitRequest(7);
}

// [address]: all work is done when it ends, and its consumers wait for more.
PROCSPEC_TARGET(QueueDaemonConsumersProgram) {
  const auto address = arguments.Get<std::string>(0);
  Actor actor(address, "program");
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, backend.NewJoinableQueue());
  for (const char* name : {"consumer-1", "consumer-2"}) {
    PROCSPEC_RETURN_IF_ERROR(Start(backend, "QueueEndlessReader",
                                   {address.value_or(""), name, queue}, true)
                                 .status());
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Await().status());
  for (int i = 0; i < 10; ++i) {
    PROCSPEC_RETURN_IF_ERROR(queue->Put(i, Guard()));
  }
  PROCSPEC_RETURN_IF_ERROR(queue->Join());
  return ExitRequest(5);
}

// [address, queue, count]: the sole consumer of a SimpleQueue.
PROCSPEC_TARGET(SimpleQueueGetMany) {
  Actor actor(arguments.Get<std::string>(0), "consumer");
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<SimpleQueue>(1));
  PROCSPEC_ASSIGN_OR_RETURN(const auto count, arguments.Get<int64_t>(2));
  List items;
  for (int64_t i = 0; i < count; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(Value item, queue->Get());
    items.push_back(std::move(item));
  }
  PROCSPEC_RETURN_IF_ERROR(actor.Say(Value(std::move(items))));
  return Value();
}

// --- Fixture -----------------------------------------------------------------

class QueueCase : public Case {
 protected:
  // Starts a process for requests. Daemonic, so that one that waits for ever in
  // a case that has failed ends with the case.
  absl::StatusOr<std::shared_ptr<Process>> StartPuppet(
      std::string_view name, std::shared_ptr<Queue> queue) {
    return StartDaemon("QueuePuppet", {stage().address(), name, queue});
  }

  absl::StatusOr<std::shared_ptr<Process>> StartDaemon(std::string_view target,
                                                       List args) {
    return Start(backend(), target, std::move(args), true);
  }

  // Has the puppet begin, and returns when it is about to. What comes of it is
  // what it says next.
  absl::Status Begin(std::string_view name, std::string_view verb,
                     const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(stage().Cue(name, List{verb, argument}));
    PROCSPEC_ASSIGN_OR_RETURN(const Value said, stage().Expect(name));
    if (said != Value(verb)) {
      return absl::InternalError(
          absl::StrCat(name, " said ", DebugString(said)));
    }
    return absl::OkStatus();
  }

  // The same, and what came of it.
  absl::StatusOr<Value> Do(std::string_view name, std::string_view verb,
                           const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(Begin(name, verb, argument));
    return stage().Expect(name);
  }

  // Three producers and two consumers at once: what each consumer got.
  static constexpr int kProducers = 3;
  static constexpr int kItemsEach = 40;
  void RunCrowd(std::vector<List>& got) {
    constexpr int kConsumers = 2;
    ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
    for (int c = 0; c < kConsumers; ++c) {
      const std::string name = absl::StrCat("consumer-", c);
      ASSERT_OK(StartPuppet(name, queue));
      ASSERT_OK(Begin(name, "get-many", kProducers * kItemsEach / kConsumers));
    }
    for (int p = 0; p < kProducers; ++p) {
      ASSERT_OK(StartPuppet(absl::StrCat("producer-", p), queue));
      // It has come as far as its work.
      ASSERT_OK(stage().PidOf(absl::StrCat("producer-", p)));
    }
    for (int p = 0; p < kProducers; ++p) {
      const std::string name = absl::StrCat("producer-", p);
      ASSERT_OK(stage().Cue(name, List{"put-many", List{name, kItemsEach, 0}}));
    }
    for (int c = 0; c < kConsumers; ++c) {
      ASSERT_OK_AND_ASSIGN(Value items,
                           stage().Expect(absl::StrCat("consumer-", c)));
      ASSERT_OK_AND_ASSIGN(List list, items.As<List>());
      got.push_back(std::move(list));
    }
  }

  // Gets until all that "put-many" put has come. In which order and how often
  // is another clause.
  void ExpectMany(Queue& queue) {
    std::set<int64_t> numbers;
    while (numbers.size() < kMany) {
      ASSERT_OK_AND_ASSIGN(const Value item, queue.Get(Guard()));
      const std::optional<Origin> origin = OriginOf(item);
      ASSERT_TRUE(origin.has_value()) << DebugString(item);
      numbers.insert(origin->number);
    }
  }

  // Has a producer put much and end in this way: everything must arrive.
  void CheckFlushAtEnd(std::string_view way) {
    ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
    ASSERT_OK(StartPuppet("producer", queue));
    ASSERT_OK(Do("producer", "put-many", List{"p", kMany, kPadding}));
    ASSERT_OK(Begin("producer", way));
    // Time to end too early; whether it ends now is left open.
    (void)stage().ExpectGone("producer", Observation());
    ExpectMany(*queue);
  }
};

}  // namespace

// --- Queue -------------------------------------------------------------------

PROCSPEC_CASE_F(QueueCase, "queue.put-get.fifo") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Begin("producer", "put-many", List{"p", 500, 0}));
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds(ManyItem("p", i, 0)));
  }
}

PROCSPEC_CASE_F(QueueCase, "queue.multi-producer.exactly-once") {
  std::vector<List> got;
  RunCrowd(got);
  if (HasFatalFailure()) return;
  std::vector<std::string> items;
  for (const List& list : got) {
    for (const Value& item : list) items.push_back(DebugString(item));
  }
  std::vector<std::string> expected;
  for (int p = 0; p < kProducers; ++p) {
    for (int i = 0; i < kItemsEach; ++i) {
      expected.push_back(
          DebugString(ManyItem(absl::StrCat("producer-", p), i, 0)));
    }
  }
  std::sort(items.begin(), items.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(items, expected);
}

PROCSPEC_CASE_F(QueueCase, "queue.multi-producer.producer-order") {
  std::vector<List> got;
  RunCrowd(got);
  if (HasFatalFailure()) return;
  for (const List& list : got) {
    std::map<std::string, int64_t> last;
    for (const Value& item : list) {
      const std::optional<Origin> origin = OriginOf(item);
      ASSERT_TRUE(origin.has_value()) << DebugString(item);
      auto [place, first] = last.try_emplace(origin->tag, origin->number);
      if (first) continue;
      EXPECT_LE(place->second, origin->number) << "of " << origin->tag;
      place->second = origin->number;
    }
  }
}

PROCSPEC_CASE_F(QueueCase, "queue.value-kinds") {
  const std::vector<Value> values = {
      Value(),
      true,
      false,
      0,
      -1,
      std::numeric_limits<int64_t>::min(),
      std::numeric_limits<int64_t>::max(),
      0.0,
      1.5,
      -1e300,
      "",
      "text, d\u00e9j\u00e0 vu",
      Bytes{},
      Bytes{std::string("\x00\xff\x80 bytes", 9)},
      List{},
      List{1, 1.0, "1", Bytes{"1"}, true, Value()},
      Dict{},
      Dict{{"", List{List{}, Dict{}}}, {"key", Dict{{"inner", -2.5}}}},
  };
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("consumer", queue));
  for (const Value& value : values) {
    ASSERT_OK(queue->Put(value, Guard()));
    EXPECT_THAT(Do("consumer", "get"), IsOkAndHolds(value));
  }
}

PROCSPEC_CASE_F(QueueCase, "queue.sentinel-per-consumer") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  std::vector<std::string> waiting = {"a", "b", "c"};
  for (const std::string& name : waiting) {
    ASSERT_OK(StartPuppet(name, queue));
    ASSERT_OK(Begin(name, "get-until-none"));
  }
  for (int i = 0; i < 10; ++i) ASSERT_OK(queue->Put(i, Guard()));
  for (int i = 0; i < 2; ++i) ASSERT_OK(queue->Put(Value(), Guard()));

  std::vector<int64_t> consumed;
  const auto expect_one_to_stop = [&] {
    ASSERT_OK_AND_ASSIGN(const Said said, stage().ExpectAny(waiting));
    std::erase(waiting, said.actor);
    ASSERT_OK(said.outcome);
    ASSERT_OK_AND_ASSIGN(const List items, said.outcome->As<List>());
    for (const Value& item : items) {
      ASSERT_OK_AND_ASSIGN(const int64_t number, item.As<int64_t>());
      consumed.push_back(number);
    }
  };
  expect_one_to_stop();
  expect_one_to_stop();
  if (HasFatalFailure()) return;
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_TRUE(stage().IsSilent(waiting[0], Observation()));

  ASSERT_OK(queue->Put(Value(), Guard()));
  expect_one_to_stop();
  EXPECT_THAT(consumed,
              testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

PROCSPEC_CASE_F(QueueCase, "queue.get.blocks") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("getter", queue));
  ASSERT_OK(Begin("getter", "get-without-timeout"));
  EXPECT_TRUE(stage().IsSilent("getter", Observation()));

  ASSERT_OK(queue->Put("item", Guard()));
  EXPECT_THAT(stage().Expect("getter"), IsOkAndHolds("item"));
}

PROCSPEC_CASE("queue.get.nonblocking-empty") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  Stopwatch watch;
  EXPECT_THAT(queue->TryGet(), Raises(ErrorKind::kEmpty));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE("queue.get.timeout-empty") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  Stopwatch watch;
  EXPECT_THAT(queue->Get(Deadline()), Raises(ErrorKind::kEmpty));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE_F(QueueCase, "queue.get.timeout-item") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("getter", queue));
  ASSERT_OK(Begin("getter", "get-for-long"));
  EXPECT_TRUE(stage().IsSilent("getter", Observation()));

  ASSERT_OK(queue->Put("item", Guard()));
  EXPECT_THAT(stage().Expect("getter"), IsOkAndHolds("item"));
}

PROCSPEC_CASE("queue.get.zero-negative-timeout") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  Stopwatch watch;
  EXPECT_THAT(queue->Get(absl::ZeroDuration()), Raises(ErrorKind::kEmpty));
  EXPECT_THAT(queue->Get(-Deadline()), Raises(ErrorKind::kEmpty));
  EXPECT_THAT(queue->Get(-absl::InfiniteDuration()), Raises(ErrorKind::kEmpty));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(QueueCase, "queue.put.default") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  Stopwatch watch;
  ASSERT_OK(queue->Put(Noise(seed(), 8 << 20), Guard()));
  EXPECT_TRUE(watch.Before(Guard()));

  // It was a put, and nothing of it is left for the end of this process.
  ASSERT_OK_AND_ASSIGN(const Value item, queue->Get(Guard()));
  EXPECT_NE(item.get_if<Bytes>(), nullptr);
}

PROCSPEC_CASE_F(QueueCase, "queue.put.large-value") {
  const Value value = Noise(seed(), 5'000'000);
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("consumer", queue));
  ASSERT_OK(Begin("consumer", "get"));
  ASSERT_OK(queue->Put(value, Guard()));
  ASSERT_OK_AND_ASSIGN(const Value got, stage().Expect("consumer"));
  EXPECT_TRUE(got == value) << "got " << DebugString(got);
}

PROCSPEC_CASE_F(QueueCase, "queue.put.blocks-when-full") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));
  ASSERT_OK(StartPuppet("putter", queue));
  ASSERT_OK(queue->Put("first", Guard()));
  ASSERT_OK(Begin("putter", "put-without-timeout", "second"));
  EXPECT_TRUE(stage().IsSilent("putter", Observation()));

  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("first"));
  EXPECT_THAT(stage().Expect("putter"), IsOk());
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("second"));
}

PROCSPEC_CASE("queue.put.nonblocking-full") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));
  ASSERT_OK(queue->Put("first", Guard()));
  Stopwatch watch;
  EXPECT_THAT(queue->TryPut("second"), Raises(ErrorKind::kFull));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE("queue.put.timeout-full") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));
  ASSERT_OK(queue->Put("first", Guard()));

  Stopwatch watch;
  EXPECT_THAT(queue->Put("second", Deadline()), Raises(ErrorKind::kFull));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE("queue.put.full-not-enqueued") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(2));
  ASSERT_OK(queue->Put("first", Guard()));
  ASSERT_OK(queue->Put("second", Guard()));
  ASSERT_THAT(queue->Put("refused", Deadline()), Raises(ErrorKind::kFull));
  ASSERT_THAT(queue->TryPut("refused"), Raises(ErrorKind::kFull));

  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("first"));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("second"));
  ASSERT_OK(queue->Put("third", Guard()));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("third"));
}

PROCSPEC_CASE("queue.put.zero-negative-timeout") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(1));
  ASSERT_OK(queue->Put("first", Guard()));
  Stopwatch watch;
  EXPECT_THAT(queue->Put("second", absl::ZeroDuration()),
              Raises(ErrorKind::kFull));
  EXPECT_THAT(queue->Put("second", -Deadline()), Raises(ErrorKind::kFull));
  EXPECT_THAT(queue->Put("second", -absl::InfiniteDuration()),
              Raises(ErrorKind::kFull));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(QueueCase, "queue.bounded-across-processes") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(2));
  ASSERT_OK(StartPuppet("a", queue));
  ASSERT_OK(StartPuppet("b", queue));
  ASSERT_OK(Do("a", "put", "of a"));
  ASSERT_OK(Do("b", "put", "of b"));
  EXPECT_THAT(Do("a", "put-for-deadline", "one too many"),
              Raises(ErrorKind::kFull));

  // A get of one process makes room for a put of another, for one.
  EXPECT_THAT(Do("b", "get"), IsOk());
  EXPECT_THAT(queue->Put("of the case", Guard()), IsOk());
  EXPECT_THAT(Do("b", "put-for-deadline", "one too many"),
              Raises(ErrorKind::kFull));
}

PROCSPEC_CASE("queue.maxsize.nonpositive") {
  for (const std::optional<int64_t> maxsize :
       {std::optional<int64_t>(), std::optional<int64_t>(0),
        std::optional<int64_t>(-1)}) {
    SCOPED_TRACE(maxsize.has_value() ? absl::StrCat("a bound of ", *maxsize)
                                     : std::string("no bound"));
    ASSERT_OK_AND_ASSIGN(auto queue, maxsize.has_value()
                                         ? backend().NewQueue(*maxsize)
                                         : backend().NewQueue());
    for (int i = 0; i < 1000; ++i) ASSERT_OK(queue->Put("item", Deadline()));
    for (int i = 0; i < 1000; ++i) {
      ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("item"));
    }
  }
}

// As many as the smallest limit of a platform.
PROCSPEC_CASE("queue.maxsize.nonpositive", "platform-limit") {
  constexpr int kItems = 32767;
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  for (int i = 0; i < kItems; ++i) ASSERT_OK(queue->Put("item", Deadline()));
  for (int i = 0; i < kItems; ++i) {
    ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("item"));
  }
}

PROCSPEC_CASE("queue.empty.nothing-waits") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(true));
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("item"));
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(true));
}

PROCSPEC_CASE("queue.empty.item-waits") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(queue->Put("item", Guard()));
  Stopwatch watch;
  absl::StatusOr<bool> empty = queue->Empty();
  while (empty.ok() && *empty && watch.Before(Guard())) {
    std::this_thread::yield();
    empty = queue->Empty();
  }
  EXPECT_THAT(empty, IsOkAndHolds(false));
}

PROCSPEC_CASE("queue.empty.lag") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(queue->Put("item", Guard()));
  // Either answer will do, and no other.
  EXPECT_OK(queue->Empty());
  absl::StatusOr<Value> item = queue->TryGet();
  if (IsEmpty(item.status())) item = queue->Get(Guard());
  EXPECT_THAT(item, IsOkAndHolds("item"));
}

PROCSPEC_CASE("queue.full.at-bound") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(2));
  ASSERT_OK(queue->Put("first", Guard()));
  ASSERT_OK(queue->Put("second", Guard()));
  EXPECT_THAT(queue->Full(), IsOkAndHolds(true));
  EXPECT_THAT(queue->Full(), IsOkAndHolds(true));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("first"));
}

PROCSPEC_CASE("queue.full.below-bound") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(2));
  EXPECT_THAT(queue->Full(), IsOkAndHolds(false));
  ASSERT_OK(queue->Put("first", Guard()));
  EXPECT_THAT(queue->Full(), IsOkAndHolds(false));
  ASSERT_OK(queue->Put("second", Guard()));
  ASSERT_OK(queue->Get(Guard()));
  EXPECT_THAT(queue->Full(), IsOkAndHolds(false));
}

PROCSPEC_CASE("queue.qsize") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  EXPECT_THAT(queue->Size(), IsOkAndHolds(0));
  ASSERT_OK(queue->Put("first", Guard()));
  EXPECT_THAT(queue->Size(), IsOkAndHolds(1));
  ASSERT_OK(queue->Put("second", Guard()));
  EXPECT_THAT(queue->Size(), IsOkAndHolds(2));
  ASSERT_OK(queue->Get(Guard()));
  EXPECT_THAT(queue->Size(), IsOkAndHolds(1));
  ASSERT_OK(queue->Get(Guard()));
  EXPECT_THAT(queue->Size(), IsOkAndHolds(0));
}

PROCSPEC_CASE_F(QueueCase, "queue.visible-after-producer-joined") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto producer, StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", 10, 0}));
  ASSERT_OK(Begin("producer", "end"));
  ASSERT_OK(stage().ExpectGone("producer"));
  ASSERT_OK(producer->Join(Guard()));
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(queue->TryGet(), IsOkAndHolds(ManyItem("p", i, 0)));
  }
}

PROCSPEC_CASE("queue.close.put-get-raise") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_OK(queue->Close());
  EXPECT_THAT(queue->Put("late", Guard()), Raises(ErrorKind::kClosed));
  EXPECT_THAT(queue->Get(Guard()), Raises(ErrorKind::kClosed));
  EXPECT_THAT(queue->PutBytes("late", Guard()), Raises(ErrorKind::kClosed));
  std::string bytes;
  EXPECT_THAT(queue->GetBytes(bytes, Guard()), Raises(ErrorKind::kClosed));
}

PROCSPEC_CASE("queue.close.idempotent") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("item"));
  ASSERT_OK(queue->Close());
  const absl::Status refusal = queue->Put("late", Guard());
  EXPECT_OK(queue->Close());
  EXPECT_EQ(KindOf(queue->Put("late", Guard())), KindOf(refusal));
}

PROCSPEC_CASE_F(QueueCase, "queue.close.local-only.no-signal") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("getter", queue));
  ASSERT_OK(StartPuppet("putter", queue));
  ASSERT_OK(Begin("getter", "get"));
  EXPECT_TRUE(stage().IsSilent("getter", Observation()));
  ASSERT_OK(queue->Close());
  EXPECT_TRUE(stage().IsSilent("getter", Observation()));
  ASSERT_OK(Do("putter", "put", "first"));
  EXPECT_THAT(stage().Expect("getter"), IsOkAndHolds("first"));

  ASSERT_OK(Begin("getter", "get"));
  ASSERT_OK(Do("putter", "put", "second"));
  EXPECT_THAT(stage().Expect("getter"), IsOkAndHolds("second"));
}

PROCSPEC_CASE_F(QueueCase, "queue.close.local-only.others-continue") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("a", queue));
  ASSERT_OK(StartPuppet("b", queue));
  ASSERT_OK(queue->Close());
  EXPECT_OK(Do("a", "put", "of a"));
  EXPECT_THAT(Do("b", "get"), IsOkAndHolds("of a"));

  ASSERT_OK(Do("b", "close"));
  EXPECT_OK(Do("a", "put", "again"));
  EXPECT_THAT(Do("a", "get"), IsOkAndHolds("again"));
}

PROCSPEC_CASE_F(QueueCase, "queue.close.flushes") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", kMany, kPadding}));
  ASSERT_OK(Do("producer", "close"));
  ExpectMany(*queue);
}

PROCSPEC_CASE("queue.join-thread.before-close") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  EXPECT_THAT(queue->JoinThread(), Raises(ErrorKind::kMisuse));
}

PROCSPEC_CASE_F(QueueCase, "queue.join-thread.after-close.flushed") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", kMany, kPadding}));
  ASSERT_OK(Do("producer", "close"));
  ASSERT_OK(Begin("producer", "join-thread-and-crash"));
  // Time to return too early. It may have to wait for what follows.
  (void)stage().ExpectGone("producer", Observation());
  ExpectMany(*queue);
  EXPECT_OK(stage().Expect("producer"));
  EXPECT_OK(stage().ExpectGone("producer"));
}

PROCSPEC_CASE("queue.join-thread.after-close.nothing-put") {
  // The control: queues are there and work.
  ASSERT_OK_AND_ASSIGN(auto other, backend().NewQueue());
  ASSERT_OK(other->Put("item", Guard()));
  ASSERT_THAT(other->Get(Guard()), IsOkAndHolds("item"));

  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(queue->Close());
  Stopwatch watch;
  EXPECT_OK(queue->JoinThread());
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(QueueCase, "queue.exit-waits-for-flush") {
  CheckFlushAtEnd("end");
}

PROCSPEC_CASE_F(QueueCase, "queue.exit-waits-for-flush", "raised") {
  CheckFlushAtEnd("raise");
}

PROCSPEC_CASE_F(QueueCase, "queue.exit-waits-for-flush", "exit-request") {
  CheckFlushAtEnd("exit");
}

PROCSPEC_CASE_F(QueueCase, "queue.exit-waits-for-reader") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", kMany, kPadding}));
  ASSERT_OK(Begin("producer", "end"));
  // It may end now or wait for this.
  for (int i = 0; i < kMany && queue->Get(Guard()).ok(); ++i) {
  }
  EXPECT_OK(stage().ExpectGone("producer"));
}

PROCSPEC_CASE_F(QueueCase, "queue.exit-small-item") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", 3, 1024}));
  ASSERT_OK(Begin("producer", "end"));
  EXPECT_OK(stage().ExpectGone("producer"));
}

PROCSPEC_CASE_F(QueueCase, "queue.cancel-join-thread.prompt-end") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", kMany, kPadding}));
  ASSERT_OK(Do("producer", "cancel-join-thread"));
  ASSERT_OK(Begin("producer", "end"));
  EXPECT_OK(stage().ExpectGone("producer"));
}

PROCSPEC_CASE_F(QueueCase, "queue.cancel-join-thread.loss") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("producer", queue));
  ASSERT_OK(Do("producer", "put-many", List{"p", kMany, kPadding}));
  ASSERT_OK(Do("producer", "cancel-join-thread"));
  ASSERT_OK(Begin("producer", "end"));
  // Time to end. That it can is another clause.
  (void)stage().ExpectGone("producer", Observation());

  // What has arrived is whole.
  for (int i = 0; i < kMany; ++i) {
    const absl::StatusOr<Value> item = queue->Get(Deadline());
    if (IsEmpty(item.status())) break;
    ASSERT_OK(item);
    const std::optional<Origin> origin = OriginOf(*item);
    ASSERT_TRUE(origin.has_value()) << DebugString(*item);
    EXPECT_EQ(*item, ManyItem("p", origin->number, kPadding));
  }
}

PROCSPEC_CASE("queue.share.inheritance-only.queue") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto other, backend().NewQueue());
  EXPECT_THAT(queue->Put(other, Guard()), Raises(ErrorKind::kSharing));
  EXPECT_THAT(queue->Put(List{1, Dict{{"queue", other}}}, Guard()),
              Raises(ErrorKind::kSharing));
}

PROCSPEC_CASE("queue.share.inheritance-only.connection") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  EXPECT_THAT(pipe.first->Send(queue), Raises(ErrorKind::kSharing));
  EXPECT_THAT(pipe.first->Send(List{1, Dict{{"queue", queue}}}),
              Raises(ErrorKind::kSharing));
}

PROCSPEC_CASE_F(QueueCase, "queue.share.argument") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartPuppet("child", queue));
  ASSERT_OK(queue->Put("from the case", Guard()));
  EXPECT_THAT(Do("child", "get"), IsOkAndHolds("from the case"));
  ASSERT_OK(Do("child", "put", "from the child"));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("from the child"));
}

PROCSPEC_CASE_F(QueueCase, "queue.share.argument", "nested") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(StartDaemon("QueueNested",
                        {stage().address(), List{Dict{{"queue", queue}}},
                         Dict{{"queue", queue}}}));
  ASSERT_OK(queue->Put("from the case", Guard()));
  EXPECT_THAT(stage().Expect("nested"), IsOkAndHolds("from the case"));
  EXPECT_OK(stage().Expect("nested"));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("from the child"));
}

PROCSPEC_CASE_F(QueueCase, "queue.share.global") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK(backend().SetGlobal(kGlobal, queue));
  ASSERT_OK(StartDaemon("QueueFromGlobal", {stage().address()}));
  ASSERT_OK(queue->Put("from the case", Guard()));
  EXPECT_THAT(stage().Expect("heir"), IsOkAndHolds("from the case"));
  EXPECT_OK(stage().Expect("heir"));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("from the child"));
  ASSERT_OK(backend().SetGlobal(kGlobal, Value()));  // it would outlive all
}

PROCSPEC_CASE_F(QueueCase, "queue.fork-after-use") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  for (int i = 0; i < kMany; ++i) {
    ASSERT_OK(queue->Put(ManyItem("p", i, kPadding), Guard()));
  }
  ASSERT_OK(StartPuppet("child", queue));
  ASSERT_OK(Do("child", "put", List{"child", 0, ""}));

  // As many gets as puts: what came twice leaves no place for another.
  std::set<int64_t> of_the_parent;
  int of_the_child = 0;
  for (int i = 0; i < kMany + 1; ++i) {
    ASSERT_OK_AND_ASSIGN(const Value item, queue->Get(Guard()));
    const std::optional<Origin> origin = OriginOf(item);
    ASSERT_TRUE(origin.has_value()) << DebugString(item);
    if (origin->tag == "child") {
      ++of_the_child;
    } else {
      EXPECT_TRUE(of_the_parent.insert(origin->number).second)
          << "item " << origin->number << " came twice";
    }
  }
  EXPECT_EQ(of_the_child, 1);
  EXPECT_EQ(of_the_parent.size(), size_t{kMany});

  // Nor does the child's end pass anything on.
  ASSERT_OK(Begin("child", "end"));
  EXPECT_OK(stage().ExpectGone("child"));
  EXPECT_FALSE(queue->Get(Deadline()).ok());
}

PROCSPEC_CASE_F(QueueCase, "queue.reader-terminated-blocked") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto victim, StartPuppet("victim", queue));
  ASSERT_OK(StartPuppet("other", queue));
  ASSERT_OK(Begin("victim", "get-without-timeout"));
  ASSERT_TRUE(stage().IsSilent("victim", Observation()));
  ASSERT_OK(victim->Kill());
  ASSERT_OK(stage().ExpectGone("victim"));

  ASSERT_OK(queue->Put("item", Guard()));
  EXPECT_THAT(Do("other", "get"), IsOkAndHolds("item"));
}

PROCSPEC_CASE_F(QueueCase, "queue.writer-killed") {
  std::mt19937_64 random(seed());
  // Bounded, or a victim could fill the memory before it is killed.
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue(8));
  ASSERT_OK(StartPuppet("other", queue));
  const Value mark = "mark";
  const auto check = [](const absl::StatusOr<Value>& item) {
    ASSERT_OK(item);
    const std::optional<Origin> origin = OriginOf(*item);
    ASSERT_TRUE(origin.has_value()) << DebugString(*item);
    ASSERT_EQ(*item, EndlessItem(origin->number));
  };
  for (int round = 0; round < 5; ++round) {
    const std::string name = absl::StrCat("victim-", round);
    ASSERT_OK_AND_ASSIGN(auto victim, StartPuppet(name, queue));
    ASSERT_OK(Begin(name, "put-endlessly"));
    const int before = static_cast<int>(random() % 40);
    for (int i = 0; i < before; ++i) {
      check(queue->Get(Guard()));
      if (HasFatalFailure()) return;
    }
    ASSERT_OK(victim->Kill());
    ASSERT_OK(stage().ExpectGone(name));

    // What it has left, and an item of another.
    ASSERT_OK(Begin("other", "put", mark));
    while (true) {
      const absl::StatusOr<Value> item = queue->Get(Guard());
      if (item.ok() && *item == mark) break;
      check(item);
      if (HasFatalFailure()) return;
    }
    EXPECT_OK(stage().Expect("other"));
  }
}

PROCSPEC_CASE_F(QueueCase, "queue.terminate-idle-reader-pattern.reader-ends") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewQueue());
  ASSERT_OK_AND_ASSIGN(auto reader, StartPuppet("reader", queue));
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_THAT(Do("reader", "get"), IsOkAndHolds("item"));
  ASSERT_OK(Begin("reader", "get-without-timeout"));
  EXPECT_TRUE(stage().IsSilent("reader", Observation()));

  ASSERT_OK(reader->Terminate());
  EXPECT_OK(stage().ExpectGone("reader"));
  ASSERT_OK(reader->Join(Guard()));
  EXPECT_THAT(reader->ExitCode(), IsOkAndHolds(std::optional<int>(-15)));
}

PROCSPEC_CASE("queue.terminate-idle-reader-pattern.program-ends") {
  ASSERT_OK_AND_ASSIGN(auto program,
                       StartProgram("QueueIdleReaderProgram",
                                    Arguments{.args = {stage().address()}}));
  ASSERT_THAT(stage().Expect("reader"), IsOkAndHolds("reading"));
  for (int i = 0; i < 10; ++i) ASSERT_OK(stage().Expect("reader"));
  EXPECT_TRUE(stage().IsSilent("reader", Observation()));
  ASSERT_OK(stage().Cue("program"));
  ASSERT_OK_AND_ASSIGN(const ProgramResult result, program->Wait());
  EXPECT_EQ(result.exit_code, 7) << testing::PrintToString(result);
}

// --- SimpleQueue -------------------------------------------------------------

PROCSPEC_CASE_F(QueueCase, "simplequeue.put-get.fifo") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewSimpleQueue());
  ASSERT_OK(StartDaemon("SimpleQueueGetMany", {stage().address(), queue, 100}));
  List items;
  for (int i = 0; i < 100; ++i) items.push_back(List{"item", i});
  for (const Value& item : items) ASSERT_OK(queue->Put(item));
  EXPECT_THAT(stage().Expect("consumer"), IsOkAndHolds(Value(items)));
}

PROCSPEC_CASE("simplequeue.put-get.empty-exact") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewSimpleQueue());
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(true));
  ASSERT_OK(queue->Put("first"));
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(false));
  ASSERT_OK(queue->Put("second"));
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(false));
  ASSERT_OK(queue->Get());
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(false));
  ASSERT_OK(queue->Get());
  EXPECT_THAT(queue->Empty(), IsOkAndHolds(true));
}

PROCSPEC_CASE("simplequeue.put-synchronous.error") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewSimpleQueue());
  ASSERT_OK_AND_ASSIGN(auto local, backend().NewLocalObject());
  EXPECT_THAT(queue->Put(local), Raises(ErrorKind::kSerialisation));
  EXPECT_THAT(queue->Put(List{"good", local}),
              Raises(ErrorKind::kSerialisation));

  // The queue is as it was.
  ASSERT_OK(queue->Put("good"));
  EXPECT_THAT(queue->Get(), IsOkAndHolds("good"));
}

PROCSPEC_CASE("simplequeue.close.reports-closed") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewSimpleQueue());
  ASSERT_OK(queue->Put("item"));
  ASSERT_OK(queue->Close());
  EXPECT_THAT(queue->Put("late"), Raises(ErrorKind::kClosed));
  EXPECT_THAT(queue->Get(), Raises(ErrorKind::kClosed));
  EXPECT_THAT(queue->Empty(), Raises(ErrorKind::kClosed));
}

PROCSPEC_CASE("simplequeue.close.idempotent") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewSimpleQueue());
  ASSERT_OK(queue->Put("item"));
  ASSERT_THAT(queue->Get(), IsOkAndHolds("item"));
  ASSERT_OK(queue->Close());
  const absl::Status refusal = queue->Put("late");
  EXPECT_OK(queue->Close());
  EXPECT_EQ(KindOf(queue->Put("late")), KindOf(refusal));
}

// --- JoinableQueue -----------------------------------------------------------

PROCSPEC_CASE_F(QueueCase, "joinablequeue.join-waits") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewJoinableQueue());
  ASSERT_OK(queue->Put("first", Guard()));
  ASSERT_OK(queue->Put("second", Guard()));
  ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("first"));
  ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("second"));
  ASSERT_OK(queue->TaskDone());
  ASSERT_OK(StartPuppet("joiner", queue));
  ASSERT_OK(Begin("joiner", "join"));
  EXPECT_TRUE(stage().IsSilent("joiner", Observation()));

  ASSERT_OK(queue->TaskDone());
  EXPECT_OK(stage().Expect("joiner"));
}

PROCSPEC_CASE("joinablequeue.join-empty") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewJoinableQueue());
  Stopwatch watch;
  EXPECT_OK(queue->Join());
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_THAT(queue->Get(Guard()), IsOkAndHolds("item"));
  ASSERT_OK(queue->TaskDone());
  EXPECT_OK(queue->Join());
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE("joinablequeue.task-done-excess") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewJoinableQueue());
  EXPECT_THAT(queue->TaskDone(), Raises(ErrorKind::kValue));
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_OK(queue->Get(Guard()));
  EXPECT_OK(queue->TaskDone());
  EXPECT_THAT(queue->TaskDone(), Raises(ErrorKind::kValue));
}

PROCSPEC_CASE_F(QueueCase, "joinablequeue.across-processes.task-done") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewJoinableQueue());
  ASSERT_OK(StartPuppet("worker", queue));
  ASSERT_OK(StartPuppet("joiner", queue));
  ASSERT_OK(queue->Put("item", Guard()));
  ASSERT_OK(Begin("joiner", "join"));
  ASSERT_THAT(Do("worker", "get"), IsOkAndHolds("item"));
  EXPECT_OK(Do("worker", "task-done"));
  EXPECT_OK(stage().Expect("joiner"));
}

PROCSPEC_CASE_F(QueueCase, "joinablequeue.across-processes.all-joiners") {
  const std::vector<std::string> joiners = {"a", "b", "c"};
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewJoinableQueue());
  ASSERT_OK(queue->Put("item", Guard()));
  for (const std::string& name : joiners) {
    ASSERT_OK(StartPuppet(name, queue));
    ASSERT_OK(Begin(name, "join"));
  }
  // Time for all to have come to wait. That they do is another clause.
  (void)stage().IsSilent(joiners.back(), Observation());
  ASSERT_OK(queue->Get(Guard()));
  ASSERT_OK(queue->TaskDone());
  for (const std::string& name : joiners) EXPECT_OK(stage().Expect(name));
}

PROCSPEC_CASE("joinablequeue.daemon-consumers") {
  ASSERT_OK_AND_ASSIGN(auto program,
                       StartProgram("QueueDaemonConsumersProgram",
                                    Arguments{.args = {stage().address()}}));
  ASSERT_THAT(stage().Expect("consumer-1"), IsOkAndHolds("reading"));
  ASSERT_THAT(stage().Expect("consumer-2"), IsOkAndHolds("reading"));
  ASSERT_OK(stage().Cue("program"));
  ASSERT_OK_AND_ASSIGN(const ProgramResult result, program->Wait());
  EXPECT_EQ(result.exit_code, 5) << testing::PrintToString(result);
  EXPECT_OK(stage().ExpectGone("consumer-1"));
  EXPECT_OK(stage().ExpectGone("consumer-2"));
}

PROCSPEC_CASE("joinablequeue.queue-api") {
  ASSERT_OK_AND_ASSIGN(auto queue, backend().NewJoinableQueue(1));
  EXPECT_THAT(queue->TryGet(), Raises(ErrorKind::kEmpty));
  ASSERT_OK(queue->Put("first", Guard()));
  EXPECT_THAT(queue->TryPut("second"), Raises(ErrorKind::kFull));
  EXPECT_THAT(queue->Put("second", Deadline()), Raises(ErrorKind::kFull));
  EXPECT_THAT(queue->Get(Guard()), IsOkAndHolds("first"));
  EXPECT_THAT(queue->Get(Deadline()), Raises(ErrorKind::kEmpty));
}

}  // namespace procspec::harness
