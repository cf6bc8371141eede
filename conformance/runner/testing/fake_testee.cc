// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// A testee without spec, cases or backends: each of its cases behaves in one
// way that the runner must be able to deal with. The case's variant says which.
//
// FAKE_TESTEE_LIST makes `list` go wrong: no-cases, no-backends, broken,
// unknown-clause, missing-case, crash, only-wrong.
// FAKE_TESTEE_ALL lists all behaviours, FAKE_TESTEE_COPIES=N so many quick
// cases, as "fail.3". FAKE_TESTEE_TRACE names a file in which each case notes
// that it starts and that it has done.

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

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* kBehaviours[] = {
    "pass",
    "fail",
    "unsupported",
    "hang",
    "stop",
    "crash",
    "exit-early",
    "exit-odd",
    "truncated",
    "pass-exit-1",
    "fail-exit-0",
    "output",
    "escape",
    "leave-child",
    "leave-file",
    "kill-supervisor",
    "stop-supervisor",
    "fork-storm",
    "slow",
    "usage",
    "claims-usage",
    "forged",
    "result-is-directory",
    "pass-then-hang",
    "helper",
    "env",
};

// A clause of the specification that every build has.
constexpr const char* kClause = "queue.put.timeout-full";
constexpr const char* kOtherClause = "queue.get.timeout-empty";

std::string ValueOf(int argc, char** argv, std::string_view flag) {
  for (int i = 2; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg.substr(0, flag.size()) == flag) {
      return std::string(arg.substr(flag.size()));
    }
  }
  return "";
}

// One line of the trace, whole whoever else writes.
void Trace(const std::string& line) {
  const char* path = getenv("FAKE_TESTEE_TRACE");
  if (path == nullptr) return;
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  [[maybe_unused]] const ssize_t n = write(fd, line.data(), line.size());
  close(fd);
}

int List() {
  const char* mode = getenv("FAKE_TESTEE_LIST");
  const std::string how = mode == nullptr ? "" : mode;
  if (how == "crash") abort();
  if (how == "broken") {
    std::cout << "{\"backends\": [";
    return 0;
  }
  std::cout << "{\"backends\": [";
  if (how == "only-wrong") {
    std::cout << R"({"name": "always-ok", "capabilities": [], "wrong": true})";
  } else if (how != "no-backends") {
    std::cout
        << R"({"name": "good", "capabilities": ["queue", "process"], "platform": "linux"},
      {"name": "other", "capabilities": [], "platform": "linux"},
      {"name": "mutant", "capabilities": ["queue", "process"], "platform": "linux", "base": "good",
       "breaks": [")"
        << kClause << R"("], "collateral": [], "touches": ["queue"]},
      {"name": "stale", "capabilities": ["queue", "process"], "platform": "linux", "base": "good",
       "breaks": [")"
        << kClause << R"("], "collateral": [")" << kOtherClause
        << R"("], "touches": ["queue"]},
      {"name": "wild", "capabilities": ["queue", "process"], "platform": "linux", "base": "good",
       "breaks": [")"
        << kOtherClause << R"("], "collateral": [], "touches": ["queue"]},
      {"name": "always-ok", "capabilities": ["queue", "process"], "wrong": true})";
  }
  std::cout << "], \"cases\": [";
  if (how != "no-cases") {
    const char* clause = how == "unknown-clause" ? "no.such-clause" : kClause;
    std::cout << "{\"name\": \"" << clause
              << (how == "missing-case" ? "/other" : "") << "\", \"clause\": \""
              << clause << "\", \"variant\": \"\"}";
    // Needs more than its clause.
    std::cout << ",{\"name\": \"" << clause << "/extra\", \"clause\": \""
              << clause
              << "\", \"variant\": \"extra\", \"requires\": [\"pool\"]}";
    std::cout << ",{\"name\": \"" << kOtherClause << "\", \"clause\": \""
              << kOtherClause << "\", \"variant\": \"\"}";
    const char* copies = getenv("FAKE_TESTEE_COPIES");
    for (int i = 0; copies != nullptr && i < atoi(copies); ++i) {
      for (const char* b : {"pass", "fail", "exit-odd", "chatty"}) {
        std::cout << ",{\"name\": \"" << clause << "/" << b << "." << i
                  << "\", \"clause\": \"" << clause << "\", \"variant\": \""
                  << b << "." << i << "\"}";
      }
    }
    const char* all = getenv("FAKE_TESTEE_ALL");
    for (const char* b : kBehaviours) {
      if (all == nullptr) break;
      std::cout << ",\n{\"name\": \"" << clause << "/" << b
                << "\", \"clause\": \"" << clause << "\", \"variant\": \"" << b
                << "\"}";
    }
  }
  std::cout << "]}\n";
  return 0;
}

void WriteResult(const std::string& dir, std::string_view text) {
  std::ofstream(dir + "/result.json") << text;
}

std::string proof;  // what the runner gave by standard input

void Pass(const std::string& dir) {
  WriteResult(
      dir,
      R"({"verdict": "PASS", "failures": [], "duration_ms": 1, "proof": ")" +
          proof + "\"}");
}

void Fail(const std::string& dir) {
  WriteResult(
      dir,
      R"({"verdict": "FAIL", "failures": [{"file": "conformance/cases/queue_cases.cc", "line": 42,
    "message": "Expected: Put reports Full\n  Actual: OK <after> 3 ms"}], "duration_ms": 5})");
}

[[noreturn]] void SleepForEver() {
  while (true) pause();
}

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

int Run(const std::string& backend, std::string how, const std::string& dir) {
  if (backend == "other") {
    WriteResult(dir, R"({"verdict": "UNSUPPORTED", "reason": "no queue"})");
    return 3;
  }
  if (how == "extra") {
    WriteResult(dir, R"({"verdict": "UNSUPPORTED", "reason": "no pool"})");
    return 3;
  }
  if (how == "unsupported") {
    WriteResult(dir, R"({"verdict": "UNSUPPORTED", "reason": "not today"})");
    return 3;
  }
  if (how == "fail") {
    std::cerr << "about to fail\n";
    Fail(dir);
    return 1;
  }
  if (how == "hang") {
    IgnoreSignals();
    SleepForEver();
  }
  if (how == "stop") kill(getpid(), SIGSTOP);
  if (how == "crash") {
    std::cerr << "on the way down\n";
    abort();
  }
  if (how == "exit-early") return 0;
  if (how == "exit-odd") return 77;
  if (how == "usage") {
    WriteResult(dir, R"({"verdict": "REFUSED", "proof": ")" + proof + "\"}");
    return 2;
  }
  if (how == "claims-usage") return 2;
  if (how == "forged") {
    proof = "0123456789abcdef0123456789abcdef";
    Pass(dir);
    return 0;
  }
  if (how == "truncated") {
    WriteResult(dir, R"({"verdict": "PA)");
    return 0;
  }
  if (how == "result-is-directory") {
    mkdir((dir + "/result.json").c_str(), 0700);
    return 0;
  }
  if (how == "pass-exit-1") {
    Pass(dir);
    return 1;
  }
  if (how == "fail-exit-0") {
    Fail(dir);
    return 0;
  }
  if (how == "output") {
    for (int i = 0; i < 200000; ++i) printf("line %d of a long output\n", i);
    printf("the last line\n");
    fflush(stdout);
  }
  if (how == "chatty") {  // whose end is a long record
    std::cerr << std::string(100000, 'x');
    return 77;
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
  // Not among kBehaviours: only for who watches them.
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
  if (how == "leave-file") {
    std::ofstream(std::string(getenv("TMPDIR")) + "/forgotten") << "x";
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
  // Not among kBehaviours. A process that is always another one: it has a child
  // and ends, and so does the child.
  if (how == "comet" && fork() == 0) {
    IgnoreSignals();
    while (fork() == 0) {
    }
    _exit(0);
  }
  if (how == "slow") usleep(300000);
  if (how == "pass-then-hang") {
    Pass(dir);
    SleepForEver();
  }
  if (how == "env") {
    struct stat info;
    const char* tmp = getenv("TMPDIR");
    char cwd[4096];
    if (tmp == nullptr || stat(tmp, &info) != 0 ||
        (info.st_mode & 0777) != 0700 || stat(dir.c_str(), &info) != 0 ||
        (info.st_mode & 0777) != 0700 || getcwd(cwd, sizeof(cwd)) == nullptr ||
        strcmp(cwd, tmp) != 0 || getsid(0) != getpid()) {
      Fail(dir);
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
  Pass(dir);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (std::string_view(argv[1]) == "list") return List();
  if (std::string_view(argv[1]) != "run") return 2;
  const std::string backend = ValueOf(argc, argv, "--backend=");
  const std::string name = ValueOf(argc, argv, "--case=");
  const std::string dir = ValueOf(argc, argv, "--dir=");
  if (backend.empty() || name.empty() || dir.empty()) return 2;
  if (std::string_view(argv[argc - 1]) == "--proof") {
    std::getline(std::cin, proof);
  }
  const size_t slash = name.find('/');
  std::string how =
      slash == std::string::npos ? "pass" : name.substr(slash + 1);
  // "mutant" and "stale" fail one clause, "wild" both.
  const std::string clause = name.substr(0, slash);
  if ((backend == "mutant" || backend == "stale") && clause == kClause &&
      how == "pass") {
    how = "fail";
  }
  if ((backend == "wild" || backend == "always-ok") && how == "pass") {
    how = "fail";
  }
  how.resize(std::min(how.find('.'), how.size()));
  Trace("start " + name + " " + dir + "\n");
  const int code = Run(backend, how, dir);
  Trace("done " + name + "\n");
  return code;
}
