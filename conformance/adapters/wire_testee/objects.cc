// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/objects.h"

#include "absl/strings/str_cat.h"
#include "spec/status_macros.h"

namespace procspec::wire_testee {

using wire::Json;

std::string_view KindName(const Object& object) {
  if (const Handle* handle = std::get_if<Handle>(&object)) {
    return HandleKindName((*handle)->handle_kind());
  }
  if (std::holds_alternative<std::shared_ptr<Process>>(object)) {
    return "Process";
  }
  if (std::holds_alternative<std::shared_ptr<Pool>>(object)) return "Pool";
  return "AsyncResult";
}

Objects::Identity Objects::IdentityOf(const Object& object) {
  return {object.index(),
          std::visit(
              [](const auto& p) { return static_cast<const void*>(p.get()); },
              object)};
}

int64_t Objects::Count(const Object& object) {
  std::lock_guard lock(mutex_);
  int64_t& number = numbers_[IdentityOf(object)];
  if (number == 0) number = ++last_number_;
  Entry& entry = entries_[number];
  if (entry.sent == 0) entry.object = object;
  ++entry.sent;
  return number;
}

Json Objects::Send(const Object& object) {
  return wire::HandleToJson(Count(object), KindName(object));
}

absl::StatusOr<int64_t> Objects::NumberOf(const Handle& handle) {
  return Count(Object(handle));
}

absl::StatusOr<Object> Objects::Find(int64_t number) const {
  std::lock_guard lock(mutex_);
  auto it = entries_.find(number);
  if (it == entries_.end()) {
    return wire::Violation(absl::StrCat("this process has no object ", number));
  }
  return it->second.object;
}

absl::Status Objects::Drop(int64_t number, int64_t times) {
  Object released;  // outside the mutex: it may take its time
  std::lock_guard lock(mutex_);
  auto it = entries_.find(number);
  if (it == entries_.end()) {
    return wire::Violation(absl::StrCat("this process has no object ", number));
  }
  Entry& entry = it->second;
  if (times < 1 || times > entry.sent) {
    return wire::Violation(absl::StrCat("object ", number, " was sent ",
                                        entry.sent, " times, and is dropped ",
                                        times, " times"));
  }
  entry.sent -= times;
  if (entry.sent > 0) return absl::OkStatus();
  released = std::move(entry.object);
  numbers_.erase(IdentityOf(released));
  entries_.erase(it);
  return absl::OkStatus();
}

absl::StatusOr<Handle> Objects::Receive(int64_t number, std::string_view kind) {
  PROCSPEC_ASSIGN_OR_RETURN(const Object object, Find(number));
  const Handle* handle = std::get_if<Handle>(&object);
  if (handle == nullptr || kind != KindName(object)) {
    return wire::Violation(absl::StrCat("object ", number, " is a ",
                                        KindName(object), ", and no ", kind,
                                        " to be passed"));
  }
  return *handle;
}

}  // namespace procspec::wire_testee
