// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <io.h>
#include <stdio.h>

#include "conformance/stress/terminal.h"

namespace procspec::stress {

bool StderrIsTerminal() { return _isatty(_fileno(stderr)) != 0; }

}  // namespace procspec::stress
