// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/random_history.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "conformance/stress/clock.h"
#include "conformance/stress/member.h"
#include "spec/error.h"
#include "spec/queue.h"
#include "spec/status_macros.h"
#include "spec/sync.h"

namespace procspec::stress {
namespace {

using Random = std::mt19937_64;

// What members say. With kInvoked and kReturned nothing is lost with a killed
// one; kOperation is for those that nobody kills, and costs no time in between.
constexpr int64_t kReady = 0;
constexpr int64_t kInvoked = 1;   // [kInvoked, kind, value, time]
constexpr int64_t kReturned = 2;  // [kReturned, outcome, value, time]
constexpr int64_t kOperation =
    3;  // [kOperation, kind, value, outcome, from, to]
constexpr int64_t kEnd = 4;
// And hear.
constexpr int64_t kBegin = 5;  // [kBegin, time]

// What a call came to: whether it was done or refused, and what it gave.
struct Result {
  Outcome outcome = Outcome::kDone;
  int64_t value = 0;
};
using Call = std::function<absl::StatusOr<Result>()>;

// `refusal` is no error; all others are.
absl::StatusOr<Result> ResultOf(const absl::Status& status, ErrorKind refusal) {
  if (status.ok()) return Result{Outcome::kDone};
  if (IsKind(status, refusal)) return Result{Outcome::kRefused};
  return status;
}

absl::StatusOr<Result> CallPut(Queue& queue, int64_t value,
                               absl::Duration timeout) {
  return ResultOf(queue.Put(value, timeout), ErrorKind::kFull);
}

absl::StatusOr<Result> CallGet(Queue& queue, absl::Duration timeout) {
  const absl::StatusOr<Value> item = queue.Get(timeout);
  if (!item.ok()) return ResultOf(item.status(), ErrorKind::kEmpty);
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t value, item->As<int64_t>());
  return Result{Outcome::kDone, value};
}

absl::StatusOr<Result> CallAcquire(Lock& lock, absl::Duration timeout) {
  PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, lock.Acquire(timeout));
  return Result{acquired ? Outcome::kDone : Outcome::kRefused};
}

absl::StatusOr<Result> CallRelease(Lock& lock) {
  return ResultOf(lock.Release(), ErrorKind::kValue);
}

// --- Members -----------------------------------------------------------------

class Recorder {
 public:
  // `live`: every event is told as it happens.
  Recorder(MemberLine& line, bool live) : line_(line), live_(live) {}

  absl::StatusOr<Result> Record(OperationKind kind, int64_t value,
                                const Call& call) {
    const auto number = static_cast<int64_t>(kind);
    if (live_) {
      PROCSPEC_RETURN_IF_ERROR(line_.Send({kInvoked, number, value, NowNs()}));
    }
    const int64_t from = NowNs();
    const absl::StatusOr<Result> result = call();
    const int64_t to = NowNs();
    PROCSPEC_RETURN_IF_ERROR(result.status());
    if (kind != OperationKind::kPut) value = result->value;
    const auto outcome = static_cast<int64_t>(result->outcome);
    if (live_) {
      PROCSPEC_RETURN_IF_ERROR(line_.Send({kReturned, outcome, value, to}));
    } else {
      kept_.push_back({kOperation, number, value, outcome, from, to});
    }
    return result;
  }

  absl::Status Finish() {
    for (List& message : kept_) {
      PROCSPEC_RETURN_IF_ERROR(line_.Send(std::move(message)));
    }
    return line_.Send({kEnd});
  }

 private:
  MemberLine& line_;
  const bool live_;
  std::vector<List> kept_;
};

absl::Status UseQueue(Queue& queue, int64_t process, int64_t operations,
                      Random& random, Recorder& recorder) {
  for (int64_t i = 0; i < operations; ++i) {
    absl::Duration timeout;
    if (random() % 4 == 0) timeout = absl::Microseconds(random() % 200);
    if (random() % 2 == 0) {
      const int64_t value = process * 1'000'000 + i;
      PROCSPEC_RETURN_IF_ERROR(
          recorder
              .Record(OperationKind::kPut, value,
                      [&] { return CallPut(queue, value, timeout); })
              .status());
    } else {
      PROCSPEC_RETURN_IF_ERROR(
          recorder
              .Record(OperationKind::kGet, 0,
                      [&] { return CallGet(queue, timeout); })
              .status());
    }
  }
  return absl::OkStatus();
}

absl::Status UseLock(Lock& lock, int64_t operations, bool patient,
                     Random& random, Recorder& recorder) {
  bool held = false;
  for (int64_t i = 0; i < operations || held; ++i) {
    // Now and then a lock that it holds is acquired, one of others released.
    const bool unusual = i < operations && random() % 16 == 0;
    if (held != unusual) {
      PROCSPEC_RETURN_IF_ERROR(recorder
                                   .Record(OperationKind::kRelease, 0,
                                           [&] { return CallRelease(lock); })
                                   .status());
      held = false;
      continue;
    }
    absl::Duration timeout;
    if (random() % 4 == 0) timeout = absl::Microseconds(random() % 200);
    if (patient && !held && random() % 8 == 0) timeout = absl::Seconds(1);
    PROCSPEC_ASSIGN_OR_RETURN(const Result result,
                              recorder.Record(OperationKind::kAcquire, 0, [&] {
                                return CallAcquire(lock, timeout);
                              }));
    held = held || result.outcome == Outcome::kDone;
  }
  return absl::OkStatus();
}

// [object, process, operations, seed, live]
absl::Status MakeHistory(MemberLine& line, const Arguments& arguments) {
  constexpr size_t kArg = kFirstArgument;
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t process,
                            arguments.Get<int64_t>(kArg + 1));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t operations,
                            arguments.Get<int64_t>(kArg + 2));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t seed,
                            arguments.Get<int64_t>(kArg + 3));
  PROCSPEC_ASSIGN_OR_RETURN(const bool live, arguments.Get<bool>(kArg + 4));
  Random random(static_cast<uint64_t>(seed));
  Recorder recorder(line, live);

  PROCSPEC_RETURN_IF_ERROR(line.Send({kReady}));
  PROCSPEC_ASSIGN_OR_RETURN(const List begin, line.Receive());
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, IntAt(begin, 1));
  while (NowNs() < time) {
  }
  if (const auto queue = arguments.Get<Queue>(kArg); queue.ok()) {
    PROCSPEC_RETURN_IF_ERROR(
        UseQueue(**queue, process, operations, random, recorder));
  } else {
    PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(kArg));
    PROCSPEC_RETURN_IF_ERROR(
        UseLock(*lock, operations, /*patient=*/!live, random, recorder));
  }
  return recorder.Finish();
}

PROCSPEC_TARGET(StressMakeHistory) {
  return RunMember(backend, arguments, &MakeHistory);
}

// --- The leader --------------------------------------------------------------

class Recording {
 public:
  Recording(Backend& backend, const HistoryOptions& options)
      : backend_(backend), options_(options), random_(options.seed) {
    history_.object = options.object;
    if (options.object == ObjectKind::kQueue) history_.bound = options.bound;
  }

  ~Recording() {
    for (Member& member : members_) {
      member.Kill(options_.hang).IgnoreError();
    }
  }

  absl::StatusOr<History> Run() {
    Value object;
    if (options_.object == ObjectKind::kQueue) {
      PROCSPEC_ASSIGN_OR_RETURN(queue_, backend_.NewQueue(options_.bound));
      object = Value(queue_);
    } else {
      PROCSPEC_ASSIGN_OR_RETURN(lock_, backend_.NewLock());
      object = Value(lock_);
    }
    for (int64_t i = 0; i < options_.processes; ++i) {
      PROCSPEC_ASSIGN_OR_RETURN(
          Member member,
          Member::Start(backend_, "StressMakeHistory",
                        {object, i, options_.operations,
                         static_cast<int64_t>(random_() >> 1), options_.kill},
                        i));
      members_.push_back(std::move(member));
    }
    while (ready_ < options_.processes) PROCSPEC_RETURN_IF_ERROR(HearAll());
    const int64_t begin = NowNs() + 200'000;
    for (Member& member : members_) {
      PROCSPEC_RETURN_IF_ERROR(member.Send({kBegin, begin}));
    }
    if (options_.kill) {
      Spin(absl::Nanoseconds(begin - NowNs()) +
           absl::Microseconds(random_() % 500));
      PROCSPEC_RETURN_IF_ERROR(KillOne());
    }
    while (!members_.empty()) PROCSPEC_RETURN_IF_ERROR(HearAll());
    if (queue_ != nullptr) {
      PROCSPEC_RETURN_IF_ERROR(TakeWhatIsLeft());
      PROCSPEC_RETURN_IF_ERROR(queue_->Close());
    } else {
      PROCSPEC_RETURN_IF_ERROR(Add(OperationKind::kAcquire, [&] {
                                 return CallAcquire(*lock_,
                                                    absl::ZeroDuration());
                               }).status());
    }
    return std::move(history_);
  }

 private:
  // Hears all of them once; those that have ended are joined and gone then.
  absl::Status HearAll() {
    for (size_t i = 0; i < members_.size();) {
      PROCSPEC_ASSIGN_OR_RETURN(const bool ended, Hear(members_[i]));
      if (!ended) {
        ++i;
        continue;
      }
      Process& process = members_[i].process();
      PROCSPEC_RETURN_IF_ERROR(process.Join(options_.hang));
      PROCSPEC_ASSIGN_OR_RETURN(const auto code, process.ExitCode());
      if (code != 0) {
        return absl::InternalError(
            absl::StrCat("process ", members_[i].id(), " does not end well"));
      }
      members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (NowNs() - progress_ > absl::ToInt64Nanoseconds(options_.hang)) {
      return absl::DeadlineExceededError("no process makes progress");
    }
    return absl::OkStatus();
  }

  absl::Status KillOne() {
    const size_t index = random_() % members_.size();
    Member& victim = members_[index];
    history_.killed[static_cast<int>(victim.id())] = NowNs();
    const absl::Status killed = victim.Kill(options_.hang);
    PROCSPEC_ASSIGN_OR_RETURN(const bool ended, Hear(victim));
    // That it was done before is no fault.
    if (!ended) PROCSPEC_RETURN_IF_ERROR(killed);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(index));
    return absl::OkStatus();
  }

  // Whether it has said that it is done.
  absl::StatusOr<bool> Hear(Member& member) {
    while (true) {
      PROCSPEC_ASSIGN_OR_RETURN(const std::optional<List> message,
                                member.TryReceive());
      if (!message.has_value()) return false;
      progress_ = NowNs();
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t what, IntAt(*message, 0));
      if (what == kEnd) return true;
      PROCSPEC_RETURN_IF_ERROR(Note(member, what, *message));
    }
  }

  absl::Status Note(const Member& member, int64_t what, const List& message) {
    const auto process = static_cast<int>(member.id());
    switch (what) {
      case kReady:
        ++ready_;
        return absl::OkStatus();
      case kInvoked: {
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t kind, IntAt(message, 1));
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t value, IntAt(message, 2));
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, IntAt(message, 3));
        history_.operations.push_back({.process = process,
                                       .kind = static_cast<OperationKind>(kind),
                                       .value = value,
                                       .invoked = time});
        return absl::OkStatus();
      }
      case kReturned: {
        const auto last = std::find_if(
            history_.operations.rbegin(), history_.operations.rend(),
            [&](const Operation& other) { return other.process == process; });
        if (last == history_.operations.rend()) {
          return absl::InternalError("it returned and was not invoked");
        }
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t outcome, IntAt(message, 1));
        last->outcome = static_cast<Outcome>(outcome);
        PROCSPEC_ASSIGN_OR_RETURN(last->value, IntAt(message, 2));
        PROCSPEC_ASSIGN_OR_RETURN(last->returned, IntAt(message, 3));
        return absl::OkStatus();
      }
      case kOperation: {
        Operation operation = {.process = process};
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t kind, IntAt(message, 1));
        operation.kind = static_cast<OperationKind>(kind);
        PROCSPEC_ASSIGN_OR_RETURN(operation.value, IntAt(message, 2));
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t outcome, IntAt(message, 3));
        operation.outcome = static_cast<Outcome>(outcome);
        PROCSPEC_ASSIGN_OR_RETURN(operation.invoked, IntAt(message, 4));
        PROCSPEC_ASSIGN_OR_RETURN(operation.returned, IntAt(message, 5));
        history_.operations.push_back(operation);
        return absl::OkStatus();
      }
      default:
        return absl::InternalError(DebugString(Value(message)));
    }
  }

  absl::Status TakeWhatIsLeft() {
    const auto most = static_cast<int64_t>(history_.operations.size()) + 1;
    for (int64_t i = 0; i < most; ++i) {
      PROCSPEC_ASSIGN_OR_RETURN(const Result result,
                                Add(OperationKind::kGet, [&] {
                                  return CallGet(*queue_, absl::ZeroDuration());
                                }));
      if (result.outcome == Outcome::kRefused) break;
    }
    return absl::OkStatus();
  }

  // An operation of this process.
  absl::StatusOr<Result> Add(OperationKind kind, const Call& call) {
    Operation operation = {
        .process = options_.processes, .kind = kind, .invoked = NowNs()};
    PROCSPEC_ASSIGN_OR_RETURN(const Result result, call());
    operation.returned = NowNs();
    operation.outcome = result.outcome;
    operation.value = result.value;
    history_.operations.push_back(operation);
    return result;
  }

  Backend& backend_;
  const HistoryOptions options_;
  Random random_;
  std::shared_ptr<Queue> queue_;
  std::shared_ptr<Lock> lock_;
  std::vector<Member> members_;
  int ready_ = 0;
  int64_t progress_ = NowNs();
  History history_;
};

}  // namespace

absl::StatusOr<History> RecordHistory(Backend& backend,
                                      const HistoryOptions& options) {
  return Recording(backend, options).Run();
}

int64_t CountOverlapping(const History& history) {
  const std::vector<Operation>& all = history.operations;
  return std::count_if(all.begin(), all.end(), [&](const Operation& one) {
    return std::any_of(all.begin(), all.end(), [&](const Operation& other) {
      return other.process != one.process && other.invoked <= one.returned &&
             one.invoked <= other.returned;
    });
  });
}

}  // namespace procspec::stress
