// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/runner/cgroup.h"
#include "conformance/runner/json.h"
#include "conformance/runner/os.h"
#include "conformance/runner/supervisor.h"

// One small process stands between the runner and each program: a fork of the
// runner, which has one thread, so that this is safe, and which is not exec'ed,
// so that it is cheap. As a sub-reaper it adopts every orphan below it; when it
// has no child left, nothing of the tree is left. That is one system call in
// the ordinary case, and no process can escape from it, be it by a new session,
// by a double fork or by another environment.
//
//   runner ── report pipe ──< supervisor ── spawns ── program ── ...
//      └───── lifeline ────>    (its end: end everything now)
//
// Where there are control groups, the program is born into one of its own, so
// that what forks faster than it can be stopped is ended all the same.
//
// A program may kill its supervisor. Then the runner, a sub-reaper too, adopts
// what is left and ends it.

namespace procspec::runner {
namespace {

// How often a supervisor looks at the size of the output.
constexpr absl::Duration kOutputCheck = absl::Milliseconds(250);
// For ending a tree. Only an uninterruptible system call takes that long.
constexpr absl::Duration kEndLimit = absl::Seconds(5);
// A supervisor that has not reported by then was stopped by its program.
constexpr absl::Duration kSupervisorSlack = absl::Seconds(8);
// Of what a supervisor reports.
constexpr size_t kReportLimit = 1 << 20;

int64_t NowNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

absl::Duration Now() { return absl::Nanoseconds(NowNanos()); }

int PollTimeout(absl::Duration duration) {
  if (duration <= absl::ZeroDuration()) return 0;
  // Rounded up, so that a poll does not spin in the last millisecond.
  const int64_t ms =
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
  return static_cast<int>(std::min<int64_t>(ms, INT_MAX));
}

Json ToJson(const std::vector<Leak>& leaks) {
  Json out = Json::array();
  for (const Leak& leak : leaks) {
    out.push_back({{"kind", LeakKindName(leak.kind)}, {"what", leak.what}});
  }
  return out;
}

std::vector<Leak> LeaksFrom(const Json& json, std::string_view key) {
  std::vector<Leak> out;
  for (const Json& leak : GetObjects(json, key)) {
    const auto kind = ParseLeakKind(GetString(leak, "kind"));
    if (kind) out.push_back({*kind, GetString(leak, "what")});
  }
  return out;
}

Json ToJson(const std::vector<ProcessInfo>& processes) {
  Json out = Json::array();
  for (const ProcessInfo& p : processes) {
    out.push_back(Json{{"pid", p.pid},
                       {"parent", p.parent},
                       {"state", std::string(1, p.state)},
                       {"command", p.command},
                       {"waits_in", p.waits_in}});
  }
  return out;
}

std::vector<ProcessInfo> ProcessesFrom(const Json& json, std::string_view key) {
  std::vector<ProcessInfo> out;
  for (const Json& p : GetObjects(json, key)) {
    ProcessInfo info;
    info.pid = GetInt(p, "pid");
    info.parent = GetInt(p, "parent");
    const std::string state = GetString(p, "state");
    info.state = state.empty() ? '?' : state[0];
    info.command = GetString(p, "command");
    info.waits_in = GetString(p, "waits_in");
    out.push_back(std::move(info));
  }
  return out;
}

// Closes all descriptors from 3 on but two.
void CloseAllBut(int a, int b) {
  if (a > b) std::swap(a, b);
  unsigned int from = 3;
  for (int kept : {a, b}) {
    const auto k = static_cast<unsigned int>(kept);
    if (k > from) syscall(SYS_close_range, from, k - 1, 0);
    from = k + 1;
  }
  syscall(SYS_close_range, from, ~0U, 0);
}

void Kill(int64_t pid, int signal) { kill(static_cast<pid_t>(pid), signal); }

// Ends a set of processes that may go on forking: they are stopped until no new
// one turns up, then killed. `list` returns those that live, `reap` true when
// there are none to wait for. The set consists of descendants of this process,
// whose ids are not reused while it has not waited for them or for what is
// above them.
template <typename List, typename Reap>
bool EndAll(const List& list, const Reap& reap) {
  constexpr int kStopRounds = 50;
  const absl::Duration limit = Now() + kEndLimit;
  while (true) {
    std::set<int64_t> stopped;
    std::vector<ProcessInfo> processes;
    for (int round = 0; round < kStopRounds; ++round) {
      processes = list();
      bool found_new = false;
      for (const ProcessInfo& p : processes) {
        if (!stopped.insert(p.pid).second) continue;
        found_new = true;
        Kill(p.pid, SIGSTOP);
      }
      if (!found_new) break;
    }
    for (const ProcessInfo& p : processes) Kill(p.pid, SIGKILL);
    for (int i = 0; i < 20; ++i) {
      if (reap()) return true;
      poll(nullptr, 0, i < 5 ? 1 : 10);
    }
    if (Now() >= limit) return false;
  }
}

// Runs in a process of its own, from which it does not return.
class TreeKeeper {
 public:
  TreeKeeper(const Command& command, const Supervisor::Options& options,
             const std::string& cgroup, int lifeline, int report)
      : command_(command),
        options_(options),
        cgroup_(cgroup),
        lifeline_(lifeline),
        report_(report) {}

  [[noreturn]] void Run() {
    Isolate();
    if (SeparateIpc() && Spawn()) {
      Watch();
      Settle();
      FindIpcLeaks();
    }
    RemoveCgroup(cgroup_);
    Report();
    _exit(0);
  }

 private:
  void Isolate() {
    // All signals are blocked since before the fork and stay so: only SIGKILL
    // and SIGSTOP reach this process. A new session takes it out of the
    // terminal's group, and Ctrl-C with it.
    setsid();
    CloseAllBut(lifeline_, report_);
    const int null = open("/dev/null", O_RDWR);
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
    if (null > STDERR_FILENO) close(null);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "procspec-case");  // not one of "all procspecs"
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGCHLD, SIG_DFL);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    children_ = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  bool SeparateIpc() {
    if (options_.ipc == IpcWatch::kCompared) ipc_before_ = ListIpc();
    if (!IsPrivate(options_.ipc)) return true;
    const absl::Status status = EnterPrivateIpc(options_.ipc);
    if (!status.ok()) {
      ending_.problem = absl::StrCat("no shared memory of its own: ",
                                     std::string(status.message()));
    }
    return status.ok();
  }

  void FindIpcLeaks() {
    if (options_.ipc == IpcWatch::kNone) return;
    const std::vector<Leak> now = ListIpc();
    std::vector<Leak> left;
    std::set_difference(now.begin(), now.end(), ipc_before_.begin(),
                        ipc_before_.end(), std::back_inserter(left));
    ending_.ipc_leaks = ShortenedLeaks(left);
    ending_.ipc_leak_count = static_cast<int64_t>(left.size());
  }

  bool Spawn() {
    std::vector<std::string> environment;
    for (char** e = environ; *e != nullptr; ++e) {
      const std::string_view entry = *e;
      const bool replaced =
          std::any_of(command_.environment.begin(), command_.environment.end(),
                      [&](const auto& v) {
                        return entry.size() > v.first.size() &&
                               entry.substr(0, v.first.size()) == v.first &&
                               entry[v.first.size()] == '=';
                      });
      if (!replaced) environment.emplace_back(entry);
    }
    for (const auto& [name, value] : command_.environment) {
      environment.push_back(absl::StrCat(name, "=", value));
    }

    output_ = Create(command_.output);
    const int errors =
        command_.errors.empty() ? output_ : Create(command_.errors);
    if (output_ < 0 || errors < 0) return false;
    // With O_APPEND, pwrite would append.
    cutter_ = open(command_.output.c_str(), O_WRONLY | O_CLOEXEC);
    if (cutter_ < 0) {
      ending_.problem =
          absl::StrCat("cannot open ", command_.output, ": ", strerror(errno));
      return false;
    }

    const std::vector<char*> argv = Pointers(command_.argv);
    const std::vector<char*> envp = Pointers(environment);
    const int input = Input();
    // Tells why the program could not be run. Memory, because a program that
    // runs no longer has it; to a pipe it could write through /proc.
    void* memory = mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || (input < 0 && !command_.input.empty())) {
      ending_.problem = absl::StrCat("no room to start: ", strerror(errno));
      return false;
    }
    int* error = static_cast<int*>(memory);
    started_ = Now();
    program_ = ForkIntoCgroup(cgroup_);
    if (program_ == 0) Execute(argv, envp, input, errors, error);
    if (program_ < 0) *error = errno;
    const int code = *error;
    munmap(memory, sizeof(int));
    if (input >= 0) close(input);
    if (code != 0) {
      while (program_ > 0 && waitpid(program_, nullptr, 0) < 0 &&
             errno == EINTR) {
      }
      ending_.problem =
          absl::StrCat("cannot run ", command_.argv[0], ": ", strerror(code));
      return false;
    }
    return true;
  }

  // A pipe that holds the program's input; -1 if it has none.
  int Input() const {
    int ends[2];
    if (command_.input.empty() || pipe2(ends, O_CLOEXEC) != 0) return -1;
    [[maybe_unused]] const ssize_t n =
        write(ends[1], command_.input.data(), command_.input.size());
    close(ends[1]);
    return ends[0];
  }

  // In the child: becomes the program, or says why not. As after vfork, nothing
  // here may allocate.
  [[noreturn]] void Execute(const std::vector<char*>& argv,
                            const std::vector<char*>& envp, int input,
                            int errors, int* error) const {
    setsid();
    for (int s = 1; s < NSIG; ++s) signal(s, SIG_DFL);
    if (input >= 0) dup2(input, STDIN_FILENO);
    dup2(output_, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    if (command_.directory.empty() || chdir(command_.directory.c_str()) == 0) {
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      execve(argv[0], argv.data(), envp.data());
    }
    *error = errno;
    _exit(127);
  }

  int Create(const std::string& path) {
    const int fd =
        open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
             0600);
    if (fd < 0) {
      ending_.problem =
          absl::StrCat("cannot create ", path, ": ", strerror(errno));
    }
    return fd;
  }

  static std::vector<char*> Pointers(const std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (const std::string& s : strings)
      out.push_back(const_cast<char*>(s.c_str()));
    out.push_back(nullptr);
    return out;
  }

  // Until the program has ended, by itself or by us.
  void Watch() {
    const absl::Duration deadline = started_ + command_.deadline;
    while (!Reap() && !program_ended_) {
      if (cancelled_) return;
      const absl::Duration left = deadline - Now();
      if (left <= absl::ZeroDuration()) {
        EndProgram();
        return;
      }
      Sleep(std::min(left, kOutputCheck));
      LimitOutput();
    }
  }

  // The deadline has passed: ask, wait, insist.
  void EndProgram() {
    deadline_passed_ = true;
    ending_.wall = Now() - started_;
    ending_.at_deadline = Kept(Descendants(getpid()));
    kill(program_, SIGTERM);
    kill(program_, SIGCONT);  // a stopped program would not hear it
    const absl::Duration limit = Now() + options_.term_grace;
    while (!Reap() && !program_ended_ && !cancelled_ && Now() < limit) {
      Sleep(limit - Now());
    }
    if (!program_ended_) kill(program_, SIGKILL);
  }

  // What the program left may end by itself for a while; then it is ended.
  void Settle() {
    const bool ended_well = ending_.end == End::kExited && ending_.code == 0;
    const absl::Duration limit = Now() + (cancelled_   ? absl::ZeroDuration()
                                          : ended_well ? options_.leak_grace
                                                       : options_.settle_grace);
    while (!Reap()) {
      if (cancelled_ || Now() >= limit) {
        std::vector<ProcessInfo> left = Left();
        ending_.leftover_count = static_cast<int64_t>(left.size());
        ending_.leftovers = Kept(std::move(left));
        if (!cgroup_.empty()) KillCgroup(cgroup_);
        ending_.tree_ended = EndAll([] { return Descendants(getpid()); },
                                    [this] { return Reap(); });
        break;
      }
      Sleep(std::min(limit - Now(), kOutputCheck));
      LimitOutput();
    }
    LimitOutput();
  }

  // What lives below this process, which is not nothing unless Reap() says so:
  // what forks and exits all the time is missed by most looks.
  std::vector<ProcessInfo> Left() {
    constexpr int kLooks = 50;
    for (int i = 0; i < kLooks; ++i) {
      std::vector<ProcessInfo> left = Descendants(getpid());
      if (!left.empty() || Reap()) return left;
    }
    ProcessInfo restless;
    restless.command = "forks and exits faster than it can be looked at";
    return {restless};
  }

  static std::vector<ProcessInfo> Kept(std::vector<ProcessInfo> processes) {
    if (processes.size() > kProcessesKept) processes.resize(kProcessesKept);
    for (ProcessInfo& p : processes) FillDetails(p);
    return processes;
  }

  // Waits for a change among the children or for the lifeline to end.
  void Sleep(absl::Duration duration) {
    // Its end alone counts, which poll always tells: what is written to it, all
    // supervisors would see.
    pollfd fds[] = {{children_, POLLIN, 0}, {lifeline_, 0, 0}};
    // A lifeline that has ended stays readable.
    const nfds_t count = cancelled_ ? 1 : 2;
    poll(fds, count, PollTimeout(duration));
    signalfd_siginfo info;
    while (read(children_, &info, sizeof(info)) > 0) {
    }
    if (!cancelled_ && fds[1].revents != 0) cancelled_ = true;
  }

  // Collects the dead. True if nothing is left below this process.
  bool Reap() {
    while (true) {
      int status = 0;
      rusage usage = {};
      const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
      if (pid == 0) return false;
      if (pid < 0) {
        if (errno == EINTR) continue;
        return true;  // ECHILD
      }
      if (pid == program_) NoteEnd(status, usage);
    }
  }

  void NoteEnd(int status, const rusage& usage) {
    program_ended_ = true;
    if (deadline_passed_) {
      ending_.end = End::kDeadline;
    } else if (cancelled_) {
      ending_.end = End::kCancelled;
    } else {
      ending_.wall = Now() - started_;
      ending_.end = WIFEXITED(status) ? End::kExited : End::kSignalled;
      ending_.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    }
    ending_.cpu = absl::DurationFromTimeval(usage.ru_utime) +
                  absl::DurationFromTimeval(usage.ru_stime);
    ending_.max_rss_kb = usage.ru_maxrss;
  }

  // Its writers append, so they go on after the cut. The mark comes first, for
  // they may be faster than we are.
  void LimitOutput() {
    struct stat info;
    if (fstat(output_, &info) != 0 || info.st_size <= options_.output_limit) {
      return;
    }
    const ssize_t n =
        pwrite(cutter_, kOutputCut.data(), kOutputCut.size(), kOutputKept);
    [[maybe_unused]] const bool cut =
        n > 0 && ftruncate(cutter_, kOutputKept + n) == 0;
  }

  void Report() {
    const Json report = {
        {"end", static_cast<int>(ending_.end)},
        {"code", ending_.code},
        {"problem", ending_.problem},
        {"wall_ns", absl::ToInt64Nanoseconds(ending_.wall)},
        {"cpu_ns", absl::ToInt64Nanoseconds(ending_.cpu)},
        {"max_rss_kb", ending_.max_rss_kb},
        {"leftovers", ToJson(ending_.leftovers)},
        {"leftover_count", ending_.leftover_count},
        {"ipc_leaks", ToJson(ending_.ipc_leaks)},
        {"ipc_leak_count", ending_.ipc_leak_count},
        {"at_deadline", ToJson(ending_.at_deadline)},
        {"tree_ended", ending_.tree_ended},
    };
    const std::string text = DumpJson(report);
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t n = write(report_, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      rest.remove_prefix(static_cast<size_t>(n));
    }
  }

  const Command& command_;
  const Supervisor::Options& options_;
  const std::string& cgroup_;  // empty: none
  const int lifeline_;
  const int report_;
  int children_ = -1;
  int output_ = -1;
  int cutter_ = -1;  // the same file
  pid_t program_ = -1;
  bool program_ended_ = false;
  bool deadline_passed_ = false;
  bool cancelled_ = false;
  absl::Duration started_;
  std::vector<Leak> ipc_before_;
  Ending ending_;
};

Ending EndingFrom(const Json& report) {
  Ending ending;
  ending.end = static_cast<End>(GetInt(report, "end"));
  ending.code = static_cast<int>(GetInt(report, "code"));
  ending.problem = GetString(report, "problem");
  ending.wall = absl::Nanoseconds(GetInt(report, "wall_ns"));
  ending.cpu = absl::Nanoseconds(GetInt(report, "cpu_ns"));
  ending.max_rss_kb = GetInt(report, "max_rss_kb");
  ending.leftovers = ProcessesFrom(report, "leftovers");
  ending.leftover_count = GetInt(report, "leftover_count");
  ending.ipc_leaks = LeaksFrom(report, "ipc_leaks");
  ending.ipc_leak_count = GetInt(report, "ipc_leak_count");
  ending.at_deadline = ProcessesFrom(report, "at_deadline");
  ending.tree_ended = GetBool(report, "tree_ended", true);
  return ending;
}

class PosixSupervisor : public Supervisor {
 public:
  explicit PosixSupervisor(const Options& options) : options_(options) {}

  PosixSupervisor(const PosixSupervisor&) = delete;
  PosixSupervisor& operator=(const PosixSupervisor&) = delete;

  ~PosixSupervisor() override {
    Cancel();
    while (!running_.empty()) Wait(absl::Seconds(1));
  }

  absl::Status Init() {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
      return absl::ErrnoToStatus(errno, "cannot become a sub-reaper");
    }
    if (pipe2(lifeline_, O_CLOEXEC) != 0) {
      return absl::ErrnoToStatus(errno, "pipe");
    }
    if (options_.cgroups) cgroup_parent_ = CgroupParent();
    return absl::OkStatus();
  }

  absl::Status Start(int token, const Command& command) override {
    if (lifeline_[1] < 0) return absl::CancelledError("cancelled");
    if (command.input.size() > kMaxInput) {
      return absl::InvalidArgumentError("a program's input is too long");
    }
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
      return absl::ErrnoToStatus(errno, "pipe");
    }
    const std::string cgroup =
        cgroup_parent_.empty() ? "" : MakeCgroup(cgroup_parent_);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t pid = fork();
    if (pid == 0) {
      TreeKeeper(command, options_, cgroup, lifeline_[0], report[1]).Run();
    }
    const int error = errno;
    sigprocmask(SIG_SETMASK, &before, nullptr);
    close(report[1]);
    if (pid < 0) {
      close(report[0]);
      RemoveCgroup(cgroup);
      return absl::ErrnoToStatus(error, "fork");
    }
    Watched watched;
    watched.token = token;
    watched.pid = pid;
    watched.cgroup = cgroup;
    watched.started = Now();
    watched.limit = watched.started + command.deadline + options_.term_grace +
                    std::max(options_.settle_grace, options_.leak_grace) +
                    kSupervisorSlack;
    running_.emplace(report[0], std::move(watched));
    return absl::OkStatus();
  }

  std::vector<Ending> Wait(absl::Duration timeout) override {
    // A signal may arrive between a look at its note and the poll.
    constexpr absl::Duration kInterruptCheck = absl::Milliseconds(250);
    const bool was_interrupted = Interrupted();
    const absl::Duration limit =
        timeout == absl::InfiniteDuration() ? timeout : Now() + timeout;
    std::vector<Ending> endings;
    while (!running_.empty()) {
      std::vector<pollfd> fds;
      absl::Duration wake = std::min(limit, Now() + kInterruptCheck);
      for (const auto& [fd, watched] : running_) {
        fds.push_back({fd, POLLIN, 0});
        wake = std::min(wake, watched.limit);
      }
      poll(fds.data(), fds.size(), PollTimeout(wake - Now()));
      for (const pollfd& p : fds) {
        if (p.revents != 0 && !ReadReport(p.fd)) Finish(p.fd, endings);
      }
      LookAfterSupervisors(endings);
      if (!endings.empty() || Now() >= limit) break;
      if (Interrupted() && !was_interrupted) break;
    }
    return endings;
  }

  void Cancel() override {
    if (lifeline_[1] < 0) return;
    close(lifeline_[1]);
    close(lifeline_[0]);
    lifeline_[0] = lifeline_[1] = -1;
    for (auto& [fd, watched] : running_) {
      watched.limit = std::min(watched.limit, Now() + kSupervisorSlack);
    }
  }

  size_t running() const override { return running_.size(); }

 private:
  struct Watched {
    int token = 0;
    pid_t pid = -1;
    std::string cgroup;  // empty: none
    absl::Duration started;
    absl::Duration limit;  // when its supervisor is thought to be stuck
    bool killed = false;
    std::string report;
  };

  // False when there can be no more: its writers, the supervisor and whoever
  // took the report from it, are gone.
  bool ReadReport(int fd) {
    std::string& report = running_.at(fd).report;
    char buffer[16384];
    const ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    // What is too long is none, and need not be kept.
    if (report.size() <= kReportLimit) {
      report.append(buffer, static_cast<size_t>(n));
    }
    return n > 0;
  }

  void Finish(int fd, std::vector<Ending>& endings) {
    const Watched done = std::move(running_.at(fd));
    running_.erase(fd);
    close(fd);
    int status = 0;
    while (waitpid(done.pid, &status, 0) < 0 && errno == EINTR) {
    }
    const std::optional<Json> report = ParseJson(done.report);
    Ending ending;
    if (report.has_value() && WIFEXITED(status)) {
      ending = EndingFrom(*report);
    } else {
      ending.end = End::kSupervisorLost;
      ending.wall = Now() - done.started;
      ending.problem = done.killed ? "its supervisor was stopped"
                       : WIFEXITED(status)
                           ? "its supervisor's report was spoilt"
                           : "its supervisor was killed";
      EndAdopted(done.cgroup, ending);
    }
    ending.token = done.token;
    endings.push_back(std::move(ending));
  }

  // Nothing but a program stops or kills its supervisor.
  void LookAfterSupervisors(std::vector<Ending>& endings) {
    std::vector<int> gone;
    for (auto& [fd, watched] : running_) {
      siginfo_t info = {};
      if (waitid(P_PID, static_cast<id_t>(watched.pid), &info,
                 WSTOPPED | WEXITED | WNOHANG | WNOWAIT) != 0) {
        continue;
      }
      const bool seen = info.si_pid == watched.pid;
      if (seen && info.si_code != CLD_STOPPED) {
        gone.push_back(fd);
      } else if (!watched.killed && (seen || Now() >= watched.limit)) {
        // In time its limit would tell of a stopped one, too.
        watched.killed = true;
        kill(watched.pid, SIGKILL);
      }
    }
    for (int fd : gone) {
      // What it wrote is there. The end of the report need not come: somebody
      // may have opened it through /proc, and may write for ever.
      pollfd p = {fd, POLLIN, 0};
      for (size_t i = 0; i < kReportLimit / 4096; ++i) {
        if (poll(&p, 1, 0) <= 0 || !ReadReport(fd)) break;
      }
      Finish(fd, endings);
    }
  }

  // A lost supervisor's tree has come to this process. All its children that
  // are not supervisors are of such trees.
  void EndAdopted(const std::string& cgroup, Ending& ending) {
    std::set<int64_t> seen;
    auto adopted = [&] {
      std::set<int64_t> kept;
      for (const auto& [fd, watched] : running_) kept.insert(watched.pid);
      std::vector<ProcessInfo> found;
      // Parents come first, so a kept one keeps all below it.
      for (ProcessInfo& p : Descendants(getpid())) {
        if (kept.count(p.pid) > 0 || kept.count(p.parent) > 0) {
          kept.insert(p.pid);
        } else {
          seen.insert(p.pid);
          found.push_back(std::move(p));
        }
      }
      return found;
    };
    std::vector<ProcessInfo> left = adopted();
    ending.leftover_count = static_cast<int64_t>(left.size());
    if (left.size() > kProcessesKept) left.resize(kProcessesKept);
    for (ProcessInfo& p : left) FillDetails(p);
    ending.leftovers = std::move(left);
    if (!cgroup.empty()) KillCgroup(cgroup);
    ending.tree_ended = EndAll(adopted, [&] {
      // Supervisors are waited for where their report is read.
      for (int64_t pid : seen)
        waitpid(static_cast<pid_t>(pid), nullptr, WNOHANG);
      return adopted().empty();
    });
    RemoveCgroup(cgroup);
  }

  const Options options_;
  int lifeline_[2] = {-1, -1};
  std::string cgroup_parent_;       // empty: there are none
  std::map<int, Watched> running_;  // by the descriptor of the report
};

}  // namespace

absl::StatusOr<std::unique_ptr<Supervisor>> Supervisor::Create(
    const Options& options) {
  auto supervisor = std::make_unique<PosixSupervisor>(options);
  absl::Status status = supervisor->Init();
  if (!status.ok()) return status;
  return supervisor;
}

}  // namespace procspec::runner
