// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <semaphore.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "conformance/zoo/acts.h"
#include "conformance/zoo/daemon.h"
#include "conformance/zoo/tools.h"

// Cases that leave something behind, or take what the judge needs.

namespace procspec::zoo {

absl::Status LeaveADaemon(const Scene&) {
  InADaemon([] { syscall(SYS_close_range, 0U, ~0U, 0); });
  return absl::OkStatus();
}

absl::Status LeaveAnOutputHolder(const Scene&) {
  InADaemon([] { syscall(SYS_close_range, 3U, ~0U, 0); });
  return absl::OkStatus();
}

absl::Status LeaveAThousandChildren(const Scene&) {
  for (int i = 0; i < 1000; ++i) {
    const pid_t child = fork();
    if (child < 0) return absl::InternalError("fork failed");
    if (child == 0) {
      setsid();
      IgnoreEndingSignals();
      SleepForEver();
    }
  }
  return absl::OkStatus();
}

absl::Status LeaveARestlessChain(const Scene&) {
  // Never the same process twice, so whoever looks for it always comes late.
  InADaemon([] {
    const auto limit =
        std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < limit) {
      const pid_t child = fork();
      if (child > 0) _exit(0);
    }
  });
  return absl::OkStatus();
}

absl::Status LeaveSharedMemory(const Scene&) {
  const int fd = shm_open("/procspec-zoo-memory", O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, 4096) != 0) {
    return absl::InternalError("no shared memory");
  }
  close(fd);
  return absl::OkStatus();
}

absl::Status LeaveASemaphore(const Scene&) {
  sem_t* semaphore = sem_open("/procspec-zoo-semaphore", O_CREAT, 0600, 1);
  if (semaphore == SEM_FAILED) return absl::InternalError("no semaphore");
  sem_close(semaphore);
  return absl::OkStatus();
}

absl::Status LeaveASemaphoreSet(const Scene&) {
  if (semget(kSemaphoreSetKey, 1, IPC_CREAT | 0600) < 0) {
    return absl::InternalError("no semaphore set");
  }
  return absl::OkStatus();
}

// Deeper than there are descriptors, where paths are too long to be named, and
// closed to everybody.
absl::Status LeaveDeepFiles(const Scene&) {
  const int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::string name = "deep";
  for (int depth = 0; depth < 600; ++depth) {
    if (mkdir(name.c_str(), 0700) != 0 || chdir(name.c_str()) != 0) {
      return absl::InternalError("no directory");
    }
    name = std::string(200, 'd');
  }
  PutFile("file", "x");
  chmod(".", 0);
  const bool back = fchdir(home) == 0;
  close(home);
  return back ? absl::OkStatus() : absl::InternalError("fchdir");
}

absl::Status LeaveADescriptor(const Scene&) {
  if (open("/dev/zero", O_RDONLY | O_CLOEXEC) < 0) {
    return absl::InternalError("no descriptor");
  }
  return absl::OkStatus();
}

absl::Status CloseAllDescriptors(const Scene&) {
  syscall(SYS_close_range, 0U, ~0U, 0);
  return absl::OkStatus();
}

absl::Status UseUpDescriptors(const Scene&) {
  while (dup(STDERR_FILENO) >= 0) {
  }
  return absl::OkStatus();
}

}  // namespace procspec::zoo
