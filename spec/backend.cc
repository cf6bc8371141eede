// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/backend.h"

#include "absl/strings/str_cat.h"

namespace procspec {
namespace {

absl::Status Lacks(const Backend& backend, const char* what) {
  return NotImplementedError(absl::StrCat(backend.name(), " has no ", what));
}

}  // namespace

absl::StatusOr<std::shared_ptr<Process>> Backend::NewProcess(ProcessOptions) {
  return Lacks(*this, "Process");
}

absl::StatusOr<ConnectionPair> Backend::NewPipe(bool) {
  return Lacks(*this, "Pipe");
}

absl::StatusOr<std::shared_ptr<Queue>> Backend::NewQueue(int64_t) {
  return Lacks(*this, "Queue");
}

absl::StatusOr<std::shared_ptr<JoinableQueue>> Backend::NewJoinableQueue(
    int64_t) {
  return Lacks(*this, "JoinableQueue");
}

absl::StatusOr<std::shared_ptr<SimpleQueue>> Backend::NewSimpleQueue() {
  return Lacks(*this, "SimpleQueue");
}

absl::StatusOr<std::shared_ptr<Lock>> Backend::NewLock() {
  return Lacks(*this, "Lock");
}

absl::StatusOr<std::shared_ptr<Lock>> Backend::NewRLock() {
  return Lacks(*this, "RLock");
}

absl::StatusOr<std::shared_ptr<Semaphore>> Backend::NewSemaphore(int64_t) {
  return Lacks(*this, "Semaphore");
}

absl::StatusOr<std::shared_ptr<Semaphore>> Backend::NewBoundedSemaphore(
    int64_t) {
  return Lacks(*this, "BoundedSemaphore");
}

absl::StatusOr<std::shared_ptr<Event>> Backend::NewEvent() {
  return Lacks(*this, "Event");
}

absl::StatusOr<std::shared_ptr<Condition>> Backend::NewCondition(
    std::shared_ptr<Lock>) {
  return Lacks(*this, "Condition");
}

absl::StatusOr<std::shared_ptr<Barrier>> Backend::NewBarrier(BarrierOptions) {
  return Lacks(*this, "Barrier");
}

absl::StatusOr<std::shared_ptr<Pool>> Backend::NewPool(PoolOptions) {
  return Lacks(*this, "Pool");
}

absl::StatusOr<std::shared_ptr<LocalObject>> Backend::NewLocalObject() {
  return Lacks(*this, "LocalObject");
}

absl::StatusOr<std::shared_ptr<Process>> Backend::CurrentProcess() {
  return Lacks(*this, "CurrentProcess");
}

absl::StatusOr<std::vector<std::shared_ptr<Process>>>
Backend::ActiveChildren() {
  return Lacks(*this, "ActiveChildren");
}

absl::StatusOr<int64_t> Backend::Pid() { return Lacks(*this, "Pid"); }

absl::StatusOr<int64_t> Backend::ParentPid() {
  return Lacks(*this, "ParentPid");
}

absl::StatusOr<int> Backend::CpuCount() { return Lacks(*this, "CpuCount"); }

absl::Status Backend::Print(StandardStream, std::string_view) {
  return Lacks(*this, "Print");
}

absl::Status Backend::Crash(CrashKind, int) { return Lacks(*this, "Crash"); }

absl::Status Backend::AtExit(std::string_view, Arguments) {
  return Lacks(*this, "AtExit");
}

absl::Status Backend::SetGlobal(std::string_view, Value) {
  return Lacks(*this, "globals");
}

absl::StatusOr<Value> Backend::Global(std::string_view) {
  return Lacks(*this, "globals");
}

int Backend::FinishProgram(int status) { return status; }

}  // namespace procspec
