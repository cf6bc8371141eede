// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The least backend that the harness's own tests can run: it has programs, and
// children that are fresh images of this program ("sample-child").

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "conformance/harness/adapter_support.h"
#include "conformance/harness/backend_registry.h"
#include "spec/backend.h"

namespace procspec::harness {
namespace {

class SampleBackend : public Backend {
 public:
  std::string_view name() const override { return "sample"; }
  CapabilitySet capabilities() const override {
    return {Capability::kQueue, Capability::kProcess, Capability::kPrograms};
  }
  int FinishProgram(int status) override {
    std::fprintf(stderr, "finished with %d\n", status);
    return status;
  }
};

class BareBackend : public Backend {
 public:
  std::string_view name() const override { return "bare"; }
  CapabilitySet capabilities() const override { return {}; }
};

[[maybe_unused]] const bool registered =
    RegisterBackend("sample", [] { return std::make_shared<SampleBackend>(); });
[[maybe_unused]] const bool bare_registered =
    RegisterBackend("bare", [] { return std::make_shared<BareBackend>(); });
[[maybe_unused]] const bool null_registered =
    std::getenv("SAMPLE_WITHOUT_UNMAKEABLE") != nullptr ||
    RegisterBackend("unmakeable", [] { return std::shared_ptr<Backend>(); });
[[maybe_unused]] const bool infra_registered =
    std::getenv("SAMPLE_WITHOUT_UNMAKEABLE") != nullptr ||
    RegisterBackend("unmakeable-by-adapter", [] {
      ReportInfra("out of order");
      return std::shared_ptr<Backend>();
    });
[[maybe_unused]] const bool absent_registered = RegisterBackend(
    {.name = "absent",
     .factory = [] { return std::make_shared<SampleBackend>(); },
     .unavailable = [] { return "no interpreter; install it"; }});
[[maybe_unused]] const bool present_registered = RegisterBackend(
    {.name = "present",
     .factory = [] { return std::make_shared<SampleBackend>(); },
     .unavailable = [] { return ""; }});
[[maybe_unused]] const bool mutant_registered = RegisterBackend(
    {.name = "sample-mutant",
     .factory = [] { return std::make_shared<SampleBackend>(); },
     .base = "sample",
     .breaks = {"queue.put.timeout-full"},
     .collateral = {"queue.get.blocks"},
     .touches = {Capability::kQueue}});

[[maybe_unused]] const bool entry_registered =
    RegisterChildEntry([](int argc, char** argv) -> std::optional<int> {
      if (argc == 2 && std::strcmp(argv[1], "sample-child") == 0) return 42;
      return std::nullopt;
    });

}  // namespace
}  // namespace procspec::harness
