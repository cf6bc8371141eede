// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

namespace fs = std::filesystem;

// Deeper than there are descriptors and than a path may be long.
TEST(RemoveTree, RemovesWhatIsDeepAndClosed) {
  rlimit few = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &few), 0);
  few.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const std::string elsewhere = *root + "/elsewhere";
  const std::string top = *root + "/top";
  fs::create_directory(elsewhere);
  std::ofstream(elsewhere + "/kept") << "x";
  fs::create_directory(top);

  const fs::path home = fs::current_path();
  fs::current_path(top);
  for (int depth = 0; depth < 100; ++depth) {
    const std::string name(100, 'd');
    ASSERT_EQ(mkdir(name.c_str(), 0700), 0);
    ASSERT_EQ(mkdir("beside", 0700), 0);
    fs::create_directory_symlink(elsewhere, "beside/link");
    std::ofstream("file") << "x";
    ASSERT_EQ(chmod("beside", 0), 0);
    ASSERT_EQ(chdir(name.c_str()), 0);
  }
  ASSERT_EQ(chmod(".", 0), 0);
  fs::current_path(home);

  RemoveTree(top);
  EXPECT_FALSE(fs::exists(top));
  EXPECT_TRUE(fs::exists(elsewhere + "/kept"));
  RemoveTree(*root);
  EXPECT_FALSE(fs::exists(*root));
}

}  // namespace
}  // namespace procspec::runner
