// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/harness/testee.h"

int main(int argc, char** argv) {
  return procspec::harness::TesteeMain(argc, argv);
}
