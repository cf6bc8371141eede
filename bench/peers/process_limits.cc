// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/process_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/peers/children.h"
#include "bench/sample.h"

namespace procspec::bench {
namespace {

// What the process is that starts others.
struct Parent {
  size_t touched_bytes = 0;
  int idle_children = 0;
};

// Private memory, every page of it written, for as long as it is there.
class TouchedMemory {
 public:
  explicit TouchedMemory(size_t bytes) : bytes_(bytes) {
    if (bytes_ == 0) return;
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) Die("mmap");
    std::memset(memory_, 1, bytes_);
  }
  TouchedMemory(const TouchedMemory&) = delete;
  TouchedMemory& operator=(const TouchedMemory&) = delete;
  ~TouchedMemory() {
    if (bytes_ > 0) munmap(memory_, bytes_);
  }

 private:
  size_t bytes_;
  void* memory_ = nullptr;
};

// Ways to start a process that does nothing and to wait for its end. Made while
// the parent is still small.

class ForkAndWait {
 public:
  bool StartAndJoin() {
    const pid_t pid = fork();
    if (pid < 0) Die("fork");
    if (pid == 0) _exit(0);
    return Reap(pid);
  }
};

// This program again.
class PosixSpawn {
 public:
  bool StartAndJoin() {
    char program[] = "/proc/self/exe";
    char* const arguments[] = {program, const_cast<char*>(kSpawnedArgument),
                               nullptr};
    pid_t pid;
    errno = posix_spawn(&pid, program, nullptr, nullptr, arguments, environ);
    if (errno != 0) Die("posix_spawn");
    return Reap(pid);
  }
};

// A server that forks on request and tells the exit status.
class Zygote {
 public:
  Zygote() {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds_) != 0) {
      Die("socketpair");
    }
    server_ = Fork([this] {
      char request;
      while (recv(fds_[1], &request, 1, 0) == 1 && request == kStart) {
        const char ok = ForkAndWait().StartAndJoin() ? 1 : 0;
        if (send(fds_[1], &ok, 1, 0) != 1) Die("send");
      }
    });
    close(fds_[1]);
  }
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;
  ~Zygote() {
    // Not by closing: idle children have the socket, too.
    if (send(fds_[0], &kEnd, 1, 0) != 1) Die("send");
    Reap(server_);
    close(fds_[0]);
  }

  bool StartAndJoin() {
    char ok = 0;
    if (send(fds_[0], &kStart, 1, 0) != 1) Die("send");
    if (recv(fds_[0], &ok, 1, 0) != 1) Die("recv");
    return ok == 1;
  }

 private:
  static constexpr char kStart = 's';
  static constexpr char kEnd = 'e';

  int fds_[2];
  pid_t server_;
};

// Repeats `start`, which returns its own nanoseconds, and negative ones if it
// failed.
template <typename Start>
absl::StatusOr<std::vector<double>> TimeStarts(Start start) {
  constexpr size_t kLeast = 4;  // of those that take as long as a sample
  std::vector<double> times_ns;
  const int64_t deadline_ns = NowNs() + absl::ToInt64Nanoseconds(SampleTime());
  while (times_ns.size() < kLeast || NowNs() < deadline_ns) {
    times_ns.push_back(start());
    if (times_ns.back() < 0) {
      return absl::AbortedError("a child did not do what it should");
    }
  }
  return times_ns;
}

// All that took part has been waited for.
absl::StatusOr<Figures> FiguresOf(absl::StatusOr<std::vector<double>> times_ns,
                                  const CpuTime& cpu) {
  if (!times_ns.ok()) return times_ns.status();
  const double count = static_cast<double>(times_ns->size());
  Figures figures = FiguresOfTimes(*std::move(times_ns));
  figures.counters["cpu_ns"] = cpu.ElapsedNs() / count;
  return figures;
}

template <typename Way>
absl::StatusOr<Figures> SampleStartJoin(const Parent& parent) {
  std::optional<Way> way(std::in_place);
  Children idle;
  for (int i = 0; i < parent.idle_children; ++i) {
    idle.Start([] { pause(); });
  }
  const TouchedMemory memory(parent.touched_bytes);
  const CpuTime cpu;
  absl::StatusOr<std::vector<double>> times_ns = TimeStarts([&] {
    const int64_t start_ns = NowNs();
    const bool ok = way->StartAndJoin();
    return ok ? static_cast<double>(NowNs() - start_ns) : -1;
  });
  way.reset();  // the time of a server counts, too
  return FiguresOf(std::move(times_ns), cpu);
}

// Until a byte from the child is here.
absl::StatusOr<Figures> SampleFirstInstruction() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  const absl::Cleanup close_fds = [&] {
    close(fds[0]);
    close(fds[1]);
  };
  const CpuTime cpu;
  absl::StatusOr<std::vector<double>> times_ns = TimeStarts([&] {
    const int64_t start_ns = NowNs();
    const pid_t pid = fork();
    if (pid < 0) Die("fork");
    if (pid == 0) _exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
    char byte = 0;
    if (read(fds[0], &byte, 1) != 1) Die("read");
    const int64_t end_ns = NowNs();
    return Reap(pid) && byte == 'x' ? static_cast<double>(end_ns - start_ns)
                                    : -1;
  });
  return FiguresOf(std::move(times_ns), cpu);
}

template <typename Way>
void RegisterStartJoin(std::string_view subject) {
  const std::pair<std::string_view, Parent> parents[] = {
      {"small", {}},
      {"1GiB", {.touched_bytes = size_t{1} << 30}},
      {"64-children", {.idle_children = 64}},
      {"512-children", {.idle_children = 512}}};
  for (const auto& [parameters, parent] : parents) {
    RegisterRow(absl::StrCat("process.start-join/", parameters, "/", subject),
                [parent = parent] { return SampleStartJoin<Way>(parent); });
  }
}

}  // namespace

void RegisterProcessLimits() {
  RegisterStartJoin<PosixSpawn>("posix-spawn");
  RegisterStartJoin<Zygote>("zygote");
  RegisterStartJoin<ForkAndWait>("limit-fork");
  RegisterRow("process.first-instruction/small/limit-fork",
              SampleFirstInstruction);
}

}  // namespace procspec::bench
