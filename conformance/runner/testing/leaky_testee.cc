// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases that make one thing each that a process can leave behind. On the
// backend "leaky" they leave it, on "clean" they take it away again; all else
// is equal.
//
// LEAKY_MEETING=DIR and LEAKY_MEMBERS=N: each case that has made its thing
// waits in DIR until N of them have, so that a test knows that they were there
// at the same time.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/harness/case.h"
#include "conformance/runner/testing/leaky_case.h"
#include "spec/backend.h"

namespace procspec::harness {
namespace {

class NamedBackend : public Backend {
 public:
  explicit NamedBackend(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  CapabilitySet capabilities() const override { return {Capability::kQueue}; }

 private:
  const std::string name_;
};

[[maybe_unused]] const bool leaky_registered = RegisterBackend(
    "leaky", [] { return std::make_shared<NamedBackend>("leaky"); });
[[maybe_unused]] const bool clean_registered = RegisterBackend(
    "clean", [] { return std::make_shared<NamedBackend>("clean"); });

// What the specification has for the clause a testee must have too.
PROCSPEC_CASE("queue.put.timeout-full") {}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "file") {
  const std::string path = InTemporary("forgotten");
  std::ofstream(path) << "x";
  if (CleansUp()) {
    EXPECT_TRUE(std::filesystem::remove(path));
  }
}

}  // namespace

void LeakCase::Meet() {
  const char* place = std::getenv("LEAKY_MEETING");
  const char* number = std::getenv("LEAKY_MEMBERS");
  uintmax_t members = 0;
  if (place == nullptr || number == nullptr ||
      !absl::SimpleAtoi(number, &members)) {
    return;
  }
  const std::string file = absl::StrCat(place, "/members");
  ASSERT_TRUE(AppendByte(file));
  const Stopwatch watch;
  uintmax_t came = 0;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    came = std::filesystem::file_size(file);
  } while (came < members && watch.Elapsed() < Guard());
  ASSERT_EQ(came, members) << "not all came";
}

std::string InTemporary(const char* name) {
  return absl::StrCat(std::getenv("TMPDIR"), "/", name);
}

}  // namespace procspec::harness
