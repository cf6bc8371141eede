// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases that make one thing each that a process can leave behind. On the
// backend "leaky" they leave it, on "clean" they take it away again; all else
// is equal.
//
// LEAKY_MEETING=DIR and LEAKY_MEMBERS=N: each case that has made its thing
// waits in DIR until N of them have, so that a test knows that they were there
// at the same time.

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
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/harness/case.h"
#include "spec/backend.h"

namespace procspec::harness {
namespace {

class NamedBackend : public Backend {
 public:
  explicit NamedBackend(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  CapabilitySet capabilities() const override { return {Capability::kQueue}; }

 private:
  const std::string name_;
};

[[maybe_unused]] const bool leaky_registered = RegisterBackend(
    "leaky", [] { return std::make_shared<NamedBackend>("leaky"); });
[[maybe_unused]] const bool clean_registered = RegisterBackend(
    "clean", [] { return std::make_shared<NamedBackend>("clean"); });

class LeakCase : public Case {
 protected:
  // Once the thing is made: whether to take it away again.
  bool CleansUp() {
    Meet();
    return backend().name() == "clean";
  }

 private:
  static void Meet() {
    const char* place = std::getenv("LEAKY_MEETING");
    const char* number = std::getenv("LEAKY_MEMBERS");
    int members = 0;
    if (place == nullptr || number == nullptr ||
        !absl::SimpleAtoi(number, &members)) {
      return;
    }
    const std::string file = absl::StrCat(place, "/members");
    {
      // Appended at once: one byte for each.
      const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ASSERT_EQ(write(fd, "x", 1), 1);
      close(fd);
    }
    const Stopwatch watch;
    struct stat info = {};
    do {
      usleep(1000);
      ASSERT_EQ(stat(file.c_str(), &info), 0);
    } while (info.st_size < members && watch.Elapsed() < Guard());
    ASSERT_EQ(info.st_size, members) << "not all came";
  }
};

// Where cases share names, LEAKY_NAME tells those of one test from others.
std::string Name() {
  const char* name = std::getenv("LEAKY_NAME");
  return absl::StrCat("/", name == nullptr ? "procspec-leaky" : name, "-",
                      getpid());
}

std::string InTemporary(const char* name) {
  return absl::StrCat(std::getenv("TMPDIR"), "/", name);
}

// What the specification has for the clause a testee must have too.
PROCSPEC_CASE("queue.put.timeout-full") {}

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

PROCSPEC_CASE_F(LeakCase, "queue.put.timeout-full", "file") {
  const std::string path = InTemporary("forgotten");
  std::ofstream(path) << "x";
  if (CleansUp()) {
    EXPECT_EQ(unlink(path.c_str()), 0);
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
}  // namespace procspec::harness
