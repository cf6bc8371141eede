// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/share.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

using Registry = std::map<std::string, Rebuild, std::less<>>;

Registry& TheRegistry() {
  static auto& registry = *new Registry;
  return registry;
}

// Objects are rebuilt in the order in which they were described: what one
// refers to comes before it.
class Rebuilder : public HandleReader {
 public:
  Rebuilder(Backend& backend, std::vector<os::UniqueFile> handles)
      : backend_(backend), handles_(std::move(handles)) {}

  absl::Status Add(const Value& description) {
    PROCSPEC_ASSIGN_OR_RETURN(List fields, description.As<List>());
    if (fields.size() != 3) return SerialisationError("malformed object");
    PROCSPEC_ASSIGN_OR_RETURN(std::string kind, fields[0].As<std::string>());
    PROCSPEC_ASSIGN_OR_RETURN(Bytes frame, fields[1].As<Bytes>());
    PROCSPEC_ASSIGN_OR_RETURN(int64_t count, fields[2].As<int64_t>());
    if (count < 0 || static_cast<size_t>(count) > handles_.size() - next_) {
      return SerialisationError("an object misses its handles");
    }
    auto it = TheRegistry().find(kind);
    if (it == TheRegistry().end()) {
      return SerialisationError(absl::StrCat("unknown object '", kind, "'"));
    }
    PROCSPEC_ASSIGN_OR_RETURN(Value state, Decode(frame.data, this));
    const auto first = handles_.begin() + static_cast<std::ptrdiff_t>(next_);
    std::vector<os::UniqueFile> own(
        std::make_move_iterator(first),
        std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
    next_ += static_cast<size_t>(count);
    PROCSPEC_ASSIGN_OR_RETURN(Handle object,
                              it->second(backend_, state, std::move(own)));
    objects_.push_back(std::move(object));
    return absl::OkStatus();
  }

  absl::StatusOr<Handle> Read(uint32_t number) override {
    if (number >= objects_.size()) return SerialisationError("unknown handle");
    return objects_[number];
  }

 private:
  Backend& backend_;
  std::vector<os::UniqueFile> handles_;
  size_t next_ = 0;
  std::vector<Handle> objects_;
};

}  // namespace

bool RegisterTransferable(std::string_view kind, Rebuild rebuild) {
  if (!TheRegistry().emplace(std::string(kind), rebuild).second) {
    std::fprintf(stderr, "procspec: transferable '%.*s' is registered twice\n",
                 static_cast<int>(kind.size()), kind.data());
    std::abort();
  }
  return true;
}

absl::StatusOr<Packer> Packer::Pack(const Value& value) {
  Packer packer;
  std::string content;
  PROCSPEC_RETURN_IF_ERROR(Encode(value, content, &packer));
  PROCSPEC_RETURN_IF_ERROR(Encode(Value(List{Value(std::move(packer.objects_)),
                                             Value(Bytes{std::move(content)})}),
                                  packer.frame_));
  return packer;
}

std::vector<os::NativeHandle> Packer::handles() const {
  std::vector<os::NativeHandle> result;
  result.reserve(handles_.size());
  for (const os::UniqueFile& handle : handles_) result.push_back(handle.get());
  return result;
}

absl::StatusOr<uint32_t> Packer::Write(const Handle& handle) {
  auto it = numbers_.find(handle);
  if (it != numbers_.end()) return it->second;
  const auto* transferable = dynamic_cast<const Transferable*>(handle.get());
  if (transferable == nullptr) {
    if (dynamic_cast<const LocalObject*>(handle.get()) != nullptr) {
      return SerialisationError("a local object cannot be serialised");
    }
    return SharingError("a handle that is not of this backend");
  }
  PROCSPEC_ASSIGN_OR_RETURN(Transfer transfer, transferable->Describe());
  // Describes what the state refers to first, so it gets smaller numbers.
  std::string state;
  PROCSPEC_RETURN_IF_ERROR(Encode(transfer.state, state, this));
  objects_.push_back(Value(
      List{Value(std::move(transfer.kind)), Value(Bytes{std::move(state)}),
           Value(static_cast<int64_t>(transfer.handles.size()))}));
  std::move(transfer.handles.begin(), transfer.handles.end(),
            std::back_inserter(handles_));
  const auto number = static_cast<uint32_t>(objects_.size() - 1);
  numbers_.emplace(handle, number);
  return number;
}

absl::StatusOr<Value> Unpack(Backend& backend, std::string_view frame,
                             std::vector<os::UniqueFile> handles) {
  PROCSPEC_ASSIGN_OR_RETURN(Value packed, Decode(frame));
  PROCSPEC_ASSIGN_OR_RETURN(List parts, packed.As<List>());
  if (parts.size() != 2) return SerialisationError("malformed frame");
  PROCSPEC_ASSIGN_OR_RETURN(List objects, parts[0].As<List>());
  PROCSPEC_ASSIGN_OR_RETURN(Bytes content, parts[1].As<Bytes>());
  Rebuilder rebuilder(backend, std::move(handles));
  for (const Value& object : objects) {
    PROCSPEC_RETURN_IF_ERROR(rebuilder.Add(object));
  }
  return Decode(content.data, &rebuilder);
}

}  // namespace procspec::reference
