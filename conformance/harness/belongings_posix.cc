// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <thread>

#include "absl/base/config.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "conformance/harness/belongings.h"
#include "conformance/harness/system.h"

namespace procspec::harness {
namespace {

std::string NameOfThread(int64_t id) {
  const absl::StatusOr<std::string> name =
      ReadFile(absl::StrCat("/proc/self/task/", id, "/comm"), 64);
  if (!name.ok()) return "";
  return name->substr(0, name->find('\n'));
}

std::string TargetOf(const std::string& descriptor) {
  char target[256];
  const ssize_t n = readlink(descriptor.c_str(), target, sizeof target);
  return n < 0 ? "" : std::string(target, static_cast<size_t>(n));
}

void AddThreads(std::vector<Belonging>& found) {
  DIR* directory = opendir("/proc/self/task");
  if (directory == nullptr) return;
  while (const dirent* entry = readdir(directory)) {
    Belonging thread;
    thread.kind = Belonging::Kind::kThread;
    if (!absl::SimpleAtoi(entry->d_name, &thread.number)) continue;
    thread.name = NameOfThread(thread.number);
    found.push_back(std::move(thread));
  }
  closedir(directory);
}

void AddDescriptors(std::vector<Belonging>& found) {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return;
  while (const dirent* entry = readdir(directory)) {
    Belonging descriptor;
    descriptor.kind = Belonging::Kind::kDescriptor;
    if (!absl::SimpleAtoi(entry->d_name, &descriptor.number)) continue;
    if (descriptor.number == dirfd(directory)) continue;
    // By name: a descriptor that another thread closes meanwhile is not used.
    const std::string path = absl::StrCat("/proc/self/fd/", descriptor.number);
    struct stat info;
    if (stat(path.c_str(), &info) != 0) continue;
    descriptor.device = info.st_dev;
    descriptor.inode = info.st_ino;
    descriptor.name = TargetOf(path);
    found.push_back(std::move(descriptor));
  }
  closedir(directory);
}

}  // namespace

std::vector<Belonging> ListBelongings() {
#ifdef ABSL_HAVE_THREAD_SANITIZER
  // It starts a thread of its own with the first one of the program.
  [[maybe_unused]] static const bool started = [] {
    std::thread([] {}).join();
    return true;
  }();
#endif
  std::vector<Belonging> found;
  AddThreads(found);
  AddDescriptors(found);
  return found;
}

}  // namespace procspec::harness
