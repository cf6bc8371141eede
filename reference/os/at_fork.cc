// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/at_fork.h"

#include <mutex>
#include <utility>

#include "reference/os/never_destroyed.h"

namespace procspec::os {
namespace {

struct Registry {
  std::mutex mutex;
  std::list<AtFork::Hooks> hooks;  // in the order of in_parent and in_child
};

// Objects of static lifetime unregister while the program ends.
Registry& TheRegistry() {
  static NeverDestroyed<Registry> registry;
  return *registry;
}

}  // namespace

AtFork::AtFork(Hooks hooks, Order order) {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  place_ = registry.hooks.insert(
      order == Order::kLast ? registry.hooks.begin() : registry.hooks.end(),
      std::move(hooks));
}

AtFork::~AtFork() {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  registry.hooks.erase(place_);
}

void RunHooksBeforeFork() {
  Registry& registry = TheRegistry();
  registry.mutex.lock();
  for (auto it = registry.hooks.rbegin(); it != registry.hooks.rend(); ++it) {
    if (it->before) it->before();
  }
}

void RunHooksInParent(bool forked) {
  Registry& registry = TheRegistry();
  for (const AtFork::Hooks& hooks : registry.hooks) {
    if (hooks.in_parent) hooks.in_parent(forked);
  }
  registry.mutex.unlock();
}

void RunHooksInChild() {
  Registry& registry = TheRegistry();
  for (const AtFork::Hooks& hooks : registry.hooks) {
    if (hooks.in_child) hooks.in_child();
  }
  registry.mutex.unlock();
}

}  // namespace procspec::os
