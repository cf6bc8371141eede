// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/catalogue.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace procspec::bench {

std::span<const Workload> AllWorkloads() {
  static const std::vector<Workload>& workloads = *new std::vector<Workload>{
      {"queue.throughput",
       "Queue, one way",
       "message",
       Shown::kRate,
       {ClauseId("queue.put-get.fifo"),
        ClauseId("queue.multi-producer.exactly-once"),
        ClauseId("queue.multi-producer.producer-order"),
        ClauseId("queue.bounded-across-processes"),
        ClauseId("queue.put.blocks-when-full"), ClauseId("queue.get.blocks")}},
      {"queue.roundtrip",
       "Queue, there and back",
       "round trip",
       Shown::kTime,
       {ClauseId("queue.put-get.fifo"), ClauseId("queue.get.blocks")}},
      {"queue.put",
       "Queue, one put",
       "put",
       Shown::kTime,
       {ClauseId("queue.put.default"), ClauseId("queue.qsize")}},
      {"pipe.throughput",
       "Pipe, one way",
       "message",
       Shown::kRate,
       {ClauseId("pipe.between-processes"), ClauseId("pipe.bytes.roundtrip"),
        ClauseId("pipe.bytes.boundaries"), ClauseId("pipe.recv.blocks")}},
      {"pipe.roundtrip",
       "Pipe, there and back",
       "round trip",
       Shown::kTime,
       {ClauseId("pipe.between-processes"), ClauseId("pipe.bytes.roundtrip"),
        ClauseId("pipe.duplex.default.both-ways"),
        ClauseId("pipe.recv.blocks")}},
      {"lock.pair",
       "Lock, acquire and release",
       "pair",
       Shown::kTime,
       {ClauseId("lock.acquire-release"), ClauseId("lock.mutual-exclusion"),
        ClauseId("lock.blocks-across-processes")}},
      {"rlock.pair",
       "RLock, acquire and release",
       "pair",
       Shown::kTime,
       {ClauseId("rlock.reentrant.acquire"),
        ClauseId("rlock.reentrant.release"),
        ClauseId("rlock.release-not-owner")}},
      {"semaphore.pair",
       "Semaphore, acquire and release",
       "pair",
       Shown::kTime,
       {ClauseId("semaphore.count"),
        ClauseId("semaphore.limits-concurrency.cap")}},
      {"semaphore.handoff",
       "Semaphores, there and back",
       "round trip",
       Shown::kTime,
       {ClauseId("semaphore.count"), ClauseId("semaphore.release-by-other")}},
      {"event.isset",
       "Event, IsSet",
       "call",
       Shown::kTime,
       {ClauseId("event.initial-false")}},
      {"event.set",
       "Event, Set with nobody waiting",
       "call",
       Shown::kTime,
       {ClauseId("event.set-releases-all.later")}},
      {"event.handoff",
       "Events, there and back",
       "round trip",
       Shown::kTime,
       {ClauseId("event.cross-process"),
        ClauseId("event.set-releases-all.waiting"),
        ClauseId("event.clear.blocks-again")}},
      {"condition.notify",
       "Condition, Notify with nobody waiting",
       "call",
       Shown::kTime,
       {ClauseId("condition.notify-none")}},
      {"condition.handoff",
       "Condition, there and back",
       "round trip",
       Shown::kTime,
       {ClauseId("condition.notify-one"),
        ClauseId("condition.wait-releases.while-waiting"),
        ClauseId("condition.wait-releases.on-return")}},
      {"condition.notify-all",
       "Condition, NotifyAll and all have answered",
       "round",
       Shown::kTime,
       {ClauseId("condition.notify-all")}},
      {"barrier.round",
       "Barrier, one round",
       "round",
       Shown::kTime,
       {ClauseId("barrier.releases-together.waits"),
        ClauseId("barrier.releases-together.releases"),
        ClauseId("barrier.reusable")}},
      {"process.start-join",
       "Process, start and join",
       "process",
       Shown::kTime,
       {ClauseId("process.target.runs-in-child"),
        ClauseId("process.join.waits"), ClauseId("process.exitcode.normal")}},
      {"process.first-instruction",
       "Process, start to its target",
       "process",
       Shown::kTime,
       {ClauseId("process.target.runs-in-child"),
        ClauseId("process.start.returns-before-end")}},
      {"pool.apply-async",
       "Pool, ApplyAsync and Get",
       "task",
       Shown::kRate,
       {ClauseId("pool.apply-async.nonblocking"),
        ClauseId("asyncresult.get.value"), ClauseId("pool.workers.reused")}},
      {"pool.map",
       "Pool, Map",
       "item",
       Shown::kRate,
       {ClauseId("pool.map.order"), ClauseId("pool.map.chunksize")}},
      {"pool.apply",
       "Pool, one Apply at a time",
       "task",
       Shown::kTime,
       {ClauseId("pool.apply.result"), ClauseId("pool.apply.sequential")}},
      {"pool.start-map-join",
       "Pool of two, start, one Map, join",
       "pool",
       Shown::kTime,
       {ClauseId("pool.map.order"), ClauseId("pool.close.completes.join")}},
  };
  return workloads;
}

const Workload* FindWorkload(std::string_view name) {
  const std::span<const Workload> all = AllWorkloads();
  const auto found = std::ranges::find(all, name, &Workload::name);
  return found == all.end() ? nullptr : &*found;
}

SubjectKind KindOfSubject(std::string_view subject) {
  static constexpr std::string_view kPeers[] = {
      "boost-mq", "posix-mq",   "posix-sem",     "posix-spawn",
      "raw-pipe", "socketpair", "pthread-mutex", "robust-mutex",
      "sq",       "zmq-ipc",    "zygote"};
  if (absl::StartsWith(subject, "limit-")) return SubjectKind::kLimit;
  return std::ranges::find(kPeers, subject) != std::end(kPeers)
             ? SubjectKind::kPeer
             : SubjectKind::kBackend;
}

std::string RowName::group() const {
  return parameters.empty() ? workload
                            : absl::StrCat(workload, "/", parameters);
}

bool ParseRowName(std::string_view text, RowName& row) {
  const size_t first = text.find('/');
  const size_t last = text.rfind('/');
  if (first == std::string_view::npos || first == 0 ||
      last + 1 == text.size()) {
    return false;
  }
  row.workload = text.substr(0, first);
  row.parameters =
      first == last ? "" : text.substr(first + 1, last - first - 1);
  row.subject = text.substr(last + 1);
  return true;
}

bool IsQuick(const RowName& row) {
  static constexpr std::string_view kGroups[] = {"queue.throughput/64B/1x1",
                                                 "queue.throughput/64B/4x4",
                                                 "queue.throughput/64KiB/1x1",
                                                 "queue.roundtrip/64B",
                                                 "queue.put/64B",
                                                 "pipe.throughput/64B",
                                                 "pipe.roundtrip/64B",
                                                 "lock.pair/1p",
                                                 "rlock.pair/1p",
                                                 "event.set",
                                                 "semaphore.handoff",
                                                 "condition.handoff",
                                                 "barrier.round/2p",
                                                 "process.start-join/small",
                                                 "pool.apply-async/2w",
                                                 "pool.map/default",
                                                 "pool.apply"};
  return std::ranges::find(kGroups, row.group()) != std::end(kGroups);
}

}  // namespace procspec::bench
