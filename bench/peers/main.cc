// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <string_view>

#include "bench/peers/handoff_limits.h"
#include "bench/peers/lock_peers.h"
#include "bench/peers/pool_limits.h"
#include "bench/peers/process_limits.h"
#include "bench/peers/queue_peers.h"
#include "bench/sample.h"

int main(int argc, char** argv) {
  namespace bench = procspec::bench;
  if (argc == 2 && std::string_view(argv[1]) == bench::kSpawnedArgument) {
    return 0;
  }
  bench::RegisterQueuePeers();
  bench::RegisterPipePeers();
  bench::RegisterLockPeers();
  bench::RegisterHandoffLimits();
  bench::RegisterProcessLimits();
  bench::RegisterPoolLimits();
  return bench::BenchMain(argc, argv);
}
