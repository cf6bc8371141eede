// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/mutants/common_ground.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/probe.h"
#include "conformance/mutants/maker.h"
#include "spec/codec.h"
#include "spec/status_macros.h"

namespace procspec::mutants {

CommonGround::CommonGround(Backend& inner)
    : maker_(MakerPid(inner)),
      directory_(std::filesystem::temp_directory_path() /
                 absl::StrCat("procspec-mutant-", maker_)) {}

CommonGround::~CommonGround() {
  if (maker_ != harness::OwnPid()) return;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::filesystem::path CommonGround::PathOf(std::string_view name) const {
  std::string file(name);
  std::replace(file.begin(), file.end(), ':', '_');  // in names of processes
  return directory_ / file;
}

Dict CommonGround::Read(std::string_view name) const {
  std::ifstream file(PathOf(name), std::ios::binary);
  const std::string frame{std::istreambuf_iterator<char>(file), {}};
  const absl::StatusOr<Value> value = Decode(frame);
  return value.ok() ? value->As<Dict>().value_or(Dict()) : Dict();
}

absl::Status CommonGround::Write(std::string_view name,
                                 const Dict& dict) const {
  std::string frame;
  PROCSPEC_RETURN_IF_ERROR(Encode(Value(dict), frame));
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const std::filesystem::path path = PathOf(name);
  std::filesystem::path next = path;
  next += absl::StrCat(".", harness::OwnPid());
  std::ofstream(next, std::ios::binary) << frame;
  std::filesystem::rename(next, path, error);
  if (error) return absl::InternalError(error.message());
  return absl::OkStatus();
}

bool CommonGround::First(std::string_view name) const {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  return std::filesystem::create_directory(PathOf(name), error);
}

}  // namespace procspec::mutants
