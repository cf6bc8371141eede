// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MUTANTS_COMMON_GROUND_H_
#define PROCSPEC_CONFORMANCE_MUTANTS_COMMON_GROUND_H_

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "absl/status/status.h"
#include "spec/backend.h"
#include "spec/value.h"

namespace procspec::mutants {

// What all processes of one mutant see, however they began, for mutants that
// share what is not to be shared: files in a directory of its own. The process
// that made the mutant removes it.
class CommonGround {
 public:
  explicit CommonGround(Backend& inner);
  ~CommonGround();
  CommonGround(const CommonGround&) = delete;
  CommonGround& operator=(const CommonGround&) = delete;

  // What was written by that name last; empty: nothing.
  Dict Read(std::string_view name) const;
  // The whole of it at once. Sharing, Serialisation: a handle cannot be
  // written, and what was there stays.
  absl::Status Write(std::string_view name, const Dict& dict) const;

  // True for the first of all processes that asks by that name.
  bool First(std::string_view name) const;

 private:
  std::filesystem::path PathOf(std::string_view name) const;

  const int64_t maker_;
  const std::filesystem::path directory_;
};

}  // namespace procspec::mutants

#endif  // PROCSPEC_CONFORMANCE_MUTANTS_COMMON_GROUND_H_
