// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_REGISTER_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_REGISTER_H_

#include "conformance/adapters/wire/entry.h"

// A program that speaks the wire protocol (spec/wire.md) as a backend:
//
//   static const bool registered = wire::RegisterWireBackend({
//       .name = "mine",
//       .command = {"/usr/bin/mine", "--testee"},
//       .capabilities = CapabilitySet::All(),
//   });

namespace procspec::wire {

// A name registered twice, or an entry without a command, ends the program with
// a message.
bool RegisterWireBackend(WireBackendEntry entry);

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_REGISTER_H_
