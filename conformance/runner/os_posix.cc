// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "conformance/runner/os.h"

namespace procspec::runner {
namespace {

absl::Status SystemError(std::string_view what, std::string_view path) {
  const int code = errno;
  return absl::ErrnoToStatus(code, absl::StrCat(what, " ", path));
}

constexpr char kRootPrefix[] = "psr-";

// Where private roots are: /tmp before TMPDIR, since build systems set long
// ones.
std::vector<std::string> RootBases() {
  std::vector<std::string> bases = {"/tmp"};
  if (std::string base = GetEnv("TMPDIR"); !base.empty()) {
    bases.push_back(std::move(base));
  }
  return bases;
}

int OpenDirectory(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

class PosixAppendFile : public AppendFile {
 public:
  PosixAppendFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixAppendFile() override { close(fd_); }

  PosixAppendFile(const PosixAppendFile&) = delete;
  PosixAppendFile& operator=(const PosixAppendFile&) = delete;

  absl::Status Append(std::string_view record) override {
    // A regular file takes all at once, unless the disk is full.
    while (!record.empty()) {
      const ssize_t n = write(fd_, record.data(), record.size());
      if (n < 0) {
        if (errno == EINTR) continue;
        return SystemError("cannot write", path_);
      }
      record.remove_prefix(static_cast<size_t>(n));
    }
    return absl::OkStatus();
  }

 private:
  const int fd_;
  const std::string path_;
};

// A directory that may be read and changed, or null.
DIR* OpenDirectory(int parent, const char* name) {
  struct stat info;
  if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(info.st_mode)) {
    return nullptr;
  }
  fchmodat(parent, name, 0700, 0);
  const int fd =
      openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return nullptr;
  DIR* directory = fdopendir(fd);
  if (directory == nullptr) close(fd);
  return directory;
}

// Calls `act` with the name of each entry but "." and "..".
template <typename Act>
void ForEachEntry(DIR* directory, const Act& act) {
  rewinddir(directory);
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") act(entry->d_name);
  }
}

// However deep it is and whatever its modes are.
void RemoveStubbornTree(const std::string& path) {
  DIR* top = OpenDirectory(AT_FDCWD, path.c_str());
  if (top == nullptr) {
    unlink(path.c_str());
    return;
  }
  // Brings up what is in a subdirectory, so that no depth matters.
  int64_t moved = 0;
  for (bool progress = true; progress;) {
    progress = false;
    ForEachEntry(top, [&](const char* name) {
      DIR* child = OpenDirectory(dirfd(top), name);
      if (child == nullptr) {
        if (unlinkat(dirfd(top), name, 0) == 0) progress = true;
        return;
      }
      ForEachEntry(child, [&](const char* below) {
        if (unlinkat(dirfd(child), below, 0) == 0) return;
        if (errno != EISDIR && errno != EPERM) return;
        fchmodat(dirfd(child), below, 0700, 0);
        const std::string up = absl::StrCat(".moved-", ++moved);
        renameat(dirfd(child), below, dirfd(top), up.c_str());
      });
      closedir(child);
      if (unlinkat(dirfd(top), name, AT_REMOVEDIR) == 0) progress = true;
    });
  }
  closedir(top);
  rmdir(path.c_str());
}

FileKind KindOf(const std::filesystem::file_status& status) {
  switch (status.type()) {
    case std::filesystem::file_type::none:
    case std::filesystem::file_type::not_found:
      return FileKind::kNone;
    case std::filesystem::file_type::regular:
      return FileKind::kFile;
    case std::filesystem::file_type::directory:
      return FileKind::kDirectory;
    case std::filesystem::file_type::socket:
      return FileKind::kSocket;
    default:
      return FileKind::kOther;
  }
}

volatile sig_atomic_t interrupted = 0;

void NoteInterrupt(int) { interrupted = 1; }

// The value of "key : value" in a file of such lines.
std::string FieldOf(const char* file, std::string_view key) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    if (!absl::StartsWith(line, key)) continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return "";
}

}  // namespace

std::vector<std::string> BeginProgram(int argc, char** argv) {
  return {argv, argv + argc};
}

absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppendFile(
    const std::string& path) {
  const int fd = open(
      path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError("cannot create", path);
  return std::make_unique<PosixAppendFile>(fd, path);
}

absl::StatusOr<std::string> MakePrivateRoot() {
  absl::Status status;
  for (const std::string& base : RootBases()) {
    while (true) {
      std::string path = absl::StrCat(base, "/", kRootPrefix, "XXXXXX");
      if (mkdtemp(path.data()) == nullptr) {
        status.Update(SystemError("cannot make a directory in", base));
        break;
      }
      // Never closed: the lock shows that the owner lives.
      const int fd = OpenDirectory(path);
      if (fd >= 0) flock(fd, LOCK_EX);
      // Before it was locked, another process may have taken it for abandoned.
      if (access(path.c_str(), F_OK) == 0) return path;
      if (fd >= 0) close(fd);
    }
  }
  return status;
}

void RemoveAbandonedRoots() {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const std::string& base : RootBases()) {
    for (fs::directory_iterator it(base, error), end; !error && it != end;
         it.increment(error)) {
      if (!absl::StartsWith(it->path().filename().string(), kRootPrefix)) {
        continue;
      }
      const int fd = OpenDirectory(it->path());
      if (fd < 0) continue;
      struct stat info;
      if (fstat(fd, &info) == 0 && info.st_uid == geteuid() &&
          flock(fd, LOCK_EX | LOCK_NB) == 0) {
        RemoveTree(it->path());
      }
      close(fd);
    }
  }
}

absl::Status MakePrivateDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0) return SystemError("cannot make", path);
  return absl::OkStatus();
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    return SystemError("cannot write", to);
  }
  return absl::OkStatus();
}

FileKind KindOf(const std::string& path) {
  std::error_code error;
  return KindOf(std::filesystem::symlink_status(path, error));
}

std::vector<DirectoryEntry> ReadDirectory(const std::string& path,
                                          size_t limit) {
  namespace fs = std::filesystem;
  std::vector<DirectoryEntry> entries;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end;
       !error && it != end && entries.size() < limit; it.increment(error)) {
    std::error_code ignored;  // it may have just gone
    entries.push_back(
        {it->path().filename().string(), KindOf(it->symlink_status(ignored))});
  }
  return entries;
}

void RemoveTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) RemoveStubbornTree(path);
}

absl::StatusOr<std::string> RandomToken() {
  char bytes[16];
  if (getentropy(bytes, sizeof(bytes)) != 0) {
    return SystemError("getentropy:", "no random bytes");
  }
  return absl::BytesToHexString(absl::string_view(bytes, sizeof(bytes)));
}

std::string SelfPath() {
  char buffer[4096];
  const ssize_t n = readlink("/proc/self/exe", buffer, sizeof(buffer));
  return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : "";
}

std::string_view ProgramSuffix() { return ""; }

bool IsExecutable(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> TemporaryDirectoryVariables() { return {"TMPDIR"}; }

std::string GetEnv(std::string_view name) {
  const char* value = getenv(std::string(name).c_str());
  return value == nullptr ? "" : value;
}

bool StdoutIsTerminal() { return isatty(STDOUT_FILENO) == 1; }

int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

std::string_view PlatformName() { return "linux"; }

std::vector<std::pair<std::string, std::string>> MachineContext() {
  std::vector<std::pair<std::string, std::string>> context;
  utsname names = {};
  if (uname(&names) == 0) {
    context.emplace_back("system",
                         absl::StrCat(names.sysname, " ", names.release));
    context.emplace_back("machine", names.machine);
  }
  context.emplace_back("processor", FieldOf("/proc/cpuinfo", "model name"));
  context.emplace_back("processors", absl::StrCat(ProcessorCount()));
  context.emplace_back("memory", FieldOf("/proc/meminfo", "MemTotal"));
  double load[3];
  if (getloadavg(load, 3) == 3) {
    context.emplace_back("load",
                         absl::StrCat(load[0], " ", load[1], " ", load[2]));
  }
  return context;
}

std::optional<absl::Duration> ProcessorsBusy() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  int64_t user = 0;
  int64_t nice = 0;
  int64_t system = 0;
  int64_t idle = 0;
  int64_t wait = 0;
  int64_t irq = 0;
  int64_t softirq = 0;
  // Steal is left out: it is what other machines took from this one.
  if (!(file >> cpu >> user >> nice >> system >> idle >> wait >> irq >>
        softirq)) {
    return std::nullopt;
  }
  const int64_t ticks = user + nice + system + irq + softirq;
  return absl::Seconds(ticks) / sysconf(_SC_CLK_TCK);
}

int64_t ProcessId() { return getpid(); }

int ProcessorCount() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return count;
  }
  return 1;
}

std::string DescribeSignal(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal)
                         : absl::StrCat("signal ", signal, " (SIG", name, ")");
}

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = NoteInterrupt;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART: a wait returns and its caller looks at the note.
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaction(signal, &action, nullptr);
  }
  // A reader of our output that goes away is noticed by write, not by death.
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

bool Interrupted() { return interrupted != 0; }

}  // namespace procspec::runner
