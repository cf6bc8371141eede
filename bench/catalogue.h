// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_CATALOGUE_H_
#define PROCSPEC_BENCH_CATALOGUE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/clause.h"

// What is measured. A row is WORKLOAD/PARAMETERS/SUBJECT, of which the
// parameters may be empty or several: "lock.pair/reference-fork",
// "queue.throughput/64B/1x1/boost-mq". Rows that differ in the subject alone
// are a group.

namespace procspec::bench {

// Which way a chart of the workload reads.
enum class Shown { kTime, kRate };

struct Workload {
  std::string_view name;
  std::string_view title;      // "Queue, one way"
  std::string_view operation;  // what `ns` is the time of: "message"
  Shown shown;
  // A backend that does not hold one of these has no figures.
  std::vector<ClauseId> clauses;
};

// In the order in which a reader wants them.
std::span<const Workload> AllWorkloads();

// Null if there is none.
const Workload* FindWorkload(std::string_view name);

enum class SubjectKind {
  kBackend,  // judged by the conformance suite
  kPeer,     // does the same by other means; not judged
  kLimit,    // only the physical part of it
};

// By its name: limit-*, or one of the peers that are known. All else is a
// backend, and nothing is published of one that was not judged.
SubjectKind KindOfSubject(std::string_view subject);

struct RowName {
  std::string workload;
  std::string parameters;  // "64B/1x1"; may be empty
  std::string subject;

  // What rows that are compared have in common.
  std::string group() const;
};

// False: it is not of that form.
bool ParseRowName(std::string_view text, RowName& row);

// Whether it is among those of a quick run: one or two of each workload that
// matter most.
bool IsQuick(const RowName& row);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_CATALOGUE_H_
