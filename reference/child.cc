// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/child.h"

#include "reference/backend.h"
#include "reference/bootstrap.h"
#include "reference/os/fork_server.h"
#include "reference/os/process.h"
#include "reference/os/stream.h"
#include "reference/process.h"

namespace procspec::reference {

void MaybeRunAsChild(int argc, char** argv) {
  const bool may_run = FinishBootstrap();
  if (!os::IsSpawned(argc, argv)) return;
  if (!may_run) {
    (void)os::Write(StandardStream::kErr,
                    "procspec: a spawned process started processes before it "
                    "called MaybeRunAsChild; its target does not run\n");
    os::FlushStandardStreams();
    os::ExitNow(1);
  }
  const StartMethod method = os::IsFromForkServer(argc, argv)
                                 ? StartMethod::kForkServer
                                 : StartMethod::kSpawn;
  RunSpawnedChild(method, NewBackend(method), os::ServedBytes(),
                  os::TakeInheritedHandles(argc, argv));
}

}  // namespace procspec::reference
