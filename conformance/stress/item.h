// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_STRESS_ITEM_H_
#define PROCSPEC_CONFORMANCE_STRESS_ITEM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "spec/queue.h"

namespace procspec::stress {

// What is put to the queue of a load. The payload follows from the rest, so
// that whoever gets an item can tell whether every byte of it is right.
struct Item {
  int64_t producer = 0;
  int64_t sequence = 0;
  int64_t size = 0;  // of the payload
};

// How items travel: two paths of an implementation.
enum class ItemForm { kValue, kBytes };

// Those of Queue::Put and Queue::PutBytes.
absl::Status PutItem(Queue& queue, ItemForm form, const Item& item,
                     absl::Duration timeout);

// An end marker: it stands for no item.
absl::Status PutEnd(Queue& queue, ItemForm form, absl::Duration timeout);

struct Got {
  std::optional<Item> item;  // nullopt: an end marker
  bool whole = false;        // the payload is what was put
};

// Those of Queue::Get and Queue::GetBytes. Anything that is no item at all is
// one of producer -1, which is not whole.
absl::StatusOr<Got> GetItem(Queue& queue, ItemForm form,
                            absl::Duration timeout);

}  // namespace procspec::stress

#endif  // PROCSPEC_CONFORMANCE_STRESS_ITEM_H_
