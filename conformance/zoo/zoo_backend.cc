// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Registers every hostile backend, and the harmless one.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/mutants/forward.h"
#include "conformance/mutants/platform.h"
#include "conformance/zoo/hostile.h"
#include "spec/status_macros.h"

namespace procspec::zoo {
namespace {

class ZooBackend : public mutants::ForwardBackend {
 public:
  // Null: harmless. It outlives the backend, as the name does.
  ZooBackend(std::string_view name, const Hostile* hostile,
             std::shared_ptr<Backend> inner)
      : ForwardBackend(name, std::move(inner)), hostile_(hostile) {}

  CapabilitySet capabilities() const override {
    if (IsBadCase() && hostile_->act == nullptr) return {};
    return ForwardBackend::capabilities();
  }

  absl::StatusOr<std::shared_ptr<Queue>> NewQueue(int64_t maxsize) override {
    if (IsBadCase()) {
      // Where the result is expected: what is left there is looked for later.
      std::fprintf(stderr, "zoo: %s acts in %s\n", scene_.backend.c_str(),
                   scene_.directory.c_str());
      PROCSPEC_RETURN_IF_ERROR(hostile_->act(scene_));
    }
    return ForwardBackend::NewQueue(maxsize);
  }

 private:
  bool IsBadCase() const {
    return hostile_ != nullptr && scene_.case_name == hostile_->bad_case;
  }

  const Hostile* const hostile_;
  const Scene scene_ = CurrentScene();
};

bool Register(std::string_view name, const Hostile* hostile) {
  return harness::RegisterBackend(
      {.name = std::string(name),
       .factory = [name, hostile]() -> std::shared_ptr<Backend> {
         const harness::BackendEntry* base =
             harness::FindBackend(mutants::kUsualBase);
         if (base == nullptr) return nullptr;
         return std::make_shared<ZooBackend>(name, hostile, base->factory());
       },
       .wrong = hostile != nullptr});
}

[[maybe_unused]] const bool registered = [] {
  Register(kHarmless, nullptr);
  for (const Hostile& hostile : AllHostiles()) Register(hostile.name, &hostile);
  return true;
}();

}  // namespace
}  // namespace procspec::zoo
