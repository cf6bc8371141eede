// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "conformance/runner/cgroup.h"

namespace procspec::runner {
namespace {

// This process's group within its hierarchy, such as "/user.slice".
std::string OwnGroup() {
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  while (std::getline(in, line)) {
    constexpr std::string_view kVersion2 = "0::";
    if (absl::StartsWith(line, kVersion2)) return line.substr(3);
  }
  return "";
}

// Where that group is in the file system.
std::string OwnDirectory() {
  const std::string group = OwnGroup();
  if (group.empty()) return "";
  std::ifstream in("/proc/self/mountinfo");
  std::string line;
  while (std::getline(in, line)) {
    // "41 31 0:38 /root /mount/point rw - cgroup2 cgroup2 rw"
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    if (fields.size() < 5) continue;
    std::string root = fields[3];
    if (root == "/") root.clear();
    if (!absl::StartsWith(group, root)) continue;
    std::string path = fields[4] + group.substr(root.size());
    while (!path.empty() && path.back() == '/') path.pop_back();
    return path;
  }
  return "";
}

// fork(), born into the group whose directory this is.
pid_t CloneInto(int directory, uint64_t flags) {
  clone_args arguments = {};
  arguments.flags = CLONE_INTO_CGROUP | flags;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<uint64_t>(directory);
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

constexpr std::string_view kGroupPrefix = "procspec-";

// Those that killed runners have left. Only an empty one can be removed.
void RemoveAbandoned(const std::string& parent) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(parent, error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!absl::StartsWith(name, kGroupPrefix)) continue;
    const std::vector<std::string> parts =
        absl::StrSplit(name.substr(kGroupPrefix.size()), '-');
    pid_t owner = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &owner)) continue;
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) {
      rmdir(it->path().c_str());
    }
  }
}

}  // namespace

std::string CgroupParent() {
  const std::string parent = OwnDirectory();
  if (parent.empty()) return "";
  RemoveAbandoned(parent);
  const std::string group = MakeCgroup(parent);
  if (group.empty()) return "";
  bool works = false;
  const int directory = open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    const pid_t runner = getpid();
    const pid_t pid = CloneInto(directory, 0);
    if (pid == 0) {
      // Not longer than the runner, which may be killed at any instant.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (getppid() == runner) pause();
      _exit(0);
    }
    if (pid > 0) {
      works = KillCgroup(group);
      if (!works) kill(pid, SIGKILL);
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    close(directory);
  }
  RemoveCgroup(group);
  return works ? parent : "";
}

std::string MakeCgroup(const std::string& parent) {
  static int number = 0;
  std::string group =
      absl::StrCat(parent, "/", kGroupPrefix, getpid(), "-", ++number);
  return mkdir(group.c_str(), 0700) == 0 ? group : "";
}

int ForkIntoCgroup(const std::string& group) {
  if (!group.empty()) {
    const int directory =
        open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
      const pid_t pid = CloneInto(directory, CLONE_VFORK);
      if (pid == 0) return 0;
      close(directory);
      if (pid > 0) return pid;
    }
  }
  return static_cast<pid_t>(
      syscall(SYS_clone, CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

bool KillCgroup(const std::string& group) {
  const int fd = open((group + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool killed = write(fd, "1", 1) == 1;
  close(fd);
  return killed;
}

void RemoveCgroup(const std::string& group) {
  if (group.empty()) return;
  // The last of it has been waited for, but may count for an instant more.
  constexpr int kAttempts = 20;
  for (int i = 0; i < kAttempts && rmdir(group.c_str()) != 0; ++i) {
    if (errno != EBUSY) return;
    poll(nullptr, 0, 1);
  }
}

}  // namespace procspec::runner
