// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "bench/workloads/crew.h"
#include "bench/workloads/one_cpu.h"
#include "bench/workloads/rows.h"
#include "bench/workloads/time_each.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::bench {
namespace {

absl::Status Pair(Lock& lock) {
  PROCSPEC_RETURN_IF_ERROR(InTime(lock.Acquire(kPatience)));
  return lock.Release();
}

// (lock, nanoseconds): acquires and releases; reports how often, when it began
// and when it ended.
PROCSPEC_TARGET(bench_lock_pairs) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(k));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, arguments.Get<int64_t>(k + 1));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  int64_t pairs = 0;
  const int64_t begin = NowNs();
  int64_t now = begin;
  while (now - begin < time) {
    for (int i = 0; i < 64; ++i) PROCSPEC_RETURN_IF_ERROR(Pair(*lock));
    pairs += 64;
    now = NowNs();
  }
  PROCSPEC_RETURN_IF_ERROR(
      member.Report({Value(pairs), Value(begin), Value(now)}));
  return Value();
}

absl::StatusOr<Figures> ContendedPairs(const std::shared_ptr<Backend>& backend,
                                       int processes) {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, backend->NewLock());
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  for (int i = 0; i < processes; ++i) {
    PROCSPEC_RETURN_IF_ERROR(crew->Add(
        "bench_lock_pairs",
        {Value(lock), Value(absl::ToInt64Nanoseconds(SampleTime()))}));
  }
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  PROCSPEC_ASSIGN_OR_RETURN(const std::vector<List> reports,
                            crew->Reports(processes));
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  int64_t pairs = 0;
  std::vector<uint64_t> pairs_of;
  int64_t begin = INT64_MAX;
  int64_t end = 0;
  for (const List& report : reports) {
    const int64_t own = *report[0].get_if<int64_t>();
    pairs += own;
    pairs_of.push_back(static_cast<uint64_t>(own));
    begin = std::min(begin, *report[1].get_if<int64_t>());
    end = std::max(end, *report[2].get_if<int64_t>());
  }
  Figures figures{.ns = 1.0 * (end - begin) / pairs};
  figures.counters["fairness"] = Fairness(pairs_of);
  return figures;
}

// Times rounds in which many take part. The figure is from one round to the
// next: who times it may come last each time, and then what it sees is not a
// round.
absl::StatusOr<Figures> TimeRounds(absl::FunctionRef<absl::Status()> round) {
  constexpr int kWarmUp = 20;
  const int64_t begin = NowNs();
  PROCSPEC_ASSIGN_OR_RETURN(std::vector<double> times,
                            TimeEach(round, {.warm_up = kWarmUp}));
  const double period = static_cast<double>(NowNs() - begin) /
                        static_cast<double>(times.size() + kWarmUp);
  Figures figures = FiguresOfTimes(std::move(times));
  figures.ns = period;
  return figures;
}

// An operation that concerns nobody else.
template <typename Operation>
absl::StatusOr<Figures> Alone(Operation operation) {
  PROCSPEC_ASSIGN_OR_RETURN(std::vector<double> times, TimeBatches(operation));
  Figures figures = FiguresOfTimes(std::move(times));
  // Of batches, not of operations.
  figures.counters.erase("p99_ns");
  figures.counters.erase("max_ns");
  return figures;
}

// (there, back, stop)
PROCSPEC_TARGET(bench_semaphore_echo) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto there, arguments.Get<Semaphore>(k));
  PROCSPEC_ASSIGN_OR_RETURN(auto back, arguments.Get<Semaphore>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, arguments.Get<Event>(k + 2));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  while (true) {
    PROCSPEC_RETURN_IF_ERROR(InTime(there->Acquire(kPatience)));
    PROCSPEC_ASSIGN_OR_RETURN(const bool stopped, stop->IsSet());
    if (stopped) return Value();
    PROCSPEC_RETURN_IF_ERROR(back->Release());
  }
}

// Two processes wake each other in turn: `wake` the other one, `trip` there and
// back. The echo ends when it is woken after `stop` is set.
absl::StatusOr<Figures> HandOff(const std::shared_ptr<Backend>& backend,
                                std::string_view echo, Value there, Value back,
                                absl::FunctionRef<absl::Status()> wake,
                                absl::FunctionRef<absl::Status()> trip) {
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, backend->NewEvent());
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  PROCSPEC_RETURN_IF_ERROR(crew->Add(echo, {there, back, Value(stop)}));
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  PROCSPEC_ASSIGN_OR_RETURN(std::vector<double> times, TimeEach(trip));
  PROCSPEC_RETURN_IF_ERROR(stop->Set());
  PROCSPEC_RETURN_IF_ERROR(wake());
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  return FiguresOfTimes(std::move(times));
}

absl::StatusOr<Figures> SemaphoreHandOff(
    const std::shared_ptr<Backend>& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(auto there, backend->NewSemaphore(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto back, backend->NewSemaphore(0));
  return HandOff(
      backend, "bench_semaphore_echo", Value(there), Value(back),
      [&] { return there->Release(); },
      [&]() -> absl::Status {
        PROCSPEC_RETURN_IF_ERROR(there->Release());
        return InTime(back->Acquire(kPatience));
      });
}

// (there, back, stop)
PROCSPEC_TARGET(bench_event_echo) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto there, arguments.Get<Event>(k));
  PROCSPEC_ASSIGN_OR_RETURN(auto back, arguments.Get<Event>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, arguments.Get<Event>(k + 2));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  while (true) {
    PROCSPEC_RETURN_IF_ERROR(InTime(there->Wait(kPatience)));
    PROCSPEC_RETURN_IF_ERROR(there->Clear());
    PROCSPEC_ASSIGN_OR_RETURN(const bool stopped, stop->IsSet());
    if (stopped) return Value();
    PROCSPEC_RETURN_IF_ERROR(back->Set());
  }
}

absl::StatusOr<Figures> EventHandOff(const std::shared_ptr<Backend>& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(auto there, backend->NewEvent());
  PROCSPEC_ASSIGN_OR_RETURN(auto back, backend->NewEvent());
  return HandOff(
      backend, "bench_event_echo", Value(there), Value(back),
      [&] { return there->Set(); },
      [&]() -> absl::Status {
        PROCSPEC_RETURN_IF_ERROR(there->Set());
        PROCSPEC_RETURN_IF_ERROR(InTime(back->Wait(kPatience)));
        return back->Clear();
      });
}

// (condition, waits, stop): who holds the lock notifies the other, which waits
// already, and waits itself.
PROCSPEC_TARGET(bench_condition_echo) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto condition, arguments.Get<Condition>(k));
  PROCSPEC_ASSIGN_OR_RETURN(auto waits, arguments.Get<Semaphore>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, arguments.Get<Event>(k + 2));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  PROCSPEC_RETURN_IF_ERROR(InTime(condition->Acquire(kPatience)));
  PROCSPEC_RETURN_IF_ERROR(waits->Release());
  while (true) {
    PROCSPEC_RETURN_IF_ERROR(InTime(condition->Wait(kPatience)));
    PROCSPEC_ASSIGN_OR_RETURN(const bool stopped, stop->IsSet());
    if (stopped) break;
    PROCSPEC_RETURN_IF_ERROR(condition->Notify());
  }
  PROCSPEC_RETURN_IF_ERROR(condition->Release());
  return Value();
}

absl::StatusOr<Figures> ConditionHandOff(
    const std::shared_ptr<Backend>& backend) {
  PROCSPEC_ASSIGN_OR_RETURN(auto condition, backend->NewCondition());
  PROCSPEC_ASSIGN_OR_RETURN(auto waits, backend->NewSemaphore(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, backend->NewEvent());
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  PROCSPEC_RETURN_IF_ERROR(crew->Add(
      "bench_condition_echo", {Value(condition), Value(waits), Value(stop)}));
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  PROCSPEC_RETURN_IF_ERROR(InTime(waits->Acquire(kPatience)));
  // Free only once the other one waits.
  PROCSPEC_RETURN_IF_ERROR(InTime(condition->Acquire(kPatience)));
  PROCSPEC_ASSIGN_OR_RETURN(std::vector<double> times,
                            TimeEach([&]() -> absl::Status {
                              PROCSPEC_RETURN_IF_ERROR(condition->Notify());
                              return InTime(condition->Wait(kPatience));
                            }));
  PROCSPEC_RETURN_IF_ERROR(stop->Set());
  PROCSPEC_RETURN_IF_ERROR(condition->Notify());
  PROCSPEC_RETURN_IF_ERROR(condition->Release());
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  return FiguresOfTimes(std::move(times));
}

absl::StatusOr<Figures> NotifyAll(const std::shared_ptr<Backend>& backend,
                                  int waiters) {
  PROCSPEC_ASSIGN_OR_RETURN(auto condition, backend->NewCondition());
  PROCSPEC_ASSIGN_OR_RETURN(auto answers, backend->NewSemaphore(0));
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, backend->NewEvent());
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  for (int i = 0; i < waiters; ++i) {
    PROCSPEC_RETURN_IF_ERROR(
        crew->Add("bench_condition_waiter",
                  {Value(condition), Value(answers), Value(stop)}));
  }
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  const auto all_have_answered = [&]() -> absl::Status {
    for (int i = 0; i < waiters; ++i) {
      PROCSPEC_RETURN_IF_ERROR(InTime(answers->Acquire(kPatience)));
    }
    return absl::OkStatus();
  };
  const auto wake_all = [&]() -> absl::Status {
    // They answer holding the lock: once it is free, the last of them waits.
    PROCSPEC_RETURN_IF_ERROR(InTime(condition->Acquire(kPatience)));
    PROCSPEC_RETURN_IF_ERROR(condition->NotifyAll());
    return condition->Release();
  };
  PROCSPEC_RETURN_IF_ERROR(all_have_answered());
  PROCSPEC_ASSIGN_OR_RETURN(const Figures figures,
                            TimeRounds([&]() -> absl::Status {
                              PROCSPEC_RETURN_IF_ERROR(wake_all());
                              return all_have_answered();
                            }));
  PROCSPEC_RETURN_IF_ERROR(stop->Set());
  PROCSPEC_RETURN_IF_ERROR(wake_all());
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  return figures;
}

// (condition, answers, stop)
PROCSPEC_TARGET(bench_condition_waiter) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto condition, arguments.Get<Condition>(k));
  PROCSPEC_ASSIGN_OR_RETURN(auto answers, arguments.Get<Semaphore>(k + 1));
  PROCSPEC_ASSIGN_OR_RETURN(auto stop, arguments.Get<Event>(k + 2));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  PROCSPEC_RETURN_IF_ERROR(InTime(condition->Acquire(kPatience)));
  while (true) {
    PROCSPEC_RETURN_IF_ERROR(answers->Release());
    PROCSPEC_RETURN_IF_ERROR(InTime(condition->Wait(kPatience)));
    PROCSPEC_ASSIGN_OR_RETURN(const bool stopped, stop->IsSet());
    if (stopped) break;
  }
  PROCSPEC_RETURN_IF_ERROR(condition->Release());
  return Value();
}

// (barrier): until it is broken.
PROCSPEC_TARGET(bench_barrier_party) {
  constexpr size_t k = Member::kArguments;
  PROCSPEC_ASSIGN_OR_RETURN(Member member, Member::Of(arguments));
  PROCSPEC_ASSIGN_OR_RETURN(auto barrier, arguments.Get<Barrier>(k));
  PROCSPEC_RETURN_IF_ERROR(member.Begin());
  while (true) {
    const absl::StatusOr<int> round = barrier->Wait(kPatience);
    if (IsKind(round.status(), ErrorKind::kBrokenBarrier)) return Value();
    if (!round.ok()) return round.status();
  }
}

absl::StatusOr<Figures> BarrierRounds(const std::shared_ptr<Backend>& backend,
                                      int parties) {
  PROCSPEC_ASSIGN_OR_RETURN(auto barrier,
                            backend->NewBarrier({.parties = parties}));
  PROCSPEC_ASSIGN_OR_RETURN(auto crew, Crew::New(backend));
  for (int i = 1; i < parties; ++i) {
    PROCSPEC_RETURN_IF_ERROR(
        crew->Add("bench_barrier_party", {Value(barrier)}));
  }
  PROCSPEC_RETURN_IF_ERROR(crew->Begin());
  PROCSPEC_ASSIGN_OR_RETURN(const Figures figures, TimeRounds([&] {
                              return barrier->Wait(kPatience).status();
                            }));
  PROCSPEC_RETURN_IF_ERROR(barrier->Abort());
  PROCSPEC_RETURN_IF_ERROR(crew->Join());
  return figures;
}

template <typename Sample>
BackendSample OnOneCpu(Sample sample) {
  return [sample](const std::shared_ptr<Backend>& backend) {
    const OneCpu pinned;
    return sample(backend);
  };
}

}  // namespace

void RegisterSyncRows(const Judged& judged) {
  if (!judged.all_rows) return;
  using B = const std::shared_ptr<Backend>&;
  const auto row = [&](std::string_view group, BackendSample sample) {
    RegisterBackendRow(judged, group, std::move(sample));
  };
  row("lock.pair/1p", [](B backend) -> absl::StatusOr<Figures> {
    PROCSPEC_ASSIGN_OR_RETURN(auto lock, backend->NewLock());
    return Alone([&] { return Pair(*lock); });
  });
  for (const int processes : {2, 4}) {
    row(absl::StrCat("lock.pair/", processes, "p"),
        [processes](B backend) { return ContendedPairs(backend, processes); });
  }
  row("rlock.pair/1p", [](B backend) -> absl::StatusOr<Figures> {
    PROCSPEC_ASSIGN_OR_RETURN(auto lock, backend->NewRLock());
    return Alone([&] { return Pair(*lock); });
  });
  row("semaphore.pair/1p", [](B backend) -> absl::StatusOr<Figures> {
    PROCSPEC_ASSIGN_OR_RETURN(auto semaphore, backend->NewSemaphore(1));
    return Alone([&]() -> absl::Status {
      PROCSPEC_RETURN_IF_ERROR(InTime(semaphore->Acquire(kPatience)));
      return semaphore->Release();
    });
  });
  row("semaphore.handoff", SemaphoreHandOff);
  row("semaphore.handoff/one-cpu", OnOneCpu(SemaphoreHandOff));
  row("event.isset", [](B backend) -> absl::StatusOr<Figures> {
    PROCSPEC_ASSIGN_OR_RETURN(auto event, backend->NewEvent());
    return Alone([&]() -> absl::Status {
      PROCSPEC_ASSIGN_OR_RETURN(const bool set, event->IsSet());
      return set ? absl::DataLossError("it is set") : absl::OkStatus();
    });
  });
  row("event.set", [](B backend) -> absl::StatusOr<Figures> {
    PROCSPEC_ASSIGN_OR_RETURN(auto event, backend->NewEvent());
    return Alone([&] { return event->Set(); });
  });
  row("event.handoff", EventHandOff);
  row("event.handoff/one-cpu", OnOneCpu(EventHandOff));
  row("condition.notify", [](B backend) -> absl::StatusOr<Figures> {
    PROCSPEC_ASSIGN_OR_RETURN(auto condition, backend->NewCondition());
    PROCSPEC_RETURN_IF_ERROR(InTime(condition->Acquire(kPatience)));
    return Alone([&] { return condition->Notify(); });
  });
  row("condition.handoff", ConditionHandOff);
  row("condition.handoff/one-cpu", OnOneCpu(ConditionHandOff));
  for (const int waiters : {1, 8, 32}) {
    row(absl::StrCat("condition.notify-all/", waiters, "p"),
        [waiters](B backend) { return NotifyAll(backend, waiters); });
  }
  for (const int parties : {2, 8, 32}) {
    row(absl::StrCat("barrier.round/", parties, "p"),
        [parties](B backend) { return BarrierRounds(backend, parties); });
  }
}

}  // namespace procspec::bench
