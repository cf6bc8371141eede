// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "conformance/harness/backend_registry.h"
#include "conformance/zoo/child.h"
#include "conformance/zoo/tools.h"

namespace procspec::zoo {
namespace {

using harness::win32::UniqueHandle;

constexpr std::string_view kChild = "zoo-child";

// With `input` as standard input and with this process's own output.
UniqueHandle StartSelf(std::vector<std::string> arguments, DWORD flags,
                       bool inherits, HANDLE input) {
  const std::wstring program = harness::win32::ProgramPath();
  arguments.insert(arguments.begin(), harness::win32::Utf8(program));
  std::wstring line = harness::win32::CommandLine(arguments);
  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  if (inherits) {
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = input;
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  }
  PROCESS_INFORMATION process = {};
  if (!CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, inherits,
                      flags, nullptr, nullptr, &startup, &process)) {
    return UniqueHandle();
  }
  const UniqueHandle thread(process.hThread);
  return UniqueHandle(process.hProcess);
}

std::optional<int> RunAsChild(int argc, char** argv) {
  if (argc < 3 || argv[1] != kChild) return std::nullopt;
  const std::string_view role = argv[2];
  if (role == "daemon") {
    return StartChild({"sleep"}, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP)
               ? 0
               : 1;
  }
  if (role == "chain" && argc == 4) {
    if (GetTickCount64() < std::strtoull(argv[3], nullptr, 10)) {
      StartChild({"chain", argv[3]}, DETACHED_PROCESS);
    }
    return 0;
  }
  if (role == "answer" && argc == 5) {
    const auto number =
        static_cast<uintptr_t>(std::strtoull(argv[3], nullptr, 10));
    WaitForSingleObject(reinterpret_cast<HANDLE>(number), INFINITE);
    PutFile(argv[4], PassWith(kWrongProof));
  }
  SleepForEver();
}

[[maybe_unused]] const bool registered =
    harness::RegisterChildEntry(RunAsChild);

}  // namespace

UniqueHandle StartChild(const std::vector<std::string>& role,
                        unsigned long flags, bool inherits) {
  std::vector<std::string> arguments = role;
  arguments.insert(arguments.begin(), std::string(kChild));
  return StartSelf(std::move(arguments), flags, inherits,
                   GetStdHandle(STD_INPUT_HANDLE));
}

UniqueHandle StartAnswerer(const Scene& scene) {
  HANDLE self = nullptr;
  if (!DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(),
                       GetCurrentProcess(), &self, SYNCHRONIZE,
                       /*bInheritHandle=*/TRUE, 0)) {
    return UniqueHandle();
  }
  const UniqueHandle owned(self);
  return StartChild({"answer", absl::StrCat(reinterpret_cast<uintptr_t>(self)),
                     scene.result_path()},
                    DETACHED_PROCESS, /*inherits=*/true);
}

UniqueHandle StartPassingCase(const Scene& scene) {
  HANDLE ends[2];
  if (!CreatePipe(&ends[0], &ends[1], nullptr, 0)) return UniqueHandle();
  const UniqueHandle reader(ends[0]);
  const UniqueHandle writer(ends[1]);
  const std::string line = absl::StrCat(kWrongProof, "\n");
  DWORD n = 0;
  if (!SetHandleInformation(reader.get(), HANDLE_FLAG_INHERIT,
                            HANDLE_FLAG_INHERIT) ||
      !WriteFile(writer.get(), line.data(), static_cast<DWORD>(line.size()), &n,
                 nullptr)) {
    return UniqueHandle();
  }
  return StartSelf({"run", absl::StrCat("--backend=", kHarmless),
                    "--case=" + scene.case_name, "--dir=" + scene.directory,
                    "--seed=1", "--proof"},
                   0, /*inherits=*/true, reader.get());
}

void Await(const UniqueHandle& process) {
  WaitForSingleObject(process.get(), INFINITE);
}

}  // namespace procspec::zoo
