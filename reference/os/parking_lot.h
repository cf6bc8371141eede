// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_REFERENCE_OS_PARKING_LOT_H_
#define PROCSPEC_REFERENCE_OS_PARKING_LOT_H_

// For the _windows.cc files of this folder only.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "reference/os/handle.h"
#include "reference/os/win32.h"

namespace procspec::os {

// How threads of several processes sleep on words of memory that they share.
// The system can do that within one process only (WaitOnAddress).
//
// Shared memory has places in front of its data. Whoever sleeps takes one,
// writes down what it waits for, and waits for the event of that place; whoever
// wakes looks through the places. The event is found by its name, which is made
// of the memory's random id and the number of the place, so that processes need
// to pass nothing but the memory.
//
// A thread killed at any instant leaves at most a place that is taken back when
// places run short, one wake-up that is lost on it, or an event that is set too
// often. Who waits wakes up now and then by itself and looks.
struct ParkingPlaces {
  static constexpr uint32_t kCount = 256;

  struct Place {
    // Whose it is: ThreadIdentity::bits. Zero: free.
    std::atomic<uint64_t> owner;
    // What its owner waits for. Zero: nothing, or it has been woken.
    std::atomic<uint64_t> key;
    // Who came first.
    std::atomic<uint32_t> ticket;
  };

  std::atomic<uint32_t> in_use;  // places from it on were never used
  std::atomic<uint32_t> next_ticket;
  Place places[kCount];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// The places of one mapping, as one process has it. Thread-safe.
class ParkingLot {
 public:
  using Place = ParkingPlaces::Place;

  // `places`: zeroed at first, and the same for all processes. Without an id
  // they are this process's own.
  ParkingLot(ParkingPlaces& places, std::optional<RandomId> id)
      : places_(places), id_(id) {}
  ParkingLot(const ParkingLot&) = delete;
  ParkingLot& operator=(const ParkingLot&) = delete;
  ~ParkingLot();

  // A place for the calling thread to wait for `key`. From now on a Wake of
  // that key finds it: so look only now whether there is still something to
  // wait for. Null: all are taken, or the system refused.
  Place* Enter(uint64_t key);
  // Whether it has been woken.
  static bool Woken(const Place& place) {
    return place.key.load(std::memory_order_acquire) == 0;
  }
  // Until it is woken, for that long, or shorter.
  void Sleep(const Place& place, uint32_t milliseconds) const;
  // Gives the place back. Whether it has been woken.
  static bool Leave(Place& place);

  // Wakes those who wait for `key`: of several, the one that came first. Both
  // return how many. No system call when there is none.
  int WakeOne(uint64_t key);
  int WakeAll(uint64_t key);

 private:
  uint32_t InUse() const;
  Place* Claim();
  NativeHandle EventOf(const Place& place);
  bool Signal(Place& place, uint64_t key);

  ParkingPlaces& places_;
  const std::optional<RandomId> id_;
  // Made or opened when first needed.
  std::atomic<NativeHandle> events_[ParkingPlaces::kCount] = {};
};

// Tells this process of a mapping that has a lot, and that it will be gone.
// Nobody sleeps or wakes on its words then.
void AddParkingLot(const void* data, size_t size, ParkingPlaces& places,
                   const RandomId& id);
void RemoveParkingLot(const void* data);

// Where to sleep on the word at `address`: in the lot of its mapping, under its
// offset, or, for other memory, in a lot of this process.
struct ParkingSpot {
  ParkingLot& lot;
  uint64_t key;
};
ParkingSpot FindParkingSpot(const void* address);

}  // namespace procspec::os

#endif  // PROCSPEC_REFERENCE_OS_PARKING_LOT_H_
