// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_OPERATIONS_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_OPERATIONS_H_

#include <string>

#include "conformance/adapters/wire_testee/link.h"
#include "conformance/adapters/wire_testee/participant.h"
#include "spec/backend.h"

namespace procspec::wire_testee {

// Performs a request of spec/wire.md on the calling thread, and gives the line
// that answers it. Whatever is wrong with a request is an answer too, of the
// kind Protocol. `crash` gives none; `finish` does nothing here.
std::string Answer(const Json& request, Backend& backend,
                   Participant& participant);

}  // namespace procspec::wire_testee

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_OPERATIONS_H_
