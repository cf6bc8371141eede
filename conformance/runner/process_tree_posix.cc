// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "conformance/runner/process_tree.h"

namespace procspec::runner {
namespace {

// At most `limit` bytes of a file of /proc, which come in one read.
std::string ReadSmall(const std::string& path, size_t limit) {
  std::string out(limit, '\0');
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t n = read(fd, out.data(), out.size());
  close(fd);
  out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

bool ParseStat(const std::string& stat, ProcessInfo& process) {
  // "pid (comm) state ppid ...", where comm may hold blanks and parentheses.
  const size_t close_paren = stat.rfind(')');
  if (close_paren == std::string::npos || close_paren + 4 >= stat.size()) {
    return false;
  }
  process.state = stat[close_paren + 2];
  const size_t begin = close_paren + 4;
  const size_t end = stat.find(' ', begin);
  if (end == std::string::npos) return false;
  return absl::SimpleAtoi(stat.substr(begin, end - begin), &process.parent);
}

}  // namespace

std::vector<ProcessInfo> AllProcesses() {
  std::vector<ProcessInfo> all;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return {};
  while (const dirent* entry = readdir(proc)) {
    ProcessInfo process;
    if (!absl::SimpleAtoi(entry->d_name, &process.pid)) continue;
    const std::string stat =
        ReadSmall(absl::StrCat("/proc/", process.pid, "/stat"), 1024);
    if (!ParseStat(stat, process)) continue;  // it has just gone
    all.push_back(std::move(process));
  }
  closedir(proc);
  return all;
}

void FillDetails(ProcessInfo& process) {
  const std::string dir = absl::StrCat("/proc/", process.pid);
  std::string command = ReadSmall(dir + "/cmdline", 4096);
  while (!command.empty() && command.back() == '\0') command.pop_back();
  // The program's name tells as much as its path, and leaves more room.
  const size_t slash = command.substr(0, command.find('\0')).rfind('/');
  if (slash != std::string::npos) command.erase(0, slash + 1);
  command = absl::StrReplaceAll(command, {{std::string(1, '\0'), " "}});
  if (!command.empty()) process.command = ShortenedCommand(std::move(command));
  process.waits_in = ReadSmall(dir + "/wchan", 128);
  if (process.waits_in == "0") process.waits_in.clear();
}

}  // namespace procspec::runner
