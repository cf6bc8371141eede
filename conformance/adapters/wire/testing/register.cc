// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Testees of the wire that are wrong in one way each, as backends: faulty-NAME
// for each fault of faulty_testee.py.

#include "conformance/adapters/wire/register.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/python/testee_script.h"
#include "conformance/adapters/wire/testing/faulty_script.h"
#include "spec/capability.h"

namespace procspec::wire {
namespace {

constexpr std::string_view kFaults[] = {
    "wrong-version",
    "ends-at-once",
    "says-no-hello",
    "no-json",
    "wrong-id",
    "answers-twice",
    "unknown-error-kind",
    "unknown-handle",
    "unknown-handle-kind",
    "value-not-of-the-schema",
    "unheard-of-field",
    "too-long-line",
    "answers-nothing",
    "lacks-an-operation",
};

constexpr char kInterpreter[] = "/usr/bin/python3";

[[maybe_unused]] const bool registered = [] {
  CapabilitySet capabilities = CapabilitySet::All();
  capabilities.Remove(Capability::kStartSpawn);
  for (std::string_view fault : kFaults) {
    RegisterWireBackend(
        {.name = absl::StrCat("faulty-", fault),
         .command = {kInterpreter, "-I", std::string(kScript),
                     absl::StrCat("--fault=", fault),
                     "--module=multiprocessing", "--method=fork"},
         .capabilities = capabilities,
         .unavailable =
             [] {
               std::error_code error;
               return std::filesystem::exists(kInterpreter, error)
                          ? std::string()
                          : absl::StrCat("there is no ", kInterpreter);
             },
         .script = {.name = "faulty_testee.py", .content = kFaultyTesteePy},
         .beside = {{.name = "testee.py", .content = kTesteePy}}});
  }
  // Nobody has written it yet.
  RegisterWireBackend({.name = "faulty-no-such-program",
                       .command = {"/nonexistent/testee"},
                       .capabilities = capabilities});
  return true;
}();

}  // namespace
}  // namespace procspec::wire
