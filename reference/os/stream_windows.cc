// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "reference/os/stream.h"
#include "reference/os/win32.h"

namespace procspec::os {

absl::Status Write(StandardStream stream, std::string_view text) {
  constexpr size_t kMost = 1 << 30;
  const HANDLE file = GetStdHandle(
      stream == StandardStream::kOut ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
  while (!text.empty()) {
    const auto size = static_cast<DWORD>(std::min(text.size(), kMost));
    DWORD written = 0;
    if (!WriteFile(file, text.data(), size, &written, nullptr)) {
      return LastOsError("WriteFile");
    }
    text.remove_prefix(written);
  }
  return absl::OkStatus();
}

void FlushStandardStreams() {
  // These two have buffers of their own unless they are synchronised with C.
  std::cout.flush();
  std::clog.flush();
  std::fflush(stdout);
  std::fflush(stderr);
}

// Standard input is a matter of forked children; a started process gets an
// empty one from its birth on.
void PrepareEmptyStandardInput() {}
void EmptyStandardInput() {}

}  // namespace procspec::os
