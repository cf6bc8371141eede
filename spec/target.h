// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_TARGET_H_
#define PROCSPEC_SPEC_TARGET_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "spec/value.h"

namespace procspec {

class Backend;
class Process;

// The positional and keyword arguments of a call.
struct Arguments {
  List args = {};
  Dict kwargs = {};

  // Positional argument `index` as T, where T is an alternative of Value
  // (int64_t, std::string, List, ...) or a shareable interface (Queue, ...; the
  // result is then a std::shared_ptr). Absent or of another type: Type.
  template <typename T>
  auto Get(size_t index) const {
    if constexpr (std::derived_from<T, Shareable>) {
      using Result = absl::StatusOr<std::shared_ptr<T>>;
      if (index >= args.size()) return Result(Missing(index));
      return args[index].HandleAs<T>();
    } else {
      using Result = absl::StatusOr<T>;
      if (index >= args.size()) return Result(Missing(index));
      return args[index].As<T>();
    }
  }

 private:
  static absl::Status Missing(size_t index) {
    return TypeError(absl::StrCat("missing positional argument ", index));
  }
};

// What a child runs. Targets are named, never captured: fork, exec and
// CreateProcess then take the same path.
//
// A target sees its own side of the backend and its arguments. For pid, sleep,
// standard output, exit and crash it asks the backend, not libc: under a
// foreign backend the target's body runs elsewhere than the process it speaks
// for. The status it returns is how it ends:
//   OK             the process exits 0 (the value is a pool task's result)
//   ExitRequest(n) the process exits n, after its exit handlers
//   any other      the target "raised": the process reports it on its standard
//                  error and exits 1; a pool task's caller receives it
// A target without a result returns Value(): a StatusOr cannot hold OkStatus().
using Target = absl::StatusOr<Value> (*)(Backend& backend,
                                         const Arguments& arguments);

// The run function of a process type (what Python spells as a subclass that
// overrides run). `self` is the process object as the running process sees it.
using RunFunction = absl::StatusOr<Value> (*)(Backend& backend, Process& self);

// Run a function by its name, in the calling process. Every backend calls
// targets (of processes, pools, barriers, exit handlers) and process types
// through these two. Value: unknown name, with the nearest known names in the
// message.
absl::StatusOr<Value> CallTarget(Backend& backend, std::string_view name,
                                 const Arguments& arguments);
absl::StatusOr<Value> CallProcessType(Backend& backend, std::string_view name,
                                      Process& self);

// Whether a name is known: OK, or the same Value error.
absl::Status CheckTarget(std::string_view name);
absl::Status CheckProcessType(std::string_view name);

// A function that was found by its name, wherever it runs.
using FoundTarget = absl::FunctionRef<absl::StatusOr<Value>(
    Backend& backend, const Arguments& arguments)>;
using FoundRunFunction =
    absl::FunctionRef<absl::StatusOr<Value>(Backend& backend, Process& self)>;

// Stands between a backend and the functions it calls: a backend that wraps
// another (to trace it, or to be wrong on purpose) shows itself to them instead
// of the wrapped one. A forked child inherits it; a fresh program image
// installs its own before main.
class CallInterposer {
 public:
  virtual ~CallInterposer() = default;
  virtual absl::StatusOr<Value> Call(Backend& backend, FoundTarget target,
                                     const Arguments& arguments) = 0;
  virtual absl::StatusOr<Value> Call(Backend& backend, FoundRunFunction run,
                                     Process& self) = 0;
};

// Null for none. Not thread-safe: set it while there is one thread. The
// interposer must outlive every call.
void SetCallInterposer(CallInterposer* interposer);

// Runs the functions that this program does not have: one that serves its
// backend to another program (spec/wire.md) calls that program. With one set,
// every name is known: what is registered is called here, all else there.
class ForeignFunctions {
 public:
  virtual ~ForeignFunctions() = default;
  virtual absl::StatusOr<Value> CallTarget(Backend& backend,
                                           std::string_view name,
                                           const Arguments& arguments) = 0;
  virtual absl::StatusOr<Value> CallProcessType(Backend& backend,
                                                std::string_view name,
                                                Process& self) = 0;
};

// As SetCallInterposer.
void SetForeignFunctions(ForeignFunctions* functions);

// The registries are filled before main by the macros below and read-only
// after. A name registered twice ends the program with a message.
bool RegisterTarget(std::string_view name, Target target);
bool RegisterProcessType(std::string_view name, RunFunction run);

// Defines and registers a target; the body follows. Its C++ name and its
// registered name are the same:
//   PROCSPEC_TARGET(EchoOnce) { ... uses backend, arguments ... }
// Libraries that contain targets are linked with alwayslink = True.
#define PROCSPEC_TARGET(name)                                                \
  static absl::StatusOr<::procspec::Value> name(                             \
      ::procspec::Backend& backend, const ::procspec::Arguments& arguments); \
  [[maybe_unused]] static const bool name##_is_registered_ =                 \
      ::procspec::RegisterTarget(#name, &name);                              \
  static absl::StatusOr<::procspec::Value> name(                             \
      [[maybe_unused]] ::procspec::Backend& backend,                         \
      [[maybe_unused]] const ::procspec::Arguments& arguments)

// Defines and registers a process type; the body is its run function and uses
// backend and self.
#define PROCSPEC_PROCESS_TYPE(name)                                           \
  static absl::StatusOr<::procspec::Value> name(::procspec::Backend& backend, \
                                                ::procspec::Process& self);   \
  [[maybe_unused]] static const bool name##_is_registered_ =                  \
      ::procspec::RegisterProcessType(#name, &name);                          \
  static absl::StatusOr<::procspec::Value> name(                              \
      [[maybe_unused]] ::procspec::Backend& backend,                          \
      [[maybe_unused]] ::procspec::Process& self)

}  // namespace procspec

#endif  // PROCSPEC_SPEC_TARGET_H_
