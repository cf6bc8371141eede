// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_OBJECTS_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_OBJECTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "conformance/adapters/wire/message.h"
#include "spec/pool.h"
#include "spec/process.h"
#include "spec/shareable.h"
#include "spec/target.h"
#include "spec/value.h"

namespace procspec::wire_testee {

// What the judge knows by a number.
using Object =
    std::variant<Handle, std::shared_ptr<Process>, std::shared_ptr<Pool>,
                 std::shared_ptr<AsyncResult>>;

// "Queue", "Process": as the wire spells it.
std::string_view KindName(const Object& object);

// The objects of this process that the judge holds. The same object has the
// same number for as long as it does. An object is kept until the judge has
// dropped it as many times as it was sent.
//
// Thread-safe. Not for a forked child, which begins with a table of its own.
class Objects : public wire::Handles {
 public:
  // {"h": number, "kind": kind}, which is then sent.
  wire::Json Send(const Object& object);

  // An error without an ErrorKind: the process does not have it.
  absl::StatusOr<Object> Find(int64_t number) const;

  // What is dropped for the last time is released when this returns. Errors
  // without an ErrorKind: it does not have it, or has sent it fewer times.
  absl::Status Drop(int64_t number, int64_t times);

  // Of handles in values that are sent, and in those that come.
  absl::StatusOr<int64_t> NumberOf(const Handle& handle) override;
  absl::StatusOr<Handle> Receive(int64_t number,
                                 std::string_view kind) override;

 private:
  struct Entry {
    Object object;
    int64_t sent = 0;
  };
  using Identity = std::pair<size_t, const void*>;

  static Identity IdentityOf(const Object& object);
  int64_t Count(const Object& object);

  mutable std::mutex mutex_;
  int64_t last_number_ = 0;
  std::map<int64_t, Entry> entries_;
  std::map<Identity, int64_t> numbers_;
};

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_OBJECTS_H_
