// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>

#include "reference/os/copied.h"

namespace procspec::os {
namespace {

// Ready before any static initialiser runs, and no lock that a copy could find
// locked. A place that is taken and still empty is passed over.
constinit std::array<std::atomic<void (*)()>, 8> functions{};
constinit std::atomic<size_t> taken = 0;

}  // namespace

void WhenCopied(void (*function)()) {
  const size_t place = taken++;
  if (place >= functions.size()) std::abort();
  functions[place] = function;
  pthread_atfork(nullptr, nullptr, function);
}

void RunWhenCopied() {
  for (const std::atomic<void (*)()>& function : functions) {
    if (function != nullptr) (*function.load())();
  }
}

}  // namespace procspec::os
