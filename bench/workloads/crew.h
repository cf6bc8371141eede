// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_WORKLOADS_CREW_H_
#define PROCSPEC_BENCH_WORKLOADS_CREW_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/backend.h"

namespace procspec::bench {

// For every wait: a sample takes a fraction of a second, unless it hangs.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

// Processes that take part in a sample: they start, say that they are there,
// begin together and report when they are done. For one thread.
class Crew {
 public:
  static absl::StatusOr<std::unique_ptr<Crew>> New(
      std::shared_ptr<Backend> backend);
  // Ends what is left of it by force.
  ~Crew();

  // A process that runs `target` with `arguments` behind those of Member.
  absl::Status Add(std::string_view target, List arguments);
  // Waits until all are ready, and lets them begin.
  absl::Status Begin();
  // What the next `count` members report, in the order in which they do.
  absl::StatusOr<std::vector<List>> Reports(size_t count);
  // Waits for the end of all.
  absl::Status Join();

 private:
  explicit Crew(std::shared_ptr<Backend> backend)
      : backend_(std::move(backend)) {}

  const std::shared_ptr<Backend> backend_;
  std::shared_ptr<Semaphore> ready_;
  std::shared_ptr<Event> go_;
  std::shared_ptr<Queue> reports_;
  std::vector<std::shared_ptr<Process>> processes_;
};

// The other side of it, in a target.
class Member {
 public:
  // How many positional arguments are its own; those of Add follow.
  static constexpr size_t kArguments = 3;

  static absl::StatusOr<Member> Of(const Arguments& arguments);

  // Says that it is ready and waits for the beginning.
  absl::Status Begin();
  absl::Status Report(List report);

 private:
  std::shared_ptr<Semaphore> ready_;
  std::shared_ptr<Event> go_;
  std::shared_ptr<Queue> reports_;
};

// Whether a wait with a timeout was in time.
absl::Status InTime(const absl::StatusOr<bool>& waited);

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_WORKLOADS_CREW_H_
