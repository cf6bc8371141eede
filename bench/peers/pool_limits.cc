// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/pool_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/peers/children.h"
#include "bench/peers/robust_ring.h"
#include "bench/peers/shared_memory.h"
#include "bench/peers/transport.h"
#include "bench/peers/trips.h"
#include "bench/sample.h"

namespace procspec::bench {
namespace {

// One way of two rings; the other carries the results, which look the same.
struct Task {
  uint64_t id;
  uint64_t value;
};
constexpr uint64_t kStop = ~uint64_t{0};

void PutTask(RobustRing& ring, const Task& task) {
  ring.Put(reinterpret_cast<const char*>(&task), sizeof task);
}

Task GetTask(RobustRing& ring) {
  Task task;
  if (ring.Get(reinterpret_cast<char*>(&task), sizeof task) != sizeof task) {
    Die("a part of it");
  }
  return task;
}

// Workers behind a ring of tasks and one of results.
class Workers {
 public:
  static absl::StatusOr<std::unique_ptr<Workers>> Create(Patience patience) {
    const Shape shape = {.bytes = sizeof(Task), .patience = patience};
    absl::StatusOr<std::unique_ptr<RobustRing>> tasks =
        RobustRing::Create(shape);
    if (!tasks.ok()) return tasks.status();
    absl::StatusOr<std::unique_ptr<RobustRing>> results =
        RobustRing::Create(shape);
    if (!results.ok()) return results.status();
    return std::make_unique<Workers>(*std::move(tasks), *std::move(results));
  }
  Workers(std::unique_ptr<RobustRing> tasks,
          std::unique_ptr<RobustRing> results)
      : tasks_(std::move(tasks)), results_(std::move(results)) {}

  // In a child. Does tasks until it is told to stop.
  void Work() {
    tasks_->BecomeReader();
    results_->BecomeWriter();
    for (;;) {
      Task task = GetTask(*tasks_);
      if (task.id == kStop) return;
      task.value = ~task.value;
      PutTask(*results_, task);
    }
  }

  // In another.
  void BecomeMaster() {
    tasks_->BecomeWriter();
    results_->BecomeReader();
  }
  void Submit(uint64_t id) { PutTask(*tasks_, {.id = id, .value = id}); }
  // Of any task: its id.
  uint64_t Result() {
    const Task task = GetTask(*results_);
    if (task.value != ~task.id) Die("another result");
    return task.id;
  }
  void Stop(int workers) {
    for (int i = 0; i < workers; ++i) PutTask(*tasks_, {.id = kStop});
  }

 private:
  std::unique_ptr<RobustRing> tasks_;
  std::unique_ptr<RobustRing> results_;
};

absl::StatusOr<Figures> SampleApplyAsync(int count) {
  constexpr uint64_t kBatch = 1000;
  const CpuTime cpu;
  absl::StatusOr<std::unique_ptr<Workers>> workers =
      Workers::Create(kStreaming);
  if (!workers.ok()) return workers.status();
  struct Board {
    StartLine line;
    uint64_t tasks = 0;
    int64_t elapsed_ns = 0;
  };
  Shared<Board> board;
  Children children;
  for (int i = 0; i < count; ++i) {
    children.Start([&] {
      board->line.Wait();
      (*workers)->Work();
    });
  }
  children.Start([&] {
    (*workers)->BecomeMaster();
    board->line.Wait();
    const int64_t start_ns = NowNs();
    const int64_t deadline_ns =
        start_ns + absl::ToInt64Nanoseconds(SampleTime());
    int64_t end_ns;
    uint64_t next = 0;
    do {
      uint64_t sum = 0;  // of ids
      for (uint64_t i = 0; i < kBatch; ++i) {
        sum += next;
        (*workers)->Submit(next++);
      }
      for (uint64_t i = 0; i < kBatch; ++i) sum -= (*workers)->Result();
      if (sum != 0) Die("not each result once");
      end_ns = NowNs();
    } while (end_ns < deadline_ns);
    board->tasks = next;
    board->elapsed_ns = end_ns - start_ns;
    (*workers)->Stop(count);
  });
  int64_t started_ns = 0;
  absl::Status status = board->line.Open(count + 1, started_ns);
  if (!status.ok()) return status;
  status = children.Wait();
  if (!status.ok()) return status;
  const double tasks = static_cast<double>(board->tasks);
  return Figures{.ns = static_cast<double>(board->elapsed_ns) / tasks,
                 .counters = {{"cpu_ns", cpu.ElapsedNs() / tasks}}};
}

absl::StatusOr<Figures> SampleApply(bool one_processor) {
  constexpr int kWorkers = 2;
  const CpuTime cpu;
  absl::StatusOr<std::unique_ptr<Workers>> workers =
      Workers::Create(one_processor ? kAnsweringHere : kAnswering);
  if (!workers.ok()) return workers.status();
  Shared<Trips> trips;
  Children children;
  for (int i = 0; i < kWorkers; ++i) {
    children.Start([&] {
      if (one_processor) PinToOneProcessor();
      trips->line.Wait();
      (*workers)->Work();
    });
  }
  children.Start([&] {
    if (one_processor) PinToOneProcessor();
    (*workers)->BecomeMaster();
    trips->line.Wait();
    uint64_t next = 0;
    TimeTrips(*trips, [&] {
      const int64_t start_ns = NowNs();
      (*workers)->Submit(next);
      const uint64_t id = (*workers)->Result();
      const int64_t end_ns = NowNs();
      if (id != next++) Die("the result of another task");
      return static_cast<double>(end_ns - start_ns);
    });
    (*workers)->Stop(kWorkers);
  });
  int64_t started_ns = 0;
  absl::Status status = trips->line.Open(kWorkers + 1, started_ns);
  if (!status.ok()) return status;
  status = children.Wait();
  if (!status.ok()) return status;
  return FiguresOf(*trips, cpu);
}

// Two processes, an item to each and back, their end.
absl::StatusOr<Figures> SampleForks() {
  constexpr int kWorkers = 2;
  const CpuTime cpu;
  int tasks[2];
  int results[2];
  if (pipe2(tasks, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  if (pipe2(results, O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "pipe2");
  }
  const absl::Cleanup close_fds = [&] {
    for (int fd : {tasks[0], tasks[1], results[0], results[1]}) close(fd);
  };
  std::vector<double> times_ns;
  const int64_t deadline_ns = NowNs() + absl::ToInt64Nanoseconds(SampleTime());
  while (times_ns.empty() || NowNs() < deadline_ns) {
    const int64_t start_ns = NowNs();
    pid_t workers[kWorkers];
    for (pid_t& worker : workers) {
      worker = fork();
      if (worker < 0) Die("fork");
      if (worker > 0) continue;
      char item;
      if (read(tasks[0], &item, 1) != 1) Die("read");
      ++item;
      if (write(results[1], &item, 1) != 1) Die("write");
      _exit(0);
    }
    if (write(tasks[1], "ac", kWorkers) != kWorkers) Die("write");
    int sum = 0;
    for (int i = 0; i < kWorkers; ++i) {
      char result = 0;
      if (read(results[0], &result, 1) != 1) Die("read");
      sum += result;
    }
    bool ok = sum == 'b' + 'd';
    for (pid_t worker : workers) ok = Reap(worker) && ok;
    times_ns.push_back(static_cast<double>(NowNs() - start_ns));
    if (!ok) return absl::AbortedError("a worker did not do what it should");
  }
  const double count = static_cast<double>(times_ns.size());
  Figures figures = FiguresOfTimes(std::move(times_ns));
  figures.counters["cpu_ns"] = cpu.ElapsedNs() / count;
  return figures;
}

}  // namespace

void RegisterPoolLimits() {
  for (int workers : {1, 2, 4}) {
    RegisterRow(absl::StrCat("pool.apply-async/", workers, "w/limit-rings"),
                [workers] { return SampleApplyAsync(workers); });
  }
  RegisterRow("pool.apply/limit-rings", [] { return SampleApply(false); });
  RegisterRow("pool.apply/one-cpu/limit-rings",
              [] { return SampleApply(true); });
  RegisterRow("pool.start-map-join/limit-forks", SampleForks);
}

}  // namespace procspec::bench
