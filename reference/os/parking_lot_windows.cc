// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <algorithm>
#include <map>
#include <string>

#include "reference/os/never_destroyed.h"
#include "reference/os/parking_lot.h"
#include "reference/os/thread_identity.h"

namespace procspec::os {

ParkingLot::~ParkingLot() {
  for (const std::atomic<NativeHandle>& event : events_) {
    if (event.load() != nullptr) CloseHandle(event.load());
  }
}

// What other processes write is not trusted to be in range.
uint32_t ParkingLot::InUse() const {
  return std::min(places_.in_use.load(std::memory_order_acquire),
                  ParkingPlaces::kCount);
}

// A place that is owned by the caller and says of nobody that it waits.
ParkingLot::Place* ParkingLot::Claim() {
  const uint64_t me = CurrentThread().bits;
  // The first free one: few places are looked through then.
  for (Place& place : places_.places) {
    uint64_t nobody = 0;
    if (place.owner.load(std::memory_order_relaxed) == 0 &&
        place.owner.compare_exchange_strong(nobody, me)) {
      return &place;
    }
  }
  for (Place& place : places_.places) {
    uint64_t owner = place.owner.load();
    if (owner != 0 && !MayBeAlive(ThreadIdentity{owner}) &&
        place.owner.compare_exchange_strong(owner, me)) {
      place.key.store(0);
      return &place;
    }
  }
  return nullptr;
}

// Null: the system refused.
NativeHandle ParkingLot::EventOf(const Place& place) {
  const auto index = static_cast<size_t>(&place - places_.places);
  std::atomic<NativeHandle>& event = events_[index];
  NativeHandle known = event.load(std::memory_order_acquire);
  if (known != nullptr) return known;
  std::wstring name;
  if (id_.has_value()) {
    name = NameFrom(L"Local\\procspec-", *id_) + L'-' + std::to_wstring(index);
  }
  // Opens it where another process has made it. For this user alone, not
  // inherited; a set event wakes one and is no longer set.
  const HANDLE made = CreateEventW(nullptr, FALSE, FALSE,
                                   name.empty() ? nullptr : name.c_str());
  if (made == nullptr) return nullptr;
  if (event.compare_exchange_strong(known, made)) return made;
  CloseHandle(made);
  return known;
}

ParkingLot::Place* ParkingLot::Enter(uint64_t key) {
  Place* const place = Claim();
  if (place == nullptr) return nullptr;
  if (EventOf(*place) == nullptr) {
    place->owner.store(0);
    return nullptr;
  }
  const uint32_t count = static_cast<uint32_t>(place - places_.places) + 1;
  uint32_t in_use = places_.in_use.load();
  while (in_use < count &&
         !places_.in_use.compare_exchange_weak(in_use, count)) {
  }
  place->ticket.store(places_.next_ticket.fetch_add(1));
  place->key.store(key);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return place;
}

void ParkingLot::Sleep(const Place& place, uint32_t milliseconds) const {
  const auto index = static_cast<size_t>(&place - places_.places);
  WaitForSingleObject(events_[index].load(std::memory_order_relaxed),
                      milliseconds);
}

bool ParkingLot::Leave(Place& place) {
  const bool woken = place.key.exchange(0) == 0;
  place.owner.store(0, std::memory_order_release);
  return woken;
}

// False: it does not wait for that any more.
bool ParkingLot::Signal(Place& place, uint64_t key) {
  // Taken by one waker only: two wake-ups go to two sleepers. Should it have
  // left by itself and another have come for the same, that one is woken.
  if (!place.key.compare_exchange_strong(key, 0)) return false;
  if (const HANDLE event = EventOf(place)) SetEvent(event);
  return true;
}

int ParkingLot::WakeOne(uint64_t key) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (;;) {
    Place* first = nullptr;
    uint32_t first_ticket = 0;
    const uint32_t in_use = InUse();
    for (uint32_t i = 0; i < in_use; ++i) {
      Place& place = places_.places[i];
      if (place.key.load(std::memory_order_relaxed) != key) continue;
      const uint32_t ticket = place.ticket.load(std::memory_order_relaxed);
      // Tickets wrap.
      if (first == nullptr || static_cast<int32_t>(ticket - first_ticket) < 0) {
        first = &place;
        first_ticket = ticket;
      }
    }
    if (first == nullptr) return 0;
    if (Signal(*first, key)) return 1;
  }
}

int ParkingLot::WakeAll(uint64_t key) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  int woken = 0;
  const uint32_t in_use = InUse();
  for (uint32_t i = 0; i < in_use; ++i) {
    Place& place = places_.places[i];
    if (place.key.load(std::memory_order_relaxed) == key &&
        Signal(place, key)) {
      ++woken;
    }
  }
  return woken;
}

namespace {

struct Mapping {
  Mapping(size_t size_in, ParkingPlaces& places, const RandomId& id)
      : size(size_in), lot(places, id) {}
  size_t size;
  ParkingLot lot;
};

// Lives for ever: objects of static lifetime may sleep and wake at any time.
struct Registry {
  SRWLOCK lock = SRWLOCK_INIT;
  std::map<uintptr_t, Mapping> mappings;  // by the address of the data
  ParkingPlaces own_places = {};
  ParkingLot own_lot{own_places, std::nullopt};
};

Registry& TheRegistry() {
  static NeverDestroyed<Registry> registry;
  return *registry;
}

uintptr_t AddressOf(const void* data) {
  return reinterpret_cast<uintptr_t>(data);
}

}  // namespace

void AddParkingLot(const void* data, size_t size, ParkingPlaces& places,
                   const RandomId& id) {
  Registry& registry = TheRegistry();
  AcquireSRWLockExclusive(&registry.lock);
  registry.mappings.try_emplace(AddressOf(data), size, places, id);
  ReleaseSRWLockExclusive(&registry.lock);
}

void RemoveParkingLot(const void* data) {
  Registry& registry = TheRegistry();
  AcquireSRWLockExclusive(&registry.lock);
  const auto removed = registry.mappings.extract(AddressOf(data));
  ReleaseSRWLockExclusive(&registry.lock);
}

ParkingSpot FindParkingSpot(const void* address) {
  const uintptr_t at = AddressOf(address);
  Registry& registry = TheRegistry();
  AcquireSRWLockShared(&registry.lock);
  auto found = registry.mappings.upper_bound(at);
  Mapping* mapping = nullptr;
  if (found != registry.mappings.begin()) {
    --found;
    if (at - found->first < found->second.size) mapping = &found->second;
  }
  const uintptr_t start = mapping != nullptr ? found->first : 0;
  ReleaseSRWLockShared(&registry.lock);
  if (mapping == nullptr) return {registry.own_lot, at};
  // Zero is no key.
  return {mapping->lot, at - start + 1};
}

}  // namespace procspec::os
