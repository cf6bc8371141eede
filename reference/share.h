// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_SHARE_H_
#define PROCSPEC_REFERENCE_SHARE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "reference/os/handle.h"
#include "spec/backend.h"
#include "spec/codec.h"
#include "spec/shareable.h"
#include "spec/value.h"

namespace procspec::reference {

// How a shareable object reaches a child that begins as a fresh program. A
// forked child needs none of this: it has the object, its memory and its
// handles.
//
//   class Gate : public Shareable, public Transferable {
//     absl::StatusOr<Transfer> Describe() const override {
//       Transfer transfer{.kind = "gate", .state = Value(parties_)};
//       PROCSPEC_ASSIGN_OR_RETURN(os::UniqueFile memory,
//                                 os::Duplicate(memory_.handle()));
//       transfer.handles.push_back(std::move(memory));
//       return transfer;
//     }
//   };
//   const bool registered = RegisterTransferable("gate", &RebuildGate);

// One object, ready to travel.
struct Transfer {
  // The name its rebuilding function is registered by.
  std::string kind;
  // Whatever else it takes to rebuild it. Handles are allowed and stay the
  // objects they are: a condition and its lock arrive connected.
  Value state;
  // Duplicates, so that the object may be closed meanwhile.
  std::vector<os::UniqueFile> handles;
};

class Transferable {
 public:
  virtual ~Transferable() = default;

  // Called by the process that starts the child, on any thread. Closed: it was
  // closed here.
  virtual absl::StatusOr<Transfer> Describe() const = 0;
};

// The inverse, in the child: called once for an object, however often it is
// among the arguments. `backend` is the child's. The handles become the
// object's own.
using Rebuild = absl::StatusOr<Handle> (*)(Backend& backend, const Value& state,
                                           std::vector<os::UniqueFile> handles);

// Before main. A kind registered twice ends the program with a message.
bool RegisterTransferable(std::string_view kind, Rebuild rebuild);

// Values with the objects they refer to, packed for one child.
class Packer : private HandleWriter {
 public:
  // Serialisation: a LocalObject. Sharing: a handle of another backend.
  static absl::StatusOr<Packer> Pack(const Value& value);

  // All of it but the handles.
  const std::string& frame() const { return frame_; }
  // Pass them in this order.
  std::vector<os::NativeHandle> handles() const;

 private:
  Packer() = default;
  absl::StatusOr<uint32_t> Write(const Handle& handle) override;

  // The keys keep the objects alive, so that no two have one address.
  std::map<Handle, uint32_t> numbers_;
  List objects_;
  std::vector<os::UniqueFile> handles_;
  std::string frame_;
};

// The value that Pack was given. Serialisation: malformed.
absl::StatusOr<Value> Unpack(Backend& backend, std::string_view frame,
                             std::vector<os::UniqueFile> handles);

}  // namespace procspec::reference

#endif  // PROCSPEC_REFERENCE_SHARE_H_
