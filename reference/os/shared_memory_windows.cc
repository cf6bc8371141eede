// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <limits>
#include <new>

#include "reference/os/parking_lot.h"
#include "reference/os/shared_memory.h"
#include "reference/os/win32.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::os {
namespace {

// In front of the data: what the system does not keep for us.
struct Header {
  // Tells other mappings from ours, also such of another layout.
  static constexpr uint64_t kMark = 0x3130'6365'7073'7270;

  uint64_t mark;
  uint64_t size;
  RandomId id;
  ParkingPlaces places;
};
constexpr size_t kHeaderSize = 8192;  // whole pages
static_assert(sizeof(Header) <= kHeaderSize);

Header& HeaderOf(void* data) {
  return *std::launder(
      reinterpret_cast<Header*>(static_cast<char*>(data) - kHeaderSize));
}

// The address of the header. Null: refused.
void* MapAll(NativeHandle file) {
  return MapViewOfFile(file, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
}

void* DataBehind(void* header) {
  return static_cast<char*>(header) + kHeaderSize;
}

// How much of the mapping at `header` there is, in whole pages.
size_t MappedSize(const void* header) {
  MEMORY_BASIC_INFORMATION information;
  if (VirtualQuery(header, &information, sizeof(information)) == 0) return 0;
  return information.RegionSize;
}

}  // namespace

SharedMemory::~SharedMemory() {
  if (data_ == nullptr) return;
  RemoveParkingLot(data_);
  UnmapViewOfFile(&HeaderOf(data_));
}

absl::StatusOr<SharedMemory> SharedMemory::New(size_t size) {
  if (size > std::numeric_limits<size_t>::max() - kHeaderSize) {
    return OsError("CreateFileMapping", ERROR_NOT_ENOUGH_MEMORY);
  }
  PROCSPEC_ASSIGN_OR_RETURN(const RandomId id, NewRandomId());
  const uint64_t whole = uint64_t{size} + kHeaderSize;
  SharedMemory memory;
  // In the paging file, which promises room for all of it now.
  memory.file_ = OwnUnlessNull(CreateFileMappingW(
      INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE,
      static_cast<DWORD>(whole >> 32), static_cast<DWORD>(whole), nullptr));
  if (!memory.file_.valid()) return LastOsError("CreateFileMapping");
  void* const header = MapAll(memory.handle());
  if (header == nullptr) return LastOsError("MapViewOfFile");
  // Zeroes are what the places start from.
  auto* const start = static_cast<Header*>(header);
  start->mark = Header::kMark;
  start->size = size;
  start->id = id;
  memory.data_ = DataBehind(header);
  memory.size_ = size;
  AddParkingLot(memory.data_, size, start->places, id);
  return memory;
}

absl::StatusOr<SharedMemory> SharedMemory::Map(UniqueFile file) {
  SharedMemory memory;
  memory.file_ = std::move(file);
  void* const header = MapAll(memory.handle());
  if (header == nullptr) return LastOsError("MapViewOfFile");
  const size_t mapped = MappedSize(header);
  auto* const start = static_cast<Header*>(header);
  const uint64_t size = mapped < kHeaderSize ? 0 : start->size;
  if (mapped < kHeaderSize || start->mark != Header::kMark ||
      size > mapped - kHeaderSize) {
    UnmapViewOfFile(header);
    return OsError("MapViewOfFile", ERROR_INVALID_DATA);
  }
  memory.data_ = DataBehind(header);
  memory.size_ = static_cast<size_t>(size);
  AddParkingLot(memory.data_, memory.size_, start->places, start->id);
  return memory;
}

}  // namespace procspec::os
