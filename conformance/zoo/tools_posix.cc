// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "conformance/zoo/tools.h"

namespace procspec::zoo {

void SleepForEver() {
  while (true) pause();
}

void IgnoreEndingSignals() {
  for (int s : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) signal(s, SIG_IGN);
}

void AtLastFlush(std::function<void()> act) {
  cookie_io_functions_t functions = {};
  functions.write = [](void* cookie, const char*, size_t size) {
    (*static_cast<std::function<void()>*>(cookie))();
    return static_cast<ssize_t>(size);
  };
  FILE* stream =
      fopencookie(new std::function<void()>(std::move(act)), "w", functions);
  if (stream != nullptr) fputc('x', stream);
}

void InADaemon(const std::function<void()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    setsid();
    IgnoreEndingSignals();
    act();
    SleepForEver();
  }
  waitpid(child, nullptr, 0);
}

void PutFile(const std::string& path, std::string_view content) {
  unlink(path.c_str());
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t n = write(fd, content.data(), content.size());
  close(fd);
}

std::string PassWith(std::string_view proof) {
  return R"({"verdict": "PASS", "failures": [], "duration_ms": 1, "proof": ")" +
         std::string(proof) + "\"}\n";
}

}  // namespace procspec::zoo
