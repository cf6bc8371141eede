// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// The rows of peers and limits that need nothing but the system.

#include "bench/peers/queue_peers.h"
#include "bench/sample.h"

int main(int argc, char** argv) {
  procspec::bench::RegisterQueuePeers();
  procspec::bench::RegisterPipePeers();
  return procspec::bench::BenchMain(argc, argv);
}
