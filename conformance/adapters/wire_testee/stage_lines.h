// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_STAGE_LINES_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_STAGE_LINES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "conformance/adapters/wire_testee/socket.h"

namespace procspec::wire_testee {

// The connections of this process to stages: targets run in the judge, and what
// they say on a stage must come from here. Errors have no ErrorKind: an unknown
// line, or the system refused.
//
// Thread-safe; one reader and one writer at a time for each line.
class StageLines {
 public:
  StageLines() = default;
  StageLines(const StageLines&) = delete;
  StageLines& operator=(const StageLines&) = delete;

  // Its number.
  absl::StatusOr<int64_t> Connect(const std::string& address);

  // False: the other end is gone.
  absl::StatusOr<bool> Write(int64_t line, std::string_view data);

  // At least one byte, once there are some; nullopt at the end.
  absl::StatusOr<std::optional<std::string>> Read(int64_t line);

  absl::Status Close(int64_t line);

 private:
  absl::StatusOr<std::shared_ptr<Socket>> Find(int64_t line);

  std::mutex mutex_;
  int64_t last_line_ = 0;
  std::map<int64_t, std::shared_ptr<Socket>> lines_;
};

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_STAGE_LINES_H_
