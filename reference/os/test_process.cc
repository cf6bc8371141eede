// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/os/test_process.h"

#include <utility>

namespace procspec::os {
namespace {

const TestBody* first_body = nullptr;

}  // namespace

TestBody::TestBody(std::string_view name, Function function)
    : name_(name),
      function_(function),
      next_(std::exchange(first_body, this)) {}

const TestBody* TestBody::Find(std::string_view name) {
  const TestBody* body = first_body;
  while (body != nullptr && body->name_ != name) body = body->next_;
  return body;
}

TestProcess::~TestProcess() {
  if (native_ == nullptr) return;
  Kill();
  (void)Join();
}

}  // namespace procspec::os
