// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/capability.h"

#include <array>
#include <string_view>

namespace procspec {
namespace {

struct Entry {
  Capability capability;
  std::string_view name;
};

constexpr std::array<Entry, kCapabilityCount> kEntries = {{
    {Capability::kProcess, "process"},
    {Capability::kTerminate, "terminate"},
    {Capability::kStartFork, "start-fork"},
    {Capability::kStartSpawn, "start-spawn"},
    {Capability::kGlobals, "globals"},
    {Capability::kLocalObjects, "local-objects"},
    {Capability::kStdio, "stdio"},
    {Capability::kPrograms, "programs"},
    {Capability::kPipe, "pipe"},
    {Capability::kQueue, "queue"},
    {Capability::kSimpleQueue, "simple-queue"},
    {Capability::kJoinableQueue, "joinable-queue"},
    {Capability::kLock, "lock"},
    {Capability::kRLock, "rlock"},
    {Capability::kSemaphore, "semaphore"},
    {Capability::kBoundedSemaphore, "bounded-semaphore"},
    {Capability::kCondition, "condition"},
    {Capability::kEvent, "event"},
    {Capability::kBarrier, "barrier"},
    {Capability::kPool, "pool"},
}};

constexpr auto MakeAll() {
  std::array<Capability, kCapabilityCount> all{};
  for (size_t i = 0; i < kCapabilityCount; ++i) all[i] = kEntries[i].capability;
  return all;
}
constexpr std::array<Capability, kCapabilityCount> kAll = MakeAll();

// The enum is the index into the table.
constexpr bool TableIsInOrder() {
  for (size_t i = 0; i < kCapabilityCount; ++i) {
    if (static_cast<size_t>(kEntries[i].capability) != i) return false;
  }
  return true;
}
static_assert(TableIsInOrder());

}  // namespace

std::span<const Capability> AllCapabilities() { return kAll; }

std::string_view CapabilityName(Capability capability) {
  return kEntries[static_cast<size_t>(capability)].name;
}

std::optional<Capability> ParseCapability(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.capability;
  }
  return std::nullopt;
}

CapabilitySet CapabilitySet::All() {
  CapabilitySet all;
  for (Capability c : kAll) all.Add(c);
  return all;
}

}  // namespace procspec
