// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "conformance/runner/private_ipc.h"

namespace procspec::runner {
namespace {

constexpr const char* kSharedMemory = "/dev/shm";

absl::Status WriteTo(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  const ssize_t n = write(fd, text.data(), text.size());
  const int error = errno;
  close(fd);
  return n < 0 ? absl::ErrnoToStatus(error, path) : absl::OkStatus();
}

// Ids stay what they are: a case is not to notice.
absl::Status EnterUserNamespace(int flags) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | flags) != 0) {
    return absl::ErrnoToStatus(errno, "unshare with a user namespace");
  }
  // Without this an ordinary user may not map a group.
  absl::Status status = WriteTo("/proc/self/setgroups", "deny");
  if (status.ok()) {
    status = WriteTo("/proc/self/uid_map", absl::StrCat(user, " ", user, " 1"));
  }
  if (status.ok()) {
    status =
        WriteTo("/proc/self/gid_map", absl::StrCat(group, " ", group, " 1"));
  }
  return status;
}

absl::Status MountSharedMemory() {
  // So that the new mount is seen nowhere else. Where it is no mount of its own
  // the whole tree must be told; that costs more.
  if (mount(nullptr, kSharedMemory, nullptr, MS_PRIVATE, nullptr) != 0 &&
      mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "making mounts private");
  }
  if (mount("tmpfs", kSharedMemory, "tmpfs", MS_NOSUID | MS_NODEV,
            "mode=1777") != 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("mounting on ", kSharedMemory));
  }
  return absl::OkStatus();
}

bool WorksInAChild(IpcWatch watch) {
  const pid_t pid = fork();
  if (pid < 0) return false;
  if (pid == 0) _exit(EnterPrivateIpc(watch).ok() ? 0 : 1);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Of a table in /proc/sysvipc, whose second column is the id.
void AddSystemV(const char* table, LeakKind kind, std::string_view name,
                std::vector<Leak>& found) {
  std::ifstream in(absl::StrCat("/proc/sysvipc/", table));
  std::string line;
  std::getline(in, line);  // the heading
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string key;
    std::string id;
    if (fields >> key >> id) {
      found.push_back(
          {kind, absl::StrCat("System V ", std::string(name), " ", id)});
    }
  }
}

}  // namespace

IpcWatch PermittedPrivateIpc(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (absl::StartsWith(path, absl::StrCat(kSharedMemory, "/"))) {
      return IpcWatch::kNone;
    }
  }
  for (IpcWatch watch :
       {IpcWatch::kPrivate, IpcWatch::kPrivateByUserNamespace}) {
    if (WorksInAChild(watch)) return watch;
  }
  return IpcWatch::kNone;
}

absl::Status EnterPrivateIpc(IpcWatch watch) {
  constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWIPC;
  absl::Status status;
  if (watch == IpcWatch::kPrivateByUserNamespace) {
    status = EnterUserNamespace(kNamespaces);
  } else if (unshare(kNamespaces) != 0) {
    status = absl::ErrnoToStatus(errno, "unshare");
  }
  if (status.ok()) status = MountSharedMemory();
  return status;
}

std::vector<Leak> ListIpc() {
  std::vector<Leak> found;
  if (DIR* directory = opendir(kSharedMemory)) {
    while (const dirent* entry = readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      constexpr std::string_view kSemaphorePrefix = "sem.";
      if (absl::StartsWith(name, kSemaphorePrefix)) {
        found.push_back(
            {LeakKind::kSemaphore,
             absl::StrCat("/", name.substr(kSemaphorePrefix.size()))});
      } else {
        found.push_back({LeakKind::kSharedMemory, absl::StrCat("/", name)});
      }
    }
    closedir(directory);
  }
  AddSystemV("shm", LeakKind::kSharedMemory, "segment", found);
  AddSystemV("sem", LeakKind::kSemaphore, "semaphores", found);
  AddSystemV("msg", LeakKind::kSharedMemory, "message queue", found);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace procspec::runner
