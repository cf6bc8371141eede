// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/stress/item.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "spec/status_macros.h"

namespace procspec::stress {
namespace {

constexpr Item kNoItem = {.producer = -1};

// SplitMix64: a different word for each place of each item.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

uint64_t KeyOf(const Item& item) {
  return Mix(Mix(static_cast<uint64_t>(item.producer)) ^
             static_cast<uint64_t>(item.sequence)) ^
         static_cast<uint64_t>(item.size);
}

constexpr size_t kWord = sizeof(uint64_t);

void AppendPayload(const Item& item, std::string& bytes) {
  const uint64_t key = KeyOf(item);
  const size_t begin = bytes.size();
  const auto size = static_cast<size_t>(item.size);
  bytes.resize(begin + size);
  for (size_t i = 0; i < size; i += kWord) {
    const uint64_t word = Mix(key + i);
    std::memcpy(&bytes[begin + i], &word, std::min(kWord, size - i));
  }
}

bool IsPayload(const Item& item, std::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) != item.size) return false;
  const uint64_t key = KeyOf(item);
  for (size_t i = 0; i < bytes.size(); i += kWord) {
    const uint64_t word = Mix(key + i);
    if (std::memcmp(&bytes[i], &word, std::min(kWord, bytes.size() - i)) != 0) {
      return false;
    }
  }
  return true;
}

Got FromValue(const Value& value) {
  if (value.is_none()) return {.item = std::nullopt};
  const List* list = value.get_if<List>();
  if (list == nullptr || list->size() != 4) return {.item = kNoItem};
  const auto* producer = (*list)[0].get_if<int64_t>();
  const auto* sequence = (*list)[1].get_if<int64_t>();
  const auto* size = (*list)[2].get_if<int64_t>();
  const auto* payload = (*list)[3].get_if<Bytes>();
  if (producer == nullptr || sequence == nullptr || size == nullptr ||
      payload == nullptr) {
    return {.item = kNoItem};
  }
  const Item item = {*producer, *sequence, *size};
  return {.item = item, .whole = IsPayload(item, payload->data)};
}

using Header = std::array<int64_t, 3>;

Got FromBytes(std::string_view bytes) {
  if (bytes.empty()) return {.item = std::nullopt};
  Header header;
  if (bytes.size() < sizeof(header)) return {.item = kNoItem};
  std::memcpy(header.data(), bytes.data(), sizeof(header));
  const Item item = {header[0], header[1], header[2]};
  return {.item = item, .whole = IsPayload(item, bytes.substr(sizeof(header)))};
}

}  // namespace

absl::Status PutItem(Queue& queue, ItemForm form, const Item& item,
                     absl::Duration timeout) {
  if (form == ItemForm::kValue) {
    Bytes payload;
    AppendPayload(item, payload.data);
    return queue.Put(
        List{item.producer, item.sequence, item.size, std::move(payload)},
        timeout);
  }
  const Header header = {item.producer, item.sequence, item.size};
  std::string bytes(reinterpret_cast<const char*>(header.data()),
                    sizeof(header));
  AppendPayload(item, bytes);
  return queue.PutBytes(bytes, timeout);
}

absl::Status PutEnd(Queue& queue, ItemForm form, absl::Duration timeout) {
  return form == ItemForm::kValue ? queue.Put(Value(), timeout)
                                  : queue.PutBytes("", timeout);
}

absl::StatusOr<Got> GetItem(Queue& queue, ItemForm form,
                            absl::Duration timeout) {
  if (form == ItemForm::kValue) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value value, queue.Get(timeout));
    return FromValue(value);
  }
  std::string bytes;
  PROCSPEC_RETURN_IF_ERROR(queue.GetBytes(bytes, timeout));
  return FromBytes(bytes);
}

}  // namespace procspec::stress
