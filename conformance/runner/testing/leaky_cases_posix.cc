// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "conformance/harness/case.h"
#include "conformance/runner/testing/leaky_case.h"

namespace procspec::harness {
namespace {

// Where cases share names, LEAKY_NAME tells those of one test from others.
std::string Name() {
  const char* name = std::getenv("LEAKY_NAME");
  return absl::StrCat("/", name == nullptr ? "procspec-leaky" : name, "-",
                      getpid());
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "process") {
  const pid_t pid = fork();
  if (pid == 0) {
    while (true) pause();
  }
  if (CleansUp()) {
    kill(pid, SIGKILL);
    EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
  }
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "thread") {
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, nullptr,
                [](void*) -> void* {
                  while (true) pause();
                },
                nullptr),
            0);
  if (CleansUp()) {
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
  } else {
    pthread_detach(thread);
  }
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "descriptor") {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  if (CleansUp()) close(fd);
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "shared-memory") {
  const int fd = shm_open(Name().c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  ASSERT_GE(fd, 0);
  close(fd);
  if (CleansUp()) {
    EXPECT_EQ(shm_unlink(Name().c_str()), 0);
  }
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "shared-memory-system-v") {
  const int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  ASSERT_GE(id, 0);
  if (CleansUp()) {
    EXPECT_EQ(shmctl(id, IPC_RMID, nullptr), 0);
  }
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "semaphore") {
  sem_t* const semaphore = sem_open(Name().c_str(), O_CREAT | O_EXCL, 0600, 1);
  ASSERT_NE(semaphore, SEM_FAILED);
  sem_close(semaphore);
  if (CleansUp()) {
    EXPECT_EQ(sem_unlink(Name().c_str()), 0);
  }
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "semaphore-system-v") {
  const int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  ASSERT_GE(id, 0);
  if (CleansUp()) {
    EXPECT_EQ(semctl(id, 0, IPC_RMID), 0);
  }
}

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "socket") {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = InTemporary("socket");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(fd);
  if (CleansUp()) {
    EXPECT_EQ(unlink(path.c_str()), 0);
  }
}

}  // namespace

bool AppendByte(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const bool written = write(fd, "x", 1) == 1;
  close(fd);
  return written;
}

}  // namespace procspec::harness
