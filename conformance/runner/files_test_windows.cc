// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <string>
#include <thread>

#include "conformance/runner/files.h"
#include "conformance/runner/os.h"
#include "conformance/runner/win32.h"
#include "gtest/gtest.h"

namespace procspec::runner {
namespace {

void MakeFile(const std::wstring& path, DWORD attributes) {
  ASSERT_TRUE(OwnedHandle(CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr,
                                      CREATE_NEW, attributes, nullptr)));
}

// Deeper than MAX_PATH, with files that may not be written.
TEST(RemoveTree, RemovesWhatIsDeepAndReadOnly) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const std::string top = *root + "/top";
  std::wstring path = L"\\\\?\\" + WidePath(top);
  for (int depth = 0; depth < 40; ++depth) {
    ASSERT_TRUE(CreateDirectoryW(path.c_str(), nullptr)) << depth;
    MakeFile(path + L"\\file", FILE_ATTRIBUTE_READONLY);
    ASSERT_TRUE(CreateDirectoryW((path + L"\\beside").c_str(), nullptr));
    MakeFile(path + L"\\beside\\file", FILE_ATTRIBUTE_HIDDEN);
    SetFileAttributesW((path + L"\\beside").c_str(), FILE_ATTRIBUTE_READONLY);
    path += L"\\" + std::wstring(50, L'd');
  }
  EXPECT_EQ(KindOf(top), FileKind::kDirectory);
  RemoveTree(top);
  EXPECT_EQ(KindOf(top), FileKind::kNone);
  RemoveTree(*root);
  EXPECT_EQ(KindOf(*root), FileKind::kNone);
}

// Not even half a character stops it.
TEST(ListTree, ANameNeedNotBeText) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const wchar_t half[] = {L'\\', L'a', 0xD800, L'\0'};
  const std::wstring path = WidePath(*root) + half;
  if (!CreateDirectoryW(path.c_str(), nullptr)) {
    GTEST_SKIP() << "this file system has none";
  }
  MakeFile(path + L"\\below", FILE_ATTRIBUTE_NORMAL);
  const std::vector<FoundFile> found = ListTree(*root, 100);
  ASSERT_GE(found.size(), 1u);
  EXPECT_EQ(found[0].path, "a\xEF\xBF\xBD/");
  RemoveTree(*root);
  EXPECT_EQ(KindOf(*root), FileKind::kNone);
}

// As while a virus scanner looks at it; not for ever.
TEST(WriteFile, WaitsForAReader) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const std::string path = *root + "/file";
  ASSERT_TRUE(WriteFile(path, "old").ok());
  OwnedHandle reader(CreateFileW(WidePath(path).c_str(), GENERIC_READ,
                                 FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0,
                                 nullptr));
  ASSERT_TRUE(reader);
  EXPECT_FALSE(WriteFile(path, "new").ok());
  EXPECT_EQ(ReadExcerpt(path, 100, 0).text, "old");
  std::thread closer([&] {
    Sleep(50);
    reader.Close();
  });
  EXPECT_TRUE(WriteFile(path, "new").ok());
  closer.join();
  EXPECT_EQ(ReadExcerpt(path, 100, 0).text, "new");
  RemoveTree(*root);
}

// What a killed process leaves: a directory whose lock nobody has.
TEST(PrivateRoot, AnAbandonedOneIsRemoved) {
  const auto root = MakePrivateRoot();
  ASSERT_TRUE(root.ok()) << root.status();
  const std::string left = root->substr(0, root->rfind('/')) + "/psr-left";
  ASSERT_TRUE(MakePrivateDirectory(left).ok());
  MakeFile(WidePath(left) + L"\\file", FILE_ATTRIBUTE_NORMAL);
  RemoveAbandonedRoots();
  EXPECT_EQ(KindOf(left), FileKind::kNone);
  EXPECT_EQ(KindOf(*root), FileKind::kDirectory);
  RemoveTree(*root);
}

}  // namespace
}  // namespace procspec::runner
