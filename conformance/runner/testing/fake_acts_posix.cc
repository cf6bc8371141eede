// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "conformance/runner/testing/fake_acts.h"

namespace procspec::runner {
namespace {

void IgnoreSignals() {
  for (int s : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) signal(s, SIG_IGN);
}

// A grandchild in a session of its own, which holds the output open.
void Escape() {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      setsid();
      IgnoreSignals();
      static char* no_environment[] = {nullptr};
      environ = no_environment;
      SleepForEver();
    }
    _exit(0);
  }
  wait(nullptr);
}

}  // namespace

std::string_view Platform() { return "linux"; }

void BinaryStreams() {}

void AppendAtOnce(const char* path, const std::string& line) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  [[maybe_unused]] const ssize_t n = write(fd, line.data(), line.size());
  close(fd);
}

void SleepForEver() {
  while (true) pause();
}

std::vector<std::string_view> OsBehaviours() {
  return {"hang",        "stop",
          "crash",       "escape",
          "leave-child", "kill-supervisor",
          "fork-storm",  "stop-supervisor",
          "helper",      "env"};
}

std::optional<int> Act(std::string_view how, const std::string& dir) {
  if (how == "hang") {
    IgnoreSignals();
    SleepForEver();
  }
  if (how == "stop") kill(getpid(), SIGSTOP);
  if (how == "crash") {
    std::cerr << "on the way down\n";
    abort();
  }
  if (how == "escape") Escape();
  if (how == "leave-child") {
    if (fork() == 0) SleepForEver();
  }
  // A helper that cleans up once its client is gone.
  if (how == "helper") {
    int ends[2];
    if (pipe(ends) != 0) return 9;
    if (fork() == 0) {
      close(ends[1]);
      char c;
      [[maybe_unused]] const ssize_t n = read(ends[0], &c, 1);
      _exit(0);
    }
  }
  // Not among the behaviours: only for who watches them.
  if (how == "leave-ipc" || how == "no-ipc") {
    const std::string name = "/procspec-fake-" + std::to_string(getpid());
    const int memory = shm_open(name.c_str(), O_RDWR | O_CREAT, 0600);
    sem_t* const semaphore = sem_open(name.c_str(), O_CREAT, 0600, 1);
    const int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    const int set = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    const int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    if (memory < 0 || semaphore == SEM_FAILED || segment < 0 || set < 0 ||
        queue < 0) {
      return 9;
    }
    if (how == "no-ipc") {
      shm_unlink(name.c_str());
      sem_unlink(name.c_str());
      shmctl(segment, IPC_RMID, nullptr);
      semctl(set, 0, IPC_RMID);
      msgctl(queue, IPC_RMID, nullptr);
    }
  }
  if (how == "kill-supervisor") {
    if (fork() == 0) {
      setsid();
      SleepForEver();
    }
    kill(getppid(), SIGKILL);
    SleepForEver();
  }
  if (how == "stop-supervisor") {
    kill(getppid(), SIGSTOP);
    SleepForEver();
  }
  if (how == "fork-storm") {
    // Bounded, and each generation outlives the last.
    for (int i = 0; i < 200; ++i) {
      if (fork() == 0) {
        setsid();
        IgnoreSignals();
        SleepForEver();
      }
    }
  }
  // Not among the behaviours. A process that is always another one: it has a
  // child and ends, and so does the child.
  if (how == "comet" && fork() == 0) {
    IgnoreSignals();
    while (fork() == 0) {
    }
    _exit(0);
  }
  if (how == "env") {
    struct stat info;
    const char* tmp = getenv("TMPDIR");
    char cwd[4096];
    if (tmp == nullptr || stat(tmp, &info) != 0 ||
        (info.st_mode & 0777) != 0700 || stat(dir.c_str(), &info) != 0 ||
        (info.st_mode & 0777) != 0700 || getcwd(cwd, sizeof(cwd)) == nullptr ||
        strcmp(cwd, tmp) != 0 || getsid(0) != getpid()) {
      return 1;
    }
    // Nothing open but the three.
    for (int fd = 3; fd < 1024; ++fd) {
      if (fcntl(fd, F_GETFD) != -1) return 50;
    }
    sigset_t mask;
    sigprocmask(SIG_BLOCK, nullptr, &mask);
    for (int s = 1; s < 32; ++s) {
      if (sigismember(&mask, s)) return 51;
    }
  }
  return std::nullopt;
}

std::optional<int> RunAsChild(int, char**) { return std::nullopt; }

}  // namespace procspec::runner
