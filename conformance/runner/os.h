// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_OS_H_
#define PROCSPEC_CONFORMANCE_RUNNER_OS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The runner's few needs of the operating system, but for processes
// (supervisor.h). It leans neither on what it judges nor on what that uses.
//
// All text, paths among it, is UTF-8, and paths have forward slashes.

namespace procspec::runner {

// The first thing a program does: its arguments as UTF-8. From here on the
// standard streams carry UTF-8 and take every byte as it is.
std::vector<std::string> BeginProgram(int argc, char** argv);

// A file that only grows. A record appended is either there as a whole or was
// cut by the end of the process or of the disk; no two records interleave.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  // Hands the record to the operating system in one call, so that it survives
  // the end of this process at any later instant.
  virtual absl::Status Append(std::string_view record) = 0;
};

// An empty file, replacing what was there.
absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppendFile(
    const std::string& path);

// A new directory that nobody else can enter, with a short path: sockets live
// in it, whose paths may have 108 bytes. It is known to be in use for as long
// as this process lives.
absl::StatusOr<std::string> MakePrivateRoot();

// Removes the private roots that killed processes of this user have left.
void RemoveAbandonedRoots();

absl::Status MakePrivateDirectory(const std::string& path);

// Gives a file another name, in the place of what has that name, in one step.
absl::Status RenameFile(const std::string& from, const std::string& to);

enum class FileKind { kNone, kFile, kDirectory, kSocket, kOther };

// What is there itself: links are not followed.
FileKind KindOf(const std::string& path);

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kNone;
};

// At most `limit`, in no order; none if it cannot be read.
std::vector<DirectoryEntry> ReadDirectory(const std::string& path,
                                          size_t limit);

// What can be removed of a directory tree is, in whatever state it is, if it is
// this user's: too deep for a path or for a descriptor a level, closed to
// everybody. Links are not followed. Nobody else may be at work in it.
void RemoveTree(const std::string& path);

// 128 random bits that nobody can guess, as hexadecimal digits.
absl::StatusOr<std::string> RandomToken();

// The running program's own file.
std::string SelfPath();

// What the name of a program's file ends with: ".exe", or nothing.
std::string_view ProgramSuffix();

// Whether this file can be run.
bool IsExecutable(const std::string& path);

// The variables by which a program finds the directory for its temporary files;
// TMPDIR is among them everywhere.
std::vector<std::string> TemporaryDirectoryVariables();

std::string GetEnv(std::string_view name);  // empty if unset

// One that understands escape sequences.
bool StdoutIsTerminal();
int TerminalWidth();  // 80 if it cannot be told

// "linux", "windows".
std::string_view PlatformName();

// What a reader of old figures wants to know: system, machine, processors,
// memory, load. Under Wine the system's name has that, too.
std::vector<std::pair<std::string, std::string>> MachineContext();

// What all programs together have used of all processors, since some moment;
// absent: the system does not tell.
std::optional<absl::Duration> ProcessorsBusy();

int64_t ProcessId();

// Processors that this process may use; at least 1.
int ProcessorCount();

// What ended a program from outside: "signal 6 (SIGABRT)", or, by its code, the
// exception that nothing in it handled.
std::string DescribeSignal(int signal);

// From here on a request to end (Ctrl-C, SIGTERM) is only noted, and wakes
// Supervisor::Wait.
void CatchInterrupts();
bool Interrupted();

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_OS_H_
