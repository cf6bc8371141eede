// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases of spec/clauses/sync.md.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/harness/case.h"
#include "conformance/harness/probe.h"
#include "spec/sync.h"

namespace procspec::harness {
namespace {

// --- Files that processes share ----------------------------------------------

absl::Status Append(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::app);
  file << text << std::flush;
  if (!file) return absl::InternalError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

absl::Status WriteNumber(const std::string& path, int64_t number) {
  std::ofstream file(path, std::ios::trunc);
  file << number << std::flush;
  if (!file) return absl::InternalError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

// Zero of a file that is not there or that another has just begun to write.
int64_t ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  if (!(file >> number)) return 0;
  return number;
}

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

int64_t SizeOf(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
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

absl::StatusOr<Value> NoVerb(std::string_view verb) {
  return ValueError(absl::StrCat("no verb '", verb, "'"));
}

// For objects that are acquired and released.
template <typename T>
absl::StatusOr<Value> AcquireOrRelease(T& object, std::string_view verb) {
  if (verb == "acquire") return AsValue(object.Acquire(Guard()));
  if (verb == "acquire-without-timeout") return AsValue(object.Acquire());
  if (verb == "try-acquire") {
    return AsValue(object.Acquire(absl::ZeroDuration()));
  }
  if (verb == "release") return AsValue(object.Release());
  return NoVerb(verb);
}

absl::Status AcquireInTime(Lock& lock) {
  PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, lock.Acquire(Guard()));
  if (!acquired) return TimeoutError();
  return absl::OkStatus();
}

// [path, times]: adds one to the number in a file, each time under the lock.
absl::StatusOr<Value> CountUp(Lock& lock, const Value& argument) {
  PROCSPEC_ASSIGN_OR_RETURN(const List list, argument.As<List>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto path, list.at(0).As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto times, list.at(1).As<int64_t>());
  for (int64_t i = 0; i < times; ++i) {
    PROCSPEC_RETURN_IF_ERROR(AcquireInTime(lock));
    const int64_t number = ReadNumber(path);
    std::this_thread::yield();
    PROCSPEC_RETURN_IF_ERROR(WriteNumber(path, number + 1));
    PROCSPEC_RETURN_IF_ERROR(lock.Release());
  }
  return Value();
}

// [path, times, tag]: writes where each section begins and ends.
absl::StatusOr<Value> WriteSections(Lock& lock, const Value& argument) {
  PROCSPEC_ASSIGN_OR_RETURN(const List list, argument.As<List>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto path, list.at(0).As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto times, list.at(1).As<int64_t>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto tag, list.at(2).As<std::string>());
  for (int64_t i = 0; i < times; ++i) {
    PROCSPEC_RETURN_IF_ERROR(AcquireInTime(lock));
    PROCSPEC_RETURN_IF_ERROR(Append(path, absl::StrCat("begin ", tag, "\n")));
    std::this_thread::yield();
    PROCSPEC_RETURN_IF_ERROR(Append(path, absl::StrCat("end ", tag, "\n")));
    PROCSPEC_RETURN_IF_ERROR(lock.Release());
  }
  return Value();
}

absl::StatusOr<Value> Perform(Lock& lock, std::string_view verb,
                              const Value& argument) {
  if (verb == "count-up") return CountUp(lock, argument);
  if (verb == "write-sections") return WriteSections(lock, argument);
  return AcquireOrRelease(lock, verb);
}

constexpr int kThreads = 2;

// Says "waiting" when each of its threads waits, and returns what came of it.
absl::StatusOr<Value> WaitInThreads(Actor& actor, Condition& condition) {
  std::atomic<int> about_to_wait = 0;
  std::vector<absl::StatusOr<bool>> results(kThreads, false);
  std::vector<std::thread> threads;
  for (absl::StatusOr<bool>& result : results) {
    threads.emplace_back([&] {
      (void)condition.Acquire(Guard());
      ++about_to_wait;
      result = condition.Wait();
      (void)condition.Release();
    });
  }
  while (about_to_wait < kThreads) std::this_thread::yield();
  // Who has been about to and has freed the lock, waits.
  absl::Status said = condition.Acquire(Guard()).status();
  if (said.ok()) said = condition.Release();
  if (said.ok()) said = actor.Say("waiting");
  for (std::thread& thread : threads) thread.join();
  PROCSPEC_RETURN_IF_ERROR(said);
  for (const absl::StatusOr<bool>& result : results) {
    PROCSPEC_RETURN_IF_ERROR(result.status());
  }
  return Value();
}

absl::StatusOr<Value> NotifyOften(Condition& condition) {
  for (int i = 0; i < 5; ++i) {
    PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, condition.Acquire(Guard()));
    if (!acquired) return TimeoutError();
    PROCSPEC_RETURN_IF_ERROR(condition.Notify());
    PROCSPEC_RETURN_IF_ERROR(condition.Release());
    std::this_thread::yield();
  }
  return Value();
}

absl::StatusOr<Value> Perform(Actor& actor, Condition& condition,
                              std::string_view verb, const Value& argument) {
  if (verb == "wait") return AsValue(condition.Wait());
  if (verb == "wait-for-deadline") return AsValue(condition.Wait(Deadline()));
  if (verb == "wait-for-long") return AsValue(condition.Wait(3 * Guard()));
  if (verb == "wait-and-release") {
    const absl::StatusOr<bool> notified = condition.Wait();
    (void)condition.Release();
    return AsValue(notified);
  }
  if (verb == "wait-for-file") {
    PROCSPEC_ASSIGN_OR_RETURN(const auto path, argument.As<std::string>());
    return AsValue(
        condition.WaitFor([&] { return std::filesystem::exists(path); }));
  }
  if (verb == "wait-in-threads") return WaitInThreads(actor, condition);
  if (verb == "notify-often") return NotifyOften(condition);
  return AcquireOrRelease(condition, verb);
}

absl::StatusOr<Value> WaitInThreads(Event& event) {
  std::vector<absl::StatusOr<bool>> results(kThreads, false);
  std::vector<std::thread> threads;
  for (absl::StatusOr<bool>& result : results) {
    threads.emplace_back([&] { result = event.Wait(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::StatusOr<bool>& result : results) {
    PROCSPEC_RETURN_IF_ERROR(result.status());
  }
  return Value();
}

absl::StatusOr<Value> Perform(Event& event, std::string_view verb) {
  if (verb == "wait") return AsValue(event.Wait());
  if (verb == "wait-for-deadline") return AsValue(event.Wait(Deadline()));
  if (verb == "wait-in-threads") return WaitInThreads(event);
  if (verb == "set") return AsValue(event.Set());
  if (verb == "clear") return AsValue(event.Clear());
  if (verb == "is-set") return AsValue(event.IsSet());
  return NoVerb(verb);
}

// [own file, all files, rounds]: adds a byte to its file before each wait, and
// after it looks how long each file is. The lengths of each round.
absl::StatusOr<Value> GoRounds(Barrier& barrier, const Value& argument) {
  PROCSPEC_ASSIGN_OR_RETURN(const List list, argument.As<List>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto own, list.at(0).As<std::string>());
  PROCSPEC_ASSIGN_OR_RETURN(const List files, list.at(1).As<List>());
  PROCSPEC_ASSIGN_OR_RETURN(const auto rounds, list.at(2).As<int64_t>());
  List seen;
  for (int64_t i = 0; i < rounds; ++i) {
    PROCSPEC_RETURN_IF_ERROR(Append(own, "."));
    PROCSPEC_RETURN_IF_ERROR(barrier.Wait(Guard()).status());
    List sizes;
    for (const Value& file : files) {
      PROCSPEC_ASSIGN_OR_RETURN(const auto path, file.As<std::string>());
      sizes.push_back(SizeOf(path));
    }
    seen.push_back(std::move(sizes));
  }
  return Value(std::move(seen));
}

absl::StatusOr<Value> Perform(Barrier& barrier, std::string_view verb,
                              const Value& argument) {
  if (verb == "wait") return AsValue(barrier.Wait());
  if (verb == "wait-for-long") return AsValue(barrier.Wait(3 * Guard()));
  if (verb == "wait-and-read") {
    PROCSPEC_ASSIGN_OR_RETURN(const auto path, argument.As<std::string>());
    PROCSPEC_RETURN_IF_ERROR(barrier.Wait().status());
    List lines;
    for (std::string& line : ReadLines(path)) lines.push_back(std::move(line));
    return Value(std::move(lines));
  }
  if (verb == "go-rounds") return GoRounds(barrier, argument);
  if (verb == "parties") return AsValue(barrier.Parties());
  if (verb == "waiting") return AsValue(barrier.Waiting());
  if (verb == "broken") return AsValue(barrier.Broken());
  return NoVerb(verb);
}

absl::StatusOr<Value> Perform(Actor& actor, Shareable& object,
                              std::string_view verb, const Value& argument) {
  if (auto* lock = dynamic_cast<Lock*>(&object)) {
    return Perform(*lock, verb, argument);
  }
  if (auto* semaphore = dynamic_cast<Semaphore*>(&object)) {
    return AcquireOrRelease(*semaphore, verb);
  }
  if (auto* condition = dynamic_cast<Condition*>(&object)) {
    return Perform(actor, *condition, verb, argument);
  }
  if (auto* event = dynamic_cast<Event*>(&object)) return Perform(*event, verb);
  if (auto* barrier = dynamic_cast<Barrier*>(&object)) {
    return Perform(*barrier, verb, argument);
  }
  return TypeError("not an object for synchronisation");
}

// [address, name, object]: does with the object what the case asks for, one
// request [verb, argument] after another: says the verb when it is about to,
// and then what came of it.
PROCSPEC_TARGET(SyncPuppet) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto name, arguments.Get<std::string>(1));
  Actor actor(arguments.Get<std::string>(0), name);
  PROCSPEC_ASSIGN_OR_RETURN(auto object, arguments.Get<Shareable>(2));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value cue, actor.Await());
    PROCSPEC_ASSIGN_OR_RETURN(const List request, cue.As<List>());
    if (request.size() != 2) return TypeError("not a request");
    PROCSPEC_ASSIGN_OR_RETURN(const auto verb, request[0].As<std::string>());
    PROCSPEC_RETURN_IF_ERROR(actor.Say(verb));
    if (verb == "end") return Value();
    PROCSPEC_RETURN_IF_ERROR(
        actor.Say(verb == "pid" ? AsValue(backend.Pid())
                                : Perform(actor, *object, verb, request[1])));
  }
}

// [path]: the action of a barrier: writes who runs it.
PROCSPEC_TARGET(SyncNoteAction) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto path, arguments.Get<std::string>(0));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t pid, backend.Pid());
  return AsValue(Append(path, absl::StrCat(pid, "\n")));
}

// --- Fixture -----------------------------------------------------------------

class SyncCase : public Case {
 protected:
  // Starts a process for requests. Daemonic, so that one that waits for ever in
  // a case that has failed ends with the case.
  absl::StatusOr<std::shared_ptr<Process>> StartPuppet(std::string_view name,
                                                       Handle object) {
    ProcessOptions options;
    options.target = "SyncPuppet";
    options.arguments.args = {stage().address(), name, std::move(object)};
    options.daemon = true;
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              backend().NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    return process;
  }

  // For a puppet that would wait for ever.
  absl::Status EndByForce(std::string_view name) {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t pid, stage().PidOf(name));
    PROCSPEC_RETURN_IF_ERROR(KillHard(pid));
    return stage().ExpectGone(name);
  }

  // Has the puppet begin, and returns when it is about to. What comes of it is
  // what it says next.
  absl::Status Begin(std::string_view name, std::string_view verb,
                     const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(stage().Cue(name, List{verb, argument}));
    return ExpectWord(name, verb);
  }

  // The same, and what came of it.
  absl::StatusOr<Value> Do(std::string_view name, std::string_view verb,
                           const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(Begin(name, verb, argument));
    return stage().Expect(name);
  }

  absl::Status ExpectWord(std::string_view name, std::string_view word) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value said, stage().Expect(name));
    if (said != Value(word)) {
      return absl::InternalError(
          absl::StrCat(name, " said ", DebugString(said)));
    }
    return absl::OkStatus();
  }

  testing::AssertionResult AreSilent(const std::vector<std::string>& names) {
    const absl::StatusOr<Said> said = stage().ExpectAny(names, Observation());
    if (said.ok()) {
      return testing::AssertionFailure()
             << said->actor << " was to be silent and said "
             << (said->outcome.ok() ? DebugString(*said->outcome)
                                    : Describe(said->outcome.status()));
    }
    if (said.status().code() != absl::StatusCode::kDeadlineExceeded) {
      return testing::AssertionFailure() << said.status();
    }
    return testing::AssertionSuccess();
  }

  // Whoever of these speaks first; takes it from the list.
  absl::StatusOr<Value> ExpectOne(std::vector<std::string>& names) {
    PROCSPEC_ASSIGN_OR_RETURN(const Said said, stage().ExpectAny(names));
    std::erase(names, said.actor);
    return said.outcome;
  }

  // Starts a puppet and has it wait on the condition. When this returns it
  // waits: it had the lock, and has freed it.
  absl::Status StartWaiter(std::string_view name,
                           const std::shared_ptr<Condition>& condition,
                           std::string_view verb,
                           const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(StartPuppet(name, condition).status());
    return MakeWait(name, *condition, verb, argument);
  }

  absl::Status MakeWait(std::string_view name, Condition& condition,
                        std::string_view verb,
                        const Value& argument = Value()) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value acquired, Do(name, "acquire"));
    if (acquired != Value(true)) {
      return absl::InternalError(absl::StrCat(name, " did not get the lock"));
    }
    PROCSPEC_RETURN_IF_ERROR(Begin(name, verb, argument));
    PROCSPEC_RETURN_IF_ERROR(Acquire(condition));
    return condition.Release();
  }

  // In the case itself, without the possibility of a hang.
  absl::Status Acquire(Condition& condition) {
    PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, condition.Acquire(Guard()));
    if (!acquired) return absl::DeadlineExceededError("the lock is not free");
    return absl::OkStatus();
  }

  absl::Status Notify(Condition& condition, int count = 1) {
    PROCSPEC_RETURN_IF_ERROR(Acquire(condition));
    PROCSPEC_RETURN_IF_ERROR(condition.Notify(count));
    return condition.Release();
  }

  absl::StatusOr<std::shared_ptr<Barrier>> NewBarrier(
      int parties, absl::Duration timeout = absl::InfiniteDuration()) {
    BarrierOptions options;
    options.parties = parties;
    options.timeout = timeout;
    return backend().NewBarrier(std::move(options));
  }

  testing::AssertionResult AwaitWaiting(Barrier& barrier, int waiting) {
    Stopwatch watch;
    absl::StatusOr<int> seen = barrier.Waiting();
    while (seen.ok() && *seen != waiting && watch.Before(Guard())) {
      std::this_thread::yield();
      seen = barrier.Waiting();
    }
    if (seen.ok() && *seen == waiting) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "not " << waiting << " waiting: " << testing::PrintToString(seen);
  }

  // A file that processes of this case share.
  std::string Path(std::string_view name) {
    return absl::StrCat(directory(), "/", name);
  }

  // Three puppets with one lock, which all do this at the same time.
  void RunTogether(std::string_view verb, const std::string& path) {
    ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
    const std::vector<std::string> names = {"a", "b", "c"};
    for (const std::string& name : names) {
      ASSERT_OK(StartPuppet(name, lock));
      ASSERT_OK(stage().PidOf(name));
    }
    for (const std::string& name : names) {
      ASSERT_OK(stage().Cue(name, List{verb, List{path, kTimes, name}}));
    }
    for (const std::string& name : names) {
      ASSERT_OK(ExpectWord(name, verb));
      ASSERT_OK(stage().Expect(name));
    }
  }
  static constexpr int kTimes = 60;
  static constexpr int kTimesOfAll = 3 * kTimes;

  // A child takes the lock and ends in this way; the lock stays held.
  void CheckStaysHeld(bool killed) {
    ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
    ASSERT_OK_AND_ASSIGN(auto holder, StartPuppet("holder", lock));
    ASSERT_THAT(Do("holder", "acquire"), IsOkAndHolds(true));
    if (killed) {
      ASSERT_OK(holder->Kill());
    } else {
      ASSERT_OK(Begin("holder", "end"));
    }
    ASSERT_OK(stage().ExpectGone("holder"));
    EXPECT_THAT(lock->Acquire(Deadline()), IsOkAndHolds(false));
  }
};

}  // namespace

// --- Lock --------------------------------------------------------------------

PROCSPEC_CASE("lock.acquire-release") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  Stopwatch watch;
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(false));
  ASSERT_OK(lock->Release());
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(true));
  EXPECT_OK(lock->Release());
  EXPECT_THAT(lock->Acquire(), IsOkAndHolds(true));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "lock.mutual-exclusion") {
  const std::string path = Path("number");
  ASSERT_OK(WriteNumber(path, 0));
  RunTogether("count-up", path);
  EXPECT_EQ(ReadNumber(path), kTimesOfAll);
}

PROCSPEC_CASE_F(SyncCase, "lock.serialises-sections") {
  const std::string path = Path("sections");
  RunTogether("write-sections", path);
  const std::vector<std::string> lines = ReadLines(path);
  ASSERT_EQ(lines.size(), 2u * kTimesOfAll);
  for (size_t i = 0; i < lines.size(); i += 2) {
    ASSERT_EQ(lines[i].substr(0, 6), "begin ") << "line " << i;
    ASSERT_EQ(lines[i + 1], absl::StrCat("end ", lines[i].substr(6)))
        << "line " << i + 1;
  }
}

PROCSPEC_CASE_F(SyncCase, "lock.blocks-across-processes") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK(StartPuppet("waiter", lock));
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  ASSERT_OK(Begin("waiter", "acquire-without-timeout"));
  EXPECT_TRUE(stage().IsSilent("waiter", Observation()));

  ASSERT_OK(lock->Release());
  EXPECT_THAT(stage().Expect("waiter"), IsOkAndHolds(true));
  // It has taken it.
  EXPECT_OK(Do("waiter", "release"));
}

PROCSPEC_CASE_F(SyncCase, "lock.nonblocking") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK(StartPuppet("holder", lock));
  ASSERT_THAT(Do("holder", "acquire"), IsOkAndHolds(true));
  Stopwatch watch;
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(false));
  EXPECT_THAT(Do("holder", "try-acquire"), IsOkAndHolds(false));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "lock.timeout.expires") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK(StartPuppet("holder", lock));
  ASSERT_THAT(Do("holder", "acquire"), IsOkAndHolds(true));
  Stopwatch watch;
  EXPECT_THAT(lock->Acquire(Deadline()), IsOkAndHolds(false));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE("lock.timeout.zero-negative") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  Stopwatch watch;
  EXPECT_THAT(lock->Acquire(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_THAT(lock->Acquire(-Deadline()), IsOkAndHolds(false));
  EXPECT_THAT(lock->Acquire(-absl::InfiniteDuration()), IsOkAndHolds(false));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE("lock.non-recursive") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_THAT(lock->Acquire(Deadline()), IsOkAndHolds(false));
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(false));
}

PROCSPEC_CASE_F(SyncCase, "lock.non-recursive", "without-timeout",
                {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK(StartPuppet("holder", lock));
  ASSERT_THAT(Do("holder", "acquire"), IsOkAndHolds(true));
  ASSERT_OK(Begin("holder", "acquire-without-timeout"));
  EXPECT_TRUE(stage().IsSilent("holder", Observation()));
  EXPECT_OK(EndByForce("holder"));
}

PROCSPEC_CASE("lock.release-unlocked") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  EXPECT_THAT(lock->Release(), Raises(ErrorKind::kValue));
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  ASSERT_OK(lock->Release());
  EXPECT_THAT(lock->Release(), Raises(ErrorKind::kValue));
  EXPECT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "lock.release-by-other") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK(StartPuppet("other", lock));
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_OK(Do("other", "release"));
  EXPECT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
}

PROCSPEC_CASE("lock.release-by-other", "thread") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  absl::Status released;
  std::thread([&] { released = lock->Release(); }).join();
  EXPECT_OK(released);
  EXPECT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  // The control: it is a lock.
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(false));
}

PROCSPEC_CASE_F(SyncCase, "lock.holder-dies.stays-held", "ended") {
  CheckStaysHeld(/*killed=*/false);
}

PROCSPEC_CASE_F(SyncCase, "lock.holder-dies.stays-held", "killed") {
  CheckStaysHeld(/*killed=*/true);
}

PROCSPEC_CASE_F(SyncCase, "lock.holder-dies.released-by-hand") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK_AND_ASSIGN(auto holder, StartPuppet("holder", lock));
  ASSERT_OK(StartPuppet("other", lock));
  ASSERT_THAT(Do("holder", "acquire"), IsOkAndHolds(true));
  ASSERT_OK(holder->Kill());
  ASSERT_OK(stage().ExpectGone("holder"));
  EXPECT_OK(lock->Release());
  EXPECT_THAT(Do("other", "acquire"), IsOkAndHolds(true));
}

// --- Recursive lock ----------------------------------------------------------

PROCSPEC_CASE("rlock.reentrant.acquire") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewRLock());
  Stopwatch watch;
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  }
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(true));
  EXPECT_THAT(lock->Acquire(), IsOkAndHolds(true));
  EXPECT_TRUE(watch.Before(Guard()));

  // The control: it is a lock.
  absl::StatusOr<bool> of_another_thread = true;
  std::thread([&] { of_another_thread = lock->TryAcquire(); }).join();
  EXPECT_THAT(of_another_thread, IsOkAndHolds(false));
}

PROCSPEC_CASE_F(SyncCase, "rlock.reentrant.release") {
  constexpr int kDepth = 3;
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewRLock());
  ASSERT_OK(StartPuppet("other", lock));
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  }
  for (int i = 0; i < kDepth; ++i) {
    EXPECT_THAT(Do("other", "try-acquire"), IsOkAndHolds(false))
        << "after " << i << " releases";
    ASSERT_OK(lock->Release());
  }
  EXPECT_THAT(Do("other", "acquire"), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "rlock.release-not-owner") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewRLock());
  ASSERT_OK(StartPuppet("other", lock));
  EXPECT_THAT(lock->Release(), Raises(ErrorKind::kMisuse));
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_THAT(Do("other", "release"), Raises(ErrorKind::kMisuse));
  absl::Status of_another_thread;
  std::thread([&] { of_another_thread = lock->Release(); }).join();
  EXPECT_THAT(of_another_thread, Raises(ErrorKind::kMisuse));

  // Nothing has changed.
  EXPECT_OK(lock->Release());
  EXPECT_THAT(lock->Release(), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(Do("other", "release"), Raises(ErrorKind::kMisuse));
}

PROCSPEC_CASE_F(SyncCase, "rlock.fork-no-inheritance") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewRLock());
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  ASSERT_OK(StartPuppet("child", lock));
  EXPECT_THAT(Do("child", "try-acquire"), IsOkAndHolds(false));
  EXPECT_THAT(Do("child", "release"), Raises(ErrorKind::kMisuse));

  // The control: a lock that it can have.
  ASSERT_OK(lock->Release());
  EXPECT_THAT(Do("child", "acquire"), IsOkAndHolds(true));
}

// --- Semaphore ---------------------------------------------------------------
// Each case has a value of its own, as far as that matters: a semaphore that is
// wrong for one of them then shows it in one case.

PROCSPEC_CASE("semaphore.count") {
  constexpr int kValue = 5;
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(kValue));
  Stopwatch watch;
  for (int i = 0; i < kValue; ++i) {
    ASSERT_THAT(semaphore->Acquire(Guard()), IsOkAndHolds(true));
  }
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
  for (int i = 0; i < 2; ++i) ASSERT_OK(semaphore->Release());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(semaphore->Acquire(Guard()), IsOkAndHolds(true));
  }
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "semaphore.limits-concurrency.cap") {
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(2));
  std::vector<std::string> waiting = {"a", "b", "c"};
  for (const std::string& name : waiting) {
    ASSERT_OK(StartPuppet(name, semaphore));
    ASSERT_OK(Begin(name, "acquire-without-timeout"));
  }
  for (int i = 0; i < 2; ++i) ASSERT_OK(ExpectOne(waiting));
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_TRUE(stage().IsSilent(waiting[0], Observation()));

  ASSERT_OK(semaphore->Release());
  EXPECT_OK(stage().Expect(waiting[0]));
}

PROCSPEC_CASE_F(SyncCase, "semaphore.limits-concurrency.all-slots") {
  constexpr int kValue = 3;
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(kValue));
  for (int i = 0; i < kValue; ++i) {
    const std::string name = absl::StrCat("worker-", i);
    ASSERT_OK(StartPuppet(name, semaphore));
    EXPECT_THAT(Do(name, "acquire"), IsOkAndHolds(true)) << name;
  }
}

PROCSPEC_CASE("semaphore.default-value") {
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore());
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(true));
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
}

PROCSPEC_CASE("semaphore.over-release") {
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(0));
  for (int i = 0; i < 2; ++i) ASSERT_OK(semaphore->Release());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(true));
  }
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
}

PROCSPEC_CASE("semaphore.timeout.expires") {
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(0));
  Stopwatch watch;
  EXPECT_THAT(semaphore->Acquire(Deadline()), IsOkAndHolds(false));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE("semaphore.timeout.zero-negative") {
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(0));
  Stopwatch watch;
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
  EXPECT_THAT(semaphore->Acquire(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_THAT(semaphore->Acquire(-Deadline()), IsOkAndHolds(false));
  EXPECT_THAT(semaphore->Acquire(-absl::InfiniteDuration()),
              IsOkAndHolds(false));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "semaphore.release-by-other") {
  constexpr int kValue = 4;
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewSemaphore(kValue));
  ASSERT_OK(StartPuppet("waiter", semaphore));
  for (int i = 0; i < kValue; ++i) {
    ASSERT_THAT(semaphore->Acquire(Guard()), IsOkAndHolds(true));
  }
  ASSERT_OK(Begin("waiter", "acquire-without-timeout"));
  EXPECT_TRUE(stage().IsSilent("waiter", Observation()));

  ASSERT_OK(semaphore->Release());
  EXPECT_THAT(stage().Expect("waiter"), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "boundedsemaphore.excess-release") {
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewBoundedSemaphore(2));
  ASSERT_OK(StartPuppet("other", semaphore));
  EXPECT_THAT(semaphore->Release(), Raises(ErrorKind::kValue));
  EXPECT_THAT(Do("other", "release"), Raises(ErrorKind::kValue));
  ASSERT_THAT(semaphore->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_OK(Do("other", "release"));
  EXPECT_THAT(semaphore->Release(), Raises(ErrorKind::kValue));
  EXPECT_THAT(Do("other", "release"), Raises(ErrorKind::kValue));

  // The value is unchanged.
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(true));
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(true));
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
}

PROCSPEC_CASE("boundedsemaphore.as-semaphore") {
  constexpr int kValue = 3;
  ASSERT_OK_AND_ASSIGN(auto semaphore, backend().NewBoundedSemaphore(kValue));
  Stopwatch watch;
  for (int i = 0; i < kValue; ++i) {
    ASSERT_THAT(semaphore->Acquire(Guard()), IsOkAndHolds(true));
  }
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
  for (int i = 0; i < 2; ++i) ASSERT_OK(semaphore->Release());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(semaphore->Acquire(Guard()), IsOkAndHolds(true));
  }
  EXPECT_THAT(semaphore->TryAcquire(), IsOkAndHolds(false));
  EXPECT_TRUE(watch.Before(Guard()));
}

// --- Condition ---------------------------------------------------------------

PROCSPEC_CASE_F(SyncCase, "condition.wait-releases.while-waiting") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartPuppet("waiter", condition));
  ASSERT_THAT(Do("waiter", "acquire"), IsOkAndHolds(true));
  ASSERT_OK(Begin("waiter", "wait-for-long"));
  ASSERT_THAT(condition->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_TRUE(stage().IsSilent("waiter", Observation()));

  ASSERT_OK(condition->Notify());
  ASSERT_OK(condition->Release());
  EXPECT_OK(stage().Expect("waiter"));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-releases.on-return") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartWaiter("waiter", condition, "wait"));
  ASSERT_OK(Notify(*condition));
  ASSERT_OK(stage().Expect("waiter"));
  EXPECT_THAT(condition->Acquire(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_OK(Do("waiter", "release"));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-releases.on-return",
                "after-timeout") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartPuppet("waiter", condition));
  ASSERT_THAT(Do("waiter", "acquire"), IsOkAndHolds(true));
  ASSERT_OK(Do("waiter", "wait-for-deadline"));
  EXPECT_THAT(condition->Acquire(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_OK(Do("waiter", "release"));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-releases.recursive") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartPuppet("waiter", condition));
  ASSERT_THAT(Do("waiter", "acquire"), IsOkAndHolds(true));
  // Waiting: it takes the lock a second time, and frees it entirely.
  ASSERT_OK(MakeWait("waiter", *condition, "wait"));
  ASSERT_OK(Notify(*condition));
  ASSERT_OK(stage().Expect("waiter"));

  ASSERT_OK(Do("waiter", "release"));
  EXPECT_THAT(condition->Acquire(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_OK(Do("waiter", "release"));
  EXPECT_OK(Acquire(*condition));
}

PROCSPEC_CASE_F(SyncCase, "condition.notify-one") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  std::vector<std::string> waiting = {"a", "b", "c"};
  for (const std::string& name : waiting) {
    ASSERT_OK(StartWaiter(name, condition, "wait-and-release"));
  }
  ASSERT_OK(Notify(*condition));
  EXPECT_OK(ExpectOne(waiting));
  EXPECT_TRUE(AreSilent(waiting));
  ASSERT_OK(Notify(*condition));
  EXPECT_OK(ExpectOne(waiting));
  EXPECT_OK(EndByForce(waiting[0]));
}

PROCSPEC_CASE_F(SyncCase, "condition.notify-n") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  std::vector<std::string> waiting = {"a", "b", "c"};
  for (const std::string& name : waiting) {
    ASSERT_OK(StartWaiter(name, condition, "wait-and-release"));
  }
  ASSERT_OK(Notify(*condition, 2));
  EXPECT_OK(ExpectOne(waiting));
  EXPECT_OK(ExpectOne(waiting));
  EXPECT_TRUE(AreSilent(waiting));
  // More than there are.
  ASSERT_OK(Notify(*condition, 2));
  EXPECT_OK(ExpectOne(waiting));
}

PROCSPEC_CASE_F(SyncCase, "condition.notify-all") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartWaiter("a", condition, "wait-and-release"));
  ASSERT_OK(StartWaiter("b", condition, "wait-and-release"));
  ASSERT_OK(StartPuppet("threads", condition));
  ASSERT_OK(Begin("threads", "wait-in-threads"));
  ASSERT_OK(ExpectWord("threads", "waiting"));

  ASSERT_OK(Acquire(*condition));
  ASSERT_OK(condition->NotifyAll());
  ASSERT_OK(condition->Release());
  EXPECT_OK(stage().Expect("a"));
  EXPECT_OK(stage().Expect("b"));
  EXPECT_OK(stage().Expect("threads"));
}

PROCSPEC_CASE_F(SyncCase, "condition.notify-none") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(Acquire(*condition));
  ASSERT_OK(condition->Notify());
  ASSERT_OK(condition->NotifyAll());
  EXPECT_THAT(condition->Wait(Deadline()), IsOkAndHolds(false));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-result.notified") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartWaiter("waiter", condition, "wait"));
  ASSERT_OK(Notify(*condition));
  EXPECT_THAT(stage().Expect("waiter"), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-result.timeout") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(Acquire(*condition));
  Stopwatch watch;
  EXPECT_THAT(condition->Wait(Deadline()), IsOkAndHolds(false));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
  EXPECT_THAT(condition->Wait(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_THAT(condition->Wait(-Deadline()), IsOkAndHolds(false));
}

PROCSPEC_CASE_F(SyncCase, "condition.wakes-after-lock-released") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartWaiter("waiter", condition, "wait-and-release"));
  ASSERT_OK(Acquire(*condition));
  ASSERT_OK(condition->NotifyAll());
  EXPECT_TRUE(stage().IsSilent("waiter", Observation()));
  ASSERT_OK(condition->Release());
  EXPECT_OK(stage().Expect("waiter"));
}

PROCSPEC_CASE_F(SyncCase, "condition.requires-lock") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  Stopwatch watch;
  EXPECT_THAT(condition->Wait(Guard()), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(condition->Notify(), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(condition->NotifyAll(), Raises(ErrorKind::kMisuse));
  // Having held it once is not enough.
  ASSERT_OK(Acquire(*condition));
  ASSERT_OK(condition->Notify());
  ASSERT_OK(condition->Release());
  EXPECT_THAT(condition->Wait(Guard()), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(condition->Notify(), Raises(ErrorKind::kMisuse));
  EXPECT_THAT(condition->NotifyAll(), Raises(ErrorKind::kMisuse));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-for.true") {
  const std::string path = Path("file");
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartWaiter("waiter", condition, "wait-for-file", path));
  ASSERT_OK(Notify(*condition));
  EXPECT_TRUE(stage().IsSilent("waiter", Observation()));
  ASSERT_OK(WriteNumber(path, 1));
  ASSERT_OK(Notify(*condition));
  EXPECT_THAT(stage().Expect("waiter"), IsOkAndHolds(true));
  ASSERT_OK(Do("waiter", "release"));

  // From the start.
  ASSERT_OK(Acquire(*condition));
  Stopwatch watch;
  EXPECT_THAT(condition->WaitFor([] { return true; }, Guard()),
              IsOkAndHolds(true));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "condition.wait-for.timeout") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK(StartPuppet("notifier", condition));
  ASSERT_OK(Acquire(*condition));
  ASSERT_OK(Begin("notifier", "notify-often"));
  Stopwatch watch;
  EXPECT_THAT(condition->WaitFor([] { return false; }, Deadline()),
              IsOkAndHolds(false));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
  ASSERT_OK(condition->Release());
  EXPECT_OK(stage().Expect("notifier"));
}

PROCSPEC_CASE("condition.given-lock") {
  ASSERT_OK_AND_ASSIGN(auto lock, backend().NewLock());
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition(lock));
  ASSERT_THAT(lock->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_THAT(condition->Acquire(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_OK(condition->Notify());
  ASSERT_OK(condition->Release());

  ASSERT_THAT(condition->Acquire(Guard()), IsOkAndHolds(true));
  EXPECT_THAT(lock->TryAcquire(), IsOkAndHolds(false));
  ASSERT_OK(lock->Release());
  EXPECT_THAT(condition->Acquire(Guard()), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "condition.killed-waiter") {
  ASSERT_OK_AND_ASSIGN(auto condition, backend().NewCondition());
  ASSERT_OK_AND_ASSIGN(auto victim, StartPuppet("victim", condition));
  ASSERT_OK(MakeWait("victim", *condition, "wait"));
  ASSERT_OK(victim->Kill());
  ASSERT_OK(stage().ExpectGone("victim"));

  ASSERT_OK(Acquire(*condition));
  Stopwatch watch;
  EXPECT_OK(condition->Notify());
  EXPECT_OK(condition->NotifyAll());
  EXPECT_TRUE(watch.Before(Guard()));
}

// --- Event -------------------------------------------------------------------

PROCSPEC_CASE("event.initial-false") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  EXPECT_THAT(event->IsSet(), IsOkAndHolds(false));
}

PROCSPEC_CASE_F(SyncCase, "event.set-releases-all.waiting") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  for (const char* name : {"a", "b"}) {
    ASSERT_OK(StartPuppet(name, event));
    ASSERT_OK(Begin(name, "wait"));
  }
  ASSERT_OK(StartPuppet("threads", event));
  ASSERT_OK(Begin("threads", "wait-in-threads"));
  // Time for all to have come to wait. That they do is another clause.
  (void)stage().IsSilent("threads", Observation());

  ASSERT_OK(event->Set());
  EXPECT_OK(stage().Expect("a"));
  EXPECT_OK(stage().Expect("b"));
  EXPECT_OK(stage().Expect("threads"));
}

PROCSPEC_CASE("event.set-releases-all.later") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  // The control: it is not set for ever.
  ASSERT_THAT(event->Wait(absl::ZeroDuration()), IsOkAndHolds(false));
  ASSERT_OK(event->Set());
  Stopwatch watch;
  EXPECT_THAT(event->Wait(), IsOkAndHolds(true));
  EXPECT_THAT(event->Wait(Guard()), IsOkAndHolds(true));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "event.clear.blocks-again") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  ASSERT_OK(StartPuppet("waiter", event));
  ASSERT_OK(Do("waiter", "set"));
  ASSERT_OK(Do("waiter", "clear"));
  ASSERT_OK(Begin("waiter", "wait"));
  EXPECT_TRUE(stage().IsSilent("waiter", Observation()));

  ASSERT_OK(event->Set());
  EXPECT_OK(stage().Expect("waiter"));
}

PROCSPEC_CASE("event.clear.idempotent") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  for (int i = 0; i < 2; ++i) ASSERT_OK(event->Clear());
  ASSERT_OK(event->Set());
  EXPECT_THAT(event->IsSet(), IsOkAndHolds(true));
  ASSERT_OK(event->Set());
  ASSERT_OK(event->Clear());
  EXPECT_THAT(event->IsSet(), IsOkAndHolds(false));
}

PROCSPEC_CASE("event.wait-result.timeout") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  Stopwatch watch;
  EXPECT_THAT(event->Wait(Deadline()), IsOkAndHolds(false));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE("event.wait-result.zero-negative") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  Stopwatch watch;
  EXPECT_THAT(event->Wait(absl::ZeroDuration()), IsOkAndHolds(false));
  EXPECT_THAT(event->Wait(-Deadline()), IsOkAndHolds(false));
  EXPECT_THAT(event->Wait(-absl::InfiniteDuration()), IsOkAndHolds(false));
  ASSERT_OK(event->Set());
  EXPECT_THAT(event->Wait(absl::ZeroDuration()), IsOkAndHolds(true));
  EXPECT_THAT(event->Wait(-Deadline()), IsOkAndHolds(true));
  EXPECT_THAT(event->Wait(-absl::InfiniteDuration()), IsOkAndHolds(true));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "event.cross-process") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  ASSERT_OK(StartPuppet("a", event));
  ASSERT_OK(StartPuppet("b", event));
  ASSERT_OK(event->Set());
  EXPECT_THAT(Do("a", "is-set"), IsOkAndHolds(true));
  EXPECT_THAT(Do("b", "is-set"), IsOkAndHolds(true));
  ASSERT_OK(Do("a", "clear"));
  EXPECT_THAT(event->IsSet(), IsOkAndHolds(false));
  EXPECT_THAT(Do("b", "is-set"), IsOkAndHolds(false));
  ASSERT_OK(Do("b", "set"));
  EXPECT_THAT(event->IsSet(), IsOkAndHolds(true));
  EXPECT_THAT(Do("a", "is-set"), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "event.periodic-toggle") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  const std::vector<std::string> patient = {"a", "b"};
  for (const std::string& name : patient) ASSERT_OK(StartPuppet(name, event));
  ASSERT_OK(StartPuppet("impatient", event));
  for (int phase = 0; phase < 2; ++phase) {
    SCOPED_TRACE(absl::StrCat("phase ", phase));
    for (const std::string& name : patient) ASSERT_OK(Begin(name, "wait"));
    EXPECT_THAT(Do("impatient", "wait-for-deadline"), IsOkAndHolds(false));
    EXPECT_TRUE(stage().IsSilent("a", absl::ZeroDuration()));
    EXPECT_TRUE(stage().IsSilent("b", absl::ZeroDuration()));
    ASSERT_OK(event->Set());
    for (const std::string& name : patient) EXPECT_OK(stage().Expect(name));
    EXPECT_THAT(Do("impatient", "wait-for-deadline"), IsOkAndHolds(true));
    ASSERT_OK(event->Clear());
  }
}

PROCSPEC_CASE_F(SyncCase, "event.killed-waiter") {
  ASSERT_OK_AND_ASSIGN(auto event, backend().NewEvent());
  ASSERT_OK_AND_ASSIGN(auto victim, StartPuppet("victim", event));
  ASSERT_OK(StartPuppet("other", event));
  ASSERT_OK(Begin("victim", "wait"));
  ASSERT_OK(Begin("other", "wait"));
  ASSERT_TRUE(stage().IsSilent("victim", Observation()));
  ASSERT_OK(victim->Kill());
  ASSERT_OK(stage().ExpectGone("victim"));

  Stopwatch watch;
  EXPECT_OK(event->Set());
  EXPECT_TRUE(watch.Before(Guard()));
  EXPECT_OK(stage().Expect("other"));
}

// --- Barrier -----------------------------------------------------------------
// The number of parties tells cases apart where it does not matter: see the
// semaphores.

PROCSPEC_CASE_F(SyncCase, "barrier.releases-together.waits") {
  const std::vector<std::string> names = {"a", "b"};
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(3));
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK(Begin(name, "wait"));
  }
  EXPECT_TRUE(AreSilent(names));
  EXPECT_OK(barrier->Wait(Guard()));
  for (const std::string& name : names) EXPECT_OK(stage().Expect(name));
}

PROCSPEC_CASE_F(SyncCase, "barrier.releases-together.releases") {
  const std::vector<std::string> names = {"a", "b", "c"};
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(4));
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK(Begin(name, "wait"));
  }
  EXPECT_OK(barrier->Wait(Guard()));
  for (const std::string& name : names) {
    EXPECT_OK(stage().Expect(name)) << name;
  }
}

PROCSPEC_CASE_F(SyncCase, "barrier.indices") {
  const std::vector<std::string> names = {"a", "b", "c"};
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(4));
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK(Begin(name, "wait"));
  }
  List indices;
  ASSERT_OK_AND_ASSIGN(const int own, barrier->Wait(Guard()));
  indices.push_back(own);
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(Value index, stage().Expect(name));
    indices.push_back(std::move(index));
  }
  EXPECT_THAT(indices, testing::UnorderedElementsAre(Value(0), Value(1),
                                                     Value(2), Value(3)));
}

PROCSPEC_CASE_F(SyncCase, "barrier.reusable") {
  constexpr int kRounds = 30;
  const std::vector<std::string> names = {"a", "b"};
  List files;
  for (const std::string& name : names) files.push_back(Path(name));
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2));
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK(Begin(name, "go-rounds", List{Path(name), files, kRounds}));
  }
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect(name));
    ASSERT_OK_AND_ASSIGN(const List seen, said.As<List>());
    ASSERT_EQ(seen.size(), static_cast<size_t>(kRounds));
    for (int round = 1; round <= kRounds; ++round) {
      // Everybody had come to this round, and perhaps to the next already.
      ASSERT_OK_AND_ASSIGN(const List sizes, seen[round - 1].As<List>());
      EXPECT_THAT(sizes,
                  testing::Each(testing::AnyOf(Value(round), Value(round + 1))))
          << "after round " << round;
    }
  }
}

PROCSPEC_CASE_F(SyncCase, "barrier.action-once") {
  const std::vector<std::string> names = {"a", "b"};
  const std::string path = Path("actions");
  BarrierOptions options;
  options.parties = 2;
  options.action = "SyncNoteAction";
  options.action_arguments.args = {path};
  ASSERT_OK_AND_ASSIGN(auto barrier, backend().NewBarrier(options));
  std::vector<std::string> pids;
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK_AND_ASSIGN(const Value pid, Do(name, "pid"));
    pids.push_back(DebugString(pid));
  }
  for (size_t round = 1; round <= 2; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    for (const std::string& name : names) {
      ASSERT_OK(Begin(name, "wait-and-read", path));
    }
    // What each saw when it was released.
    for (const std::string& name : names) {
      ASSERT_OK_AND_ASSIGN(const Value said, stage().Expect(name));
      ASSERT_OK_AND_ASSIGN(const List lines, said.As<List>());
      EXPECT_EQ(lines.size(), round) << name;
    }
  }
  for (const std::string& line : ReadLines(path)) {
    EXPECT_THAT(pids, testing::Contains(line));
  }
}

PROCSPEC_CASE_F(SyncCase, "barrier.timeout-breaks.late-party") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2));
  Stopwatch watch;
  EXPECT_THAT(barrier->Wait(Deadline()), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE_F(SyncCase, "barrier.timeout-breaks.everybody") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(4));
  ASSERT_OK(StartPuppet("waiting", barrier));
  ASSERT_OK(StartPuppet("late", barrier));
  ASSERT_OK(Begin("waiting", "wait-for-long"));
  ASSERT_TRUE(AwaitWaiting(*barrier, 1));
  ASSERT_THAT(barrier->Wait(Deadline()), Raises(ErrorKind::kBrokenBarrier));

  Stopwatch watch;
  ASSERT_THAT(stage().Expect("waiting"), Raises(ErrorKind::kBrokenBarrier));
  ASSERT_THAT(Do("late", "wait-for-long"), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_THAT(barrier->Wait(Guard()), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "barrier.timeout-breaks.default") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2, Deadline()));
  Stopwatch watch;
  EXPECT_THAT(barrier->Wait(), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE_F(SyncCase, "barrier.timeout-breaks.default", "own-shorter") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2, 3 * Guard()));
  Stopwatch watch;
  EXPECT_THAT(barrier->Wait(Deadline()), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(SyncCase, "barrier.timeout-breaks.default", "own-longer") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2, Deadline()));
  Stopwatch watch;
  EXPECT_THAT(barrier->Wait(2 * Deadline()), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_TRUE(watch.NotBefore(2 * Deadline()));
}

PROCSPEC_CASE_F(SyncCase, "barrier.abort.waiting") {
  const std::vector<std::string> names = {"a", "b"};
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(4));
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK(Begin(name, "wait"));
  }
  ASSERT_TRUE(AwaitWaiting(*barrier, 2));
  ASSERT_OK(barrier->Abort());
  for (const std::string& name : names) {
    ASSERT_THAT(stage().Expect(name), Raises(ErrorKind::kBrokenBarrier));
  }
}

PROCSPEC_CASE_F(SyncCase, "barrier.abort.later") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2));
  ASSERT_OK(barrier->Abort());
  ASSERT_THAT(barrier->Broken(), IsOkAndHolds(true));
  Stopwatch watch;
  EXPECT_THAT(barrier->Wait(Guard()), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_THAT(barrier->Wait(), Raises(ErrorKind::kBrokenBarrier));
  EXPECT_TRUE(watch.Before(Guard()));
  EXPECT_THAT(barrier->Broken(), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(SyncCase, "barrier.reset.waiting") {
  const std::vector<std::string> names = {"a", "b"};
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(4));
  for (const std::string& name : names) {
    ASSERT_OK(StartPuppet(name, barrier));
    ASSERT_OK(Begin(name, "wait"));
  }
  ASSERT_TRUE(AwaitWaiting(*barrier, 2));
  ASSERT_OK(barrier->Reset());
  for (const std::string& name : names) {
    ASSERT_THAT(stage().Expect(name), Raises(ErrorKind::kBrokenBarrier));
  }
}

PROCSPEC_CASE_F(SyncCase, "barrier.reset.usable") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2));
  ASSERT_OK(StartPuppet("other", barrier));
  ASSERT_OK(barrier->Abort());
  ASSERT_OK(barrier->Reset());
  EXPECT_THAT(barrier->Broken(), IsOkAndHolds(false));
  ASSERT_OK(Begin("other", "wait"));
  EXPECT_OK(barrier->Wait(Guard()));
  EXPECT_OK(stage().Expect("other"));
}

// Who had waited before does not count as waiting after.
PROCSPEC_CASE_F(SyncCase, "barrier.reset.usable", "waiters") {
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(2));
  ASSERT_OK(StartPuppet("before", barrier));
  ASSERT_OK(StartPuppet("after", barrier));
  ASSERT_OK(Begin("before", "wait"));
  ASSERT_TRUE(AwaitWaiting(*barrier, 1));
  ASSERT_OK(barrier->Reset());
  ASSERT_OK(Begin("after", "wait"));
  EXPECT_TRUE(stage().IsSilent("after", Observation()));
  EXPECT_OK(barrier->Wait(Guard()));
  EXPECT_OK(stage().Expect("after"));
}

PROCSPEC_CASE_F(SyncCase, "barrier.attributes") {
  constexpr int kParties = 5;
  ASSERT_OK_AND_ASSIGN(auto barrier, NewBarrier(kParties));
  ASSERT_OK(StartPuppet("waiter", barrier));
  ASSERT_OK(StartPuppet("observer", barrier));
  EXPECT_THAT(barrier->Parties(), IsOkAndHolds(kParties));
  EXPECT_THAT(Do("observer", "parties"), IsOkAndHolds(kParties));
  EXPECT_THAT(barrier->Waiting(), IsOkAndHolds(0));
  EXPECT_THAT(Do("observer", "waiting"), IsOkAndHolds(0));
  ASSERT_OK(Begin("waiter", "wait"));
  EXPECT_TRUE(AwaitWaiting(*barrier, 1));
  EXPECT_THAT(Do("observer", "waiting"), IsOkAndHolds(1));
  EXPECT_THAT(barrier->Broken(), IsOkAndHolds(false));
  EXPECT_THAT(Do("observer", "broken"), IsOkAndHolds(false));

  ASSERT_OK(barrier->Abort());
  EXPECT_THAT(barrier->Broken(), IsOkAndHolds(true));
  EXPECT_THAT(Do("observer", "broken"), IsOkAndHolds(true));
}

// --- All ---------------------------------------------------------------------

PROCSPEC_CASE_F(SyncCase, "sync.pickle-outside-spawn") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK_AND_ASSIGN(Value lock, backend().NewLock());
  ASSERT_OK_AND_ASSIGN(Value rlock, backend().NewRLock());
  ASSERT_OK_AND_ASSIGN(Value semaphore, backend().NewSemaphore());
  ASSERT_OK_AND_ASSIGN(Value bounded, backend().NewBoundedSemaphore());
  ASSERT_OK_AND_ASSIGN(Value condition, backend().NewCondition());
  ASSERT_OK_AND_ASSIGN(Value event, backend().NewEvent());
  ASSERT_OK_AND_ASSIGN(Value barrier, NewBarrier(2));
  for (const Value& object :
       {lock, rlock, semaphore, bounded, condition, event, barrier}) {
    EXPECT_THAT(pipe.first->Send(object), Raises(ErrorKind::kSharing))
        << DebugString(object);
    EXPECT_THAT(pipe.first->Send(List{1, Dict{{"object", object}}}),
                Raises(ErrorKind::kSharing))
        << DebugString(object);
  }

  // The control: what may be sent arrives.
  ASSERT_OK(pipe.first->Send("text"));
  EXPECT_THAT(pipe.second->Recv(), IsOkAndHolds("text"));
}

}  // namespace procspec::harness
