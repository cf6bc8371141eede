// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/register.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/python/testee_script.h"
#include "spec/capability.h"

// Python's multiprocessing and its relatives: testee.py, run by the system's
// interpreters, whose versions do not depend on who runs the judge.

namespace procspec::python {
namespace {

constexpr char kCPython[] = "/usr/bin/python3";
constexpr char kPyPy[] = "/usr/bin/pypy3";
constexpr char kPackages[] = "/usr/lib/python3/dist-packages/";

constexpr char kRemedy[] = "; tools/setup --oracle installs it";

struct PythonBackend {
  std::string name;
  std::string interpreter;
  std::string module;
  std::string method;
  // What is not in the standard library: a file of the module.
  std::string needs = {};
  CapabilitySet capabilities;
};

CapabilitySet AllOf(Capability start_method) {
  CapabilitySet capabilities = CapabilitySet::All();
  capabilities.Remove(Capability::kStartFork);
  capabilities.Remove(Capability::kStartSpawn);
  capabilities.Add(start_method);
  return capabilities;
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

std::string WhyUnavailable(const PythonBackend& backend) {
  if (!Exists(backend.interpreter)) {
    return absl::StrCat("there is no ", backend.interpreter, kRemedy);
  }
  if (!backend.needs.empty() && !Exists(backend.needs)) {
    return absl::StrCat("there is no module ", backend.module, " (",
                        backend.needs, ")", kRemedy);
  }
  return "";
}

bool Register(const PythonBackend& backend) {
  // Isolated, so that neither the environment nor the directory decides what is
  // judged. A crash of the interpreter tells where it was.
  std::vector<std::string> command = {
      backend.interpreter,
      "-I",
      "-X",
      "faulthandler",
      std::string(wire::kScript),
      absl::StrCat("--module=", backend.module),
      absl::StrCat("--method=", backend.method)};
  return wire::RegisterWireBackend(
      {.name = backend.name,
       .command = std::move(command),
       .capabilities = backend.capabilities,
       .unavailable = [backend] { return WhyUnavailable(backend); },
       .script = {.name = "testee.py", .content = kTesteePy}});
}

[[maybe_unused]] const bool registered = [] {
  const CapabilitySet fork = AllOf(Capability::kStartFork);
  const CapabilitySet fresh = AllOf(Capability::kStartSpawn);
  for (const PythonBackend& backend : std::vector<PythonBackend>{
           {.name = "cpython-fork",
         .interpreter = kCPython,
         .module = "multiprocessing",
         .method = "fork",
         .capabilities = fork},
           {.name = "cpython-spawn",
           .interpreter = kCPython,
           .module = "multiprocessing",
           .method = "spawn",
           .capabilities = fresh},
           // Its children begin as copies of a fresh image.
           {.name = "cpython-forkserver",
           .interpreter = kCPython,
           .module = "multiprocessing",
           .method = "forkserver",
           .capabilities = fresh},
           {.name = "pypy-fork",
           .interpreter = kPyPy,
           .module = "multiprocessing",
           .method = "fork",
           .capabilities = fork},
           {.name = "billiard-fork",
           .interpreter = kCPython,
           .module = "billiard",
           .method = "fork",
           .needs = absl::StrCat(kPackages, "billiard/__init__.py"),
           .capabilities = fork},
           {.name = "multiprocess-fork",
           .interpreter = kCPython,
           .module = "multiprocess",
           .method = "fork",
           .needs = absl::StrCat(kPackages, "multiprocess/__init__.py"),
           .capabilities = fork},
       }) {
    Register(backend);
  }
  return true;
}();

}  // namespace
}  // namespace procspec::python
