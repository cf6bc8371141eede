// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include "conformance/stress/terminal.h"

namespace procspec::stress {

bool StderrIsTerminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace procspec::stress
