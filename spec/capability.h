// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_CAPABILITY_H_
#define PROCSPEC_SPEC_CAPABILITY_H_

#include <bitset>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace procspec {

// What a backend can have or lack. The list is closed: a clause names what it
// requires from it, a backend declares what it has, and the runner judges only
// the clauses whose requirements are declared. Text names are kebab-case.
enum class Capability {
  kProcess,       // start, join and observe child processes
  kTerminate,     // Process::Terminate and Process::Kill
  kStartFork,     // this backend starts children by fork
  kStartSpawn,    // this backend starts children in a fresh program image
  kGlobals,       // process-wide named variables (Backend::SetGlobal)
  kLocalObjects,  // Backend::NewLocalObject, a handle that cannot travel
  kStdio,         // Backend::Print reaches the process's standard streams
  kPrograms,      // may run as the main process of a program of its own
  kPipe,
  kQueue,
  kSimpleQueue,
  kJoinableQueue,
  kLock,
  kRLock,
  kSemaphore,
  kBoundedSemaphore,
  kCondition,
  kEvent,
  kBarrier,
  kPool,
};

inline constexpr size_t kCapabilityCount =
    static_cast<size_t>(Capability::kPool) + 1;

// Every capability, in declaration order.
std::span<const Capability> AllCapabilities();

// "start-fork" for kStartFork.
std::string_view CapabilityName(Capability capability);

// The inverse of CapabilityName; nullopt for an unknown name.
std::optional<Capability> ParseCapability(std::string_view name);

// A set of capabilities, cheap to copy.
class CapabilitySet {
 public:
  CapabilitySet() = default;
  CapabilitySet(std::initializer_list<Capability> capabilities) {
    for (Capability c : capabilities) Add(c);
  }

  static CapabilitySet All();

  void Add(Capability c) { bits_.set(static_cast<size_t>(c)); }
  void Remove(Capability c) { bits_.reset(static_cast<size_t>(c)); }
  bool Has(Capability c) const { return bits_.test(static_cast<size_t>(c)); }

  friend bool operator==(const CapabilitySet&, const CapabilitySet&) = default;

 private:
  std::bitset<kCapabilityCount> bits_;
};

}  // namespace procspec

#endif  // PROCSPEC_SPEC_CAPABILITY_H_
