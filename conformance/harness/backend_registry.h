// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_BACKEND_REGISTRY_H_
#define PROCSPEC_CONFORMANCE_HARNESS_BACKEND_REGISTRY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/backend.h"
#include "spec/capability.h"
#include "spec/clause.h"

// How a backend comes to be judged: an adapter library registers it before
// main, and the testee links the library (with alwayslink = True).
//
//   static const bool registered = harness::RegisterBackend(
//       "mine", [] { return std::make_shared<MyBackend>(); });

namespace procspec::harness {

// Called once in each process that uses the backend by name: the case, and the
// main process of a program. Null: it could not be made; say why on standard
// error. Must be cheap and start nothing; it is also called to list.
using BackendFactory = std::function<std::shared_ptr<Backend>()>;

struct BackendEntry {
  std::string name;  // kebab-case
  BackendFactory factory;

  // Why it cannot be used here, and the remedy, in a sentence or two: "no
  // program python3; install it, or name it in X". Absent, or empty text: it
  // can. Must be cheap, start nothing, and say the same each time in a process.
  // Its cases are then UNSUPPORTED with this reason, and none is run; the
  // factory is still called to list it.
  std::function<std::string()> unavailable = {};

  // Wrong on purpose: proves that cases can fail, and is judged only on demand.
  bool wrong = false;

  // Of a mutant: what it is a variation of, the clauses it is made to break,
  // those it cannot help breaking with them, and the capabilities in which it
  // differs from its base.
  std::string base = {};
  std::vector<ClauseId> breaks = {};
  std::vector<ClauseId> collateral = {};
  std::vector<Capability> touches = {};
};

// A name registered twice, or an empty one, ends the program with a message.
bool RegisterBackend(BackendEntry entry);
bool RegisterBackend(std::string_view name, BackendFactory factory);

// All of them, sorted by name.
const std::vector<BackendEntry>& AllBackends();

// Null for an unknown name.
const BackendEntry* FindBackend(std::string_view name);

// The first thing in main: a backend that starts children as fresh images of
// this program recognises its own here, runs them and returns their exit code;
// nullopt: not a child of mine.
using ChildEntry = std::optional<int> (*)(int argc, char** argv);
bool RegisterChildEntry(ChildEntry entry);
std::optional<int> RunChildEntries(int argc, char** argv);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_BACKEND_REGISTRY_H_
