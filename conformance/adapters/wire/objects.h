// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_OBJECTS_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_OBJECTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conformance/adapters/wire/session.h"
#include "spec/process.h"

namespace procspec::wire {

// What stands for an object of this kind: it is also a Process, a Queue, ...
// of spec/, each method of which is one operation. Null: there is no such kind.
std::shared_ptr<Remote> MakeRemote(std::shared_ptr<Session> session,
                                   int64_t number, const std::string& kind);

// Of a process that was made here: what it runs, which is looked up when it is
// started, for the testee knows no targets.
void SetFunctions(Process& process, std::string_view type,
                  std::string_view target);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_OBJECTS_H_
