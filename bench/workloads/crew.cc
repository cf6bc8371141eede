// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/workloads/crew.h"

#include <optional>
#include <utility>

#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::bench {

absl::Status InTime(const absl::StatusOr<bool>& waited) {
  if (!waited.ok()) return waited.status();
  return *waited ? absl::OkStatus()
                 : absl::DeadlineExceededError("a wait took 30 s: it hangs");
}

absl::StatusOr<std::unique_ptr<Crew>> Crew::New(
    std::shared_ptr<Backend> backend) {
  std::unique_ptr<Crew> crew(new Crew(std::move(backend)));
  PROCSPEC_ASSIGN_OR_RETURN(crew->ready_, crew->backend_->NewSemaphore(0));
  PROCSPEC_ASSIGN_OR_RETURN(crew->go_, crew->backend_->NewEvent());
  PROCSPEC_ASSIGN_OR_RETURN(crew->reports_, crew->backend_->NewQueue());
  return crew;
}

Crew::~Crew() {
  for (const std::shared_ptr<Process>& process : processes_) {
    (void)process->Kill();
    (void)process->Join(kPatience);
  }
}

absl::Status Crew::Add(std::string_view target, List arguments) {
  List all{Value(ready_), Value(go_), Value(reports_)};
  for (Value& argument : arguments) all.push_back(std::move(argument));
  PROCSPEC_ASSIGN_OR_RETURN(
      std::shared_ptr<Process> process,
      backend_->NewProcess({.target = std::string(target),
                            .arguments = {.args = std::move(all)},
                            .daemon = true}));
  PROCSPEC_RETURN_IF_ERROR(process->Start());
  processes_.push_back(std::move(process));
  return absl::OkStatus();
}

absl::Status Crew::Begin() {
  for (size_t i = 0; i < processes_.size(); ++i) {
    PROCSPEC_RETURN_IF_ERROR(InTime(ready_->Acquire(kPatience)));
  }
  return go_->Set();
}

absl::StatusOr<std::vector<List>> Crew::Reports(size_t count) {
  std::vector<List> reports;
  while (reports.size() < count) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value report, reports_->Get(kPatience));
    PROCSPEC_ASSIGN_OR_RETURN(List list, report.As<List>());
    reports.push_back(std::move(list));
  }
  return reports;
}

absl::Status Crew::Join() {
  for (const std::shared_ptr<Process>& process : processes_) {
    PROCSPEC_RETURN_IF_ERROR(process->Join(kPatience));
    PROCSPEC_ASSIGN_OR_RETURN(const std::optional<int> code,
                              process->ExitCode());
    if (code != 0) {
      return absl::InternalError("a process of the sample failed or hangs");
    }
  }
  processes_.clear();
  return absl::OkStatus();
}

absl::StatusOr<Member> Member::Of(const Arguments& arguments) {
  Member member;
  PROCSPEC_ASSIGN_OR_RETURN(member.ready_, arguments.Get<Semaphore>(0));
  PROCSPEC_ASSIGN_OR_RETURN(member.go_, arguments.Get<Event>(1));
  PROCSPEC_ASSIGN_OR_RETURN(member.reports_, arguments.Get<Queue>(2));
  return member;
}

absl::Status Member::Begin() {
  PROCSPEC_RETURN_IF_ERROR(ready_->Release());
  return InTime(go_->Wait(kPatience));
}

absl::Status Member::Report(List report) {
  return reports_->Put(Value(std::move(report)));
}

}  // namespace procspec::bench
