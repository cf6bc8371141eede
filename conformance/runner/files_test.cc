// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/files.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "conformance/runner/os.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

namespace fs = std::filesystem;

TEST(RemoveTree, RemovesAFileAndMindsNothing) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  std::ofstream(*root + "/file") << "x";
  RemoveTree(*root + "/file");
  EXPECT_FALSE(fs::exists(*root + "/file"));
  RemoveTree(*root + "/file");
  RemoveTree(*root);
  EXPECT_FALSE(fs::exists(*root));
}

// Names, links among them, as they are in a log.
TEST(ListTree, ListsWhatIsThere) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  fs::create_directories(*root + "/a/b");
  for (const char* name : {"/z", "/a/x", "/a/b/y", "/a/\u00e4 \u4e2d"}) {
    std::ofstream(PathOf(*root + name)) << "x";
  }
  std::vector<std::string> found;
  for (const FoundFile& file : ListTree(*root, 100)) found.push_back(file.path);
  EXPECT_EQ(found, (std::vector<std::string>{"a/", "a/b/", "a/b/y", "a/x",
                                             "a/\u00e4 \u4e2d", "z"}));
  EXPECT_EQ(ListTree(*root, 2).size(), 2u);
  EXPECT_EQ(ListDirectory(*root, 100), (std::vector<std::string>{"a", "z"}));
  EXPECT_EQ(KindOf(*root), FileKind::kDirectory);
  EXPECT_EQ(KindOf(*root + "/z"), FileKind::kFile);
  EXPECT_EQ(KindOf(*root + "/none"), FileKind::kNone);
  RemoveTree(*root);
}

TEST(WriteFile, ReplacesAsAWhole) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const std::string path = *root + "/\u00e4";
  for (const char* text : {"a longer text\n", "b\r\n"}) {
    ASSERT_TRUE(WriteFile(path, text).ok());
    EXPECT_EQ(ReadExcerpt(path, 100, 0).text, text);
  }
  EXPECT_EQ(ListDirectory(*root, 100), std::vector<std::string>{"\u00e4"});
  EXPECT_EQ(ReadExcerpt(*root, 100, 0).file_bytes, -1);
  RemoveTree(*root);
}

// It is there while its maker lives, and goes with the next run after that.
TEST(PrivateRoot, IsKeptWhileItsMakerLives) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  RemoveAbandonedRoots();
  EXPECT_TRUE(fs::exists(*root));
  RemoveTree(*root);
}

TEST(AppendFile, Appends) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const std::string path = *root + "/log";
  std::ofstream(path) << "of before";
  auto file = CreateAppendFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append("one\n").ok());
  // While it is open.
  fs::rename(path, path + "2");
  ASSERT_TRUE((*file)->Append("two\n").ok());
  EXPECT_EQ(ReadExcerpt(path + "2", 100, 0).text, "one\ntwo\n");
  file->reset();
  RemoveTree(*root);
  EXPECT_FALSE(CreateAppendFile(path).ok());
}

}  // namespace
}  // namespace procspec::runner
