// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/actor_host.h"

#include <atomic>
#include <set>
#include <vector>

namespace procspec::harness {
namespace {

std::atomic<ActorHost*> default_host{nullptr};
thread_local std::optional<ActorHost*> thread_host;

struct HostTable {
  std::mutex mutex;
  std::set<ActorHost*> hosts;
};

// Never destroyed: hosts may be static.
HostTable& Table() {
  static auto& table = *new HostTable;
  return table;
}

}  // namespace

ActorHost::ActorHost() {
  std::lock_guard<std::mutex> lock(Table().mutex);
  Table().hosts.insert(this);
}

ActorHost::~ActorHost() {
  ActorHost* self = this;
  default_host.compare_exchange_strong(self, nullptr);
  {
    std::lock_guard<std::mutex> lock(Table().mutex);
    Table().hosts.erase(this);
  }
  DropLines();
}

void ActorHost::DropLines() {
  stage_internal::Lines dropped;  // after the lock
  std::lock_guard<std::mutex> lock(mutex_);
  dropped.swap(lines_);
}

std::shared_ptr<stage_internal::Line> ActorHost::Find(const Key& key) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = lines_.find(key);
  return it == lines_.end() ? nullptr : it->second;
}

void ActorHost::Keep(const Key& key,
                     std::shared_ptr<stage_internal::Line> line) {
  std::lock_guard<std::mutex> lock(mutex_);
  lines_[key] = std::move(line);
}

void ActorHost::ForgetAll(const std::string& address) {
  std::vector<std::shared_ptr<stage_internal::Line>> forgotten;
  {
    std::lock_guard<std::mutex> lock(Table().mutex);
    for (ActorHost* host : Table().hosts) {
      std::lock_guard<std::mutex> host_lock(host->mutex_);
      for (auto it = host->lines_.begin(); it != host->lines_.end();) {
        if (it->first.first == address) {
          forgotten.push_back(std::move(it->second));
          it = host->lines_.erase(it);
        } else {
          ++it;
        }
      }
    }
  }
  forgotten.clear();  // they may wait for another process
}

ScopedActorHost::ScopedActorHost(ActorHost* host) : former_(thread_host) {
  thread_host = host;
}

ScopedActorHost::~ScopedActorHost() { thread_host = former_; }

void SetDefaultActorHost(ActorHost* host) { default_host.store(host); }

ActorHost* CurrentActorHost() {
  return thread_host.has_value() ? *thread_host : default_host.load();
}

}  // namespace procspec::harness
