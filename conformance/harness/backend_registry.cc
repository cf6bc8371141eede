// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/backend_registry.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace procspec::harness {
namespace {

// Function-local, so that registration before main works in any order; never
// destroyed, so that a process can start others while it is ending.
std::vector<BackendEntry>& Backends() {
  static auto& backends = *new std::vector<BackendEntry>;
  return backends;
}

std::vector<ChildEntry>& ChildEntries() {
  static auto& entries = *new std::vector<ChildEntry>;
  return entries;
}

}  // namespace

bool RegisterBackend(BackendEntry entry) {
  std::vector<BackendEntry>& backends = Backends();
  auto place = std::lower_bound(
      backends.begin(), backends.end(), entry.name,
      [](const BackendEntry& e, const std::string& n) { return e.name < n; });
  if (entry.name.empty() || entry.factory == nullptr ||
      (place != backends.end() && place->name == entry.name)) {
    std::fprintf(stderr,
                 "procspec: backend '%s' is registered twice, or without a "
                 "name or a factory\n",
                 entry.name.c_str());
    std::abort();
  }
  backends.insert(place, std::move(entry));
  return true;
}

bool RegisterBackend(std::string_view name, BackendFactory factory) {
  BackendEntry entry;
  entry.name = std::string(name);
  entry.factory = std::move(factory);
  return RegisterBackend(std::move(entry));
}

const std::vector<BackendEntry>& AllBackends() { return Backends(); }

const BackendEntry* FindBackend(std::string_view name) {
  for (const BackendEntry& entry : Backends()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

bool RegisterChildEntry(ChildEntry entry) {
  ChildEntries().push_back(entry);
  return true;
}

std::optional<int> RunChildEntries(int argc, char** argv) {
  for (ChildEntry entry : ChildEntries()) {
    if (std::optional<int> code = entry(argc, argv)) return code;
  }
  return std::nullopt;
}

}  // namespace procspec::harness
