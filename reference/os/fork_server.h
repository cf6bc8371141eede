// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_FORK_SERVER_H_
#define PROCSPEC_REFERENCE_OS_FORK_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "reference/os/handle.h"
#include "reference/os/process.h"

namespace procspec::os {

// OK, or NotImplemented: why this system cannot have a fork server.
absl::Status CheckForkServer();

// A process that makes copies of itself. It is the running program started anew
// and stopped before its main function, and so are the copies: to the program a
// copy is as if SpawnSelf had started it, without the time that takes, and
// whatever the size of the process that asks for it. One copy is always made in
// advance and waits for its request.
//
// A copy is a child of the process that asked, not of the server: its end, its
// exit code and its pid are those of any Child.
//
// The server and the copy that waits end with this object, and at the latest
// with the process that made it, however that ends. They are children of that
// process too, and nothing but this object reaps them. A program that has
// threads before its main function gets no copies.
//
// Not thread-safe.
class ForkServer {
 public:
  static constexpr size_t kMostBytes = size_t{16} << 10;

  // Does not wait for it to be ready. Os: the system refused.
  static absl::StatusOr<std::unique_ptr<ForkServer>> New();

  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  ~ForkServer();

  // Whether its environment is that of this process still: what a copy gets
  // besides what Start passes. So are, at the time of New and without being
  // looked at again, limits, priorities, the mask for new files, what is done
  // about signals, session and group.
  bool HasOurEnvironment() const;

  // A copy that has these bytes and handles, and as of now the standard streams
  // (standard input empty), the working directory and the calling thread's
  // signal mask. At most kMostBytes. If it cannot have them, as when it may not
  // have so many handles open, it says so on standard error and exits 1.
  //
  // nullopt: the server had ended; there is no child. Os: the system refused,
  // or the server did not come up within a minute, and is ended; there is no
  // child.
  absl::StatusOr<std::optional<Child>> Start(
      std::string_view bytes, absl::Span<const NativeHandle> handles);

  int64_t pid() const { return server_.pid(); }

  // In a copy of this process, which is not the server's creator: nothing more
  // will happen to the server by this object.
  void Forget();

 private:
  ForkServer(UniqueFile line, Child server);

  // Learns of the copy that waits, or, to the end, until there is nobody on the
  // line. OK also if there is nobody.
  absl::Status Hear(bool to_the_end);
  static void Reap(Child& child);

  UniqueFile line_;
  Child server_;
  std::vector<std::string> environment_;
  int64_t waiting_ = 0;  // the copy that waits, if it is known
  uint64_t copies_ = 0;  // that are known to have been made
};

// Whether this process is a copy that a fork server made, from the arguments of
// main. IsSpawned is true then, and TakeInheritedHandles gives the handles.
bool IsFromForkServer(int argc, char** argv);

// The bytes of the copy's request, for ever; empty in any other process.
std::string_view ServedBytes();

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_FORK_SERVER_H_
