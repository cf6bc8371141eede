// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "conformance/harness/proof.h"

namespace procspec::harness {
namespace {

constexpr size_t kSize = 4096;  // a page, or part of one

char* secret = nullptr;  // ends with a zero, or is all zeros

absl::Status Fault(const char* call) {
  return absl::InternalError(
      absl::StrCat("the proof: ", call, ": ", std::strerror(errno)));
}

void Forget() {
  explicit_bzero(secret, kSize);
  munmap(secret, kSize);
  secret = nullptr;
}

}  // namespace

absl::Status TakeProof() {
  void* page = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return Fault("mmap");
  secret = static_cast<char*>(page);
#ifdef MADV_WIPEONFORK
  if (madvise(page, kSize, MADV_WIPEONFORK) != 0) return Fault("madvise");
#endif
  size_t size = 0;
  while (size < kSize - 1 && (size == 0 || secret[size - 1] != '\n')) {
    const ssize_t n = read(STDIN_FILENO, secret + size, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fault("read");
    if (n == 0) break;
    ++size;
  }
  if (size == 0 || secret[size - 1] != '\n') {
    Forget();
    return absl::InvalidArgumentError(
        "--proof: standard input begins with no line");
  }
  secret[size - 1] = '\0';

  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) return Fault("open /dev/null");
  dup2(null, STDIN_FILENO);
  if (null != STDIN_FILENO) close(null);
  // Whoever strays there is stopped.
  if (mprotect(secret, kSize, PROT_NONE) != 0) return Fault("mprotect");
  return absl::OkStatus();
}

std::string GiveProof() {
  if (secret == nullptr) return "";
  if (mprotect(secret, kSize, PROT_READ | PROT_WRITE) != 0) return "";
  std::string proof = secret;
  Forget();
  return proof;
}

}  // namespace procspec::harness
