// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "conformance/zoo/acts.h"
#include "conformance/zoo/daemon.h"
#include "conformance/zoo/tools.h"

// Cases that break the judge's protocol, most of them to forge a PASS.

namespace procspec::zoo {
namespace {

// This program again, on a backend that passes, with a proof of its own; in the
// place of the calling process.
[[noreturn]] void BecomeAPassingCase(const Scene& scene) {
  int ends[2];
  if (pipe(ends) == 0) {
    const std::string line = absl::StrCat(kWrongProof, "\n");
    [[maybe_unused]] const ssize_t n = write(ends[1], line.data(), line.size());
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
  }
  std::vector<std::string> arguments = {
      "testee",
      "run",
      absl::StrCat("--backend=", std::string(kHarmless)),
      "--case=" + scene.case_name,
      "--dir=" + scene.directory,
      "--seed=1",
      "--proof"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  _exit(99);
}

enum class Direction { kReads = O_RDONLY, kWrites = O_WRONLY };

// Opens, for writing, the pipes that this process's parent, its supervisor,
// has: those it reads, from the runner, or those it writes, to the runner.
std::vector<int> OpenParentsPipes(Direction direction) {
  const std::string parent = absl::StrCat("/proc/", getppid());
  std::vector<int> pipes;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(parent + "/fd", error)) {
    const std::string target =
        std::filesystem::read_symlink(entry.path(), error).string();
    if (target.rfind("pipe:", 0) != 0) continue;
    std::ifstream info(parent + "/fdinfo/" + entry.path().filename().string());
    std::string key;
    for (int flags = 0; info >> key;) {
      if (key != "flags:" || !(info >> std::oct >> flags)) continue;
      if ((flags & O_ACCMODE) != static_cast<int>(direction)) break;
      pipes.push_back(open(entry.path().c_str(), O_WRONLY | O_CLOEXEC));
    }
  }
  return pipes;
}

}  // namespace

// As a child that comes back from where it was forked.
absl::Status AnswerTwice(const Scene&) {
  const pid_t child = fork();
  if (child > 0) waitpid(child, nullptr, 0);
  return absl::OkStatus();
}

absl::Status ForgeFromASurvivor(const Scene& scene) {
  const pid_t self = getpid();
  InADaemon([&] {
    while (kill(self, 0) == 0) usleep(1000);
    PutFile(scene.result_path(), PassWith(kWrongProof));
  });
  ExitPassing();
}

absl::Status ForgeByLink(const Scene& scene) {
  const std::string elsewhere = scene.directory + "/elsewhere";
  PutFile(elsewhere, PassWith(kWrongProof));
  std::filesystem::create_symlink(elsewhere, scene.result_path());
  ExitPassing();
}

absl::Status ForgeByPipe(const Scene& scene) {
  const std::string path = scene.result_path();
  mkfifo(path.c_str(), 0600);
  InADaemon([&] {
    const int fd = open(path.c_str(), O_WRONLY);
    const std::string pass = PassWith(kWrongProof);
    [[maybe_unused]] const ssize_t n = write(fd, pass.data(), pass.size());
  });
  ExitPassing();
}

absl::Status ForgeByAnotherDirectory(const Scene& scene) {
  const std::string decoy = scene.directory + ".decoy";
  std::filesystem::create_directory(decoy);
  PutFile(decoy + "/result.json", PassWith(kWrongProof));
  std::filesystem::rename(scene.directory, scene.directory + ".moved");
  std::filesystem::create_symlink(decoy, scene.directory);
  ExitPassing();
}

absl::Status ForgeByExec(const Scene& scene) { BecomeAPassingCase(scene); }

absl::Status ForgeByProxy(const Scene& scene) {
  const pid_t child = fork();
  if (child == 0) BecomeAPassingCase(scene);
  waitpid(child, nullptr, 0);
  ExitPassing();
}

// As a library that turns its process into a daemon.
absl::Status GoOnInAChild(const Scene&) {
  if (fork() > 0) ExitPassing();
  return absl::OkStatus();
}

absl::Status ForgeAndKillItsParent(const Scene& scene) {
  PutFile(scene.result_path(), PassWith(kWrongProof));
  kill(getppid(), SIGKILL);
  SleepForEver();
}

absl::Status ForgeTheReport(const Scene& scene) {
  PutFile(scene.result_path(), PassWith(kWrongProof));
  constexpr std::string_view kExited =
      R"({"end": 0, "code": 0, "wall_ns": 1000000, "tree_ended": true})";
  for (int report : OpenParentsPipes(Direction::kWrites)) {
    [[maybe_unused]] const ssize_t n =
        write(report, kExited.data(), kExited.size());
  }
  ExitPassing();
}

absl::Status HoldTheReport(const Scene&) {
  OpenParentsPipes(Direction::kWrites);
  InADaemon([] {});
  kill(getppid(), SIGKILL);
  SleepForEver();
}

// Its supervisor's line to the runner is that of all supervisors.
absl::Status CancelAll(const Scene&) {
  for (int lifeline : OpenParentsPipes(Direction::kReads)) {
    [[maybe_unused]] const ssize_t n = write(lifeline, "x", 1);
    close(lifeline);
  }
  return absl::OkStatus();
}

}  // namespace procspec::zoo
