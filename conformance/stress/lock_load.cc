// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/stress/clock.h"
#include "conformance/stress/load.h"
#include "conformance/stress/member.h"
#include "spec/error.h"
#include "spec/status_macros.h"
#include "spec/sync.h"

namespace procspec::stress {
namespace {

using Random = std::mt19937_64;

// What members say: with the time, but for the pauses.
constexpr int64_t kIn = 0;      // it has the lock
constexpr int64_t kStays = 1;   // and keeps it until it says kGoesOn
constexpr int64_t kGoesOn = 2;  // from kStays or kRests
constexpr int64_t kOut = 3;     // [kOut, when it began to release it, now]
constexpr int64_t kRests = 4;   // it does not try until it says kGoesOn
constexpr int64_t kTried = 5;   // in vain
constexpr int64_t kPaused = 6;  // outside, until it hears kGo
// And hear.
constexpr int64_t kPause = 7;
constexpr int64_t kGo = 8;
constexpr int64_t kStop = 9;

// --- Members -----------------------------------------------------------------

// [lock, seed]: enters and leaves the section until it is told to stop.
absl::Status TakeTurns(MemberLine& line, const Arguments& arguments) {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, arguments.Get<Lock>(kFirstArgument));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t seed,
                            arguments.Get<int64_t>(kFirstArgument + 1));
  Random random(static_cast<uint64_t>(seed));
  const auto spin_below = [&](int64_t microseconds) {
    Spin(absl::Microseconds(random() % static_cast<uint64_t>(microseconds)));
  };
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(std::optional<List> word,
                              line.Receive(absl::ZeroDuration()));
    if (word.has_value()) {
      PROCSPEC_ASSIGN_OR_RETURN(int64_t kind, IntAt(*word, 0));
      if (kind == kPause) {
        PROCSPEC_RETURN_IF_ERROR(line.Send({kPaused}));
        PROCSPEC_ASSIGN_OR_RETURN(const List next, line.Receive());
        PROCSPEC_ASSIGN_OR_RETURN(kind, IntAt(next, 0));
      }
      if (kind == kStop) return absl::OkStatus();
    }
    // Never for long, since the dead may hold it and the leader wants to pause;
    // now and then for so long that a lock could take it for "for ever".
    absl::Duration timeout;
    const uint64_t patience = random() % 64;
    if (patience > 8) timeout = absl::Milliseconds(2);
    if (patience == 8) timeout = absl::Seconds(1);
    PROCSPEC_ASSIGN_OR_RETURN(const bool acquired, lock->Acquire(timeout));
    if (!acquired) {
      if (timeout == absl::ZeroDuration()) continue;
      PROCSPEC_RETURN_IF_ERROR(line.CheckLeader());
      PROCSPEC_RETURN_IF_ERROR(line.Send({kTried}));
      continue;
    }
    PROCSPEC_RETURN_IF_ERROR(line.Send({kIn, NowNs()}));
    if (random() % 8 == 0) {
      PROCSPEC_RETURN_IF_ERROR(line.Send({kStays}));
      spin_below(2000);
      PROCSPEC_RETURN_IF_ERROR(line.Send({kGoesOn}));
    } else {
      spin_below(20);
    }
    const int64_t out = NowNs();
    PROCSPEC_RETURN_IF_ERROR(lock->Release());
    PROCSPEC_RETURN_IF_ERROR(line.Send({kOut, out}));
    if (random() % 8 == 0) {
      PROCSPEC_RETURN_IF_ERROR(line.Send({kRests}));
      spin_below(2000);
      PROCSPEC_RETURN_IF_ERROR(line.Send({kGoesOn}));
    }
  }
}

PROCSPEC_TARGET(StressTakeTurns) {
  return RunMember(backend, arguments, &TakeTurns);
}

// --- The leader --------------------------------------------------------------

// A stay in the section, as far as it is known.
struct Stay {
  int64_t member = 0;
  int64_t in = 0;
  int64_t out = 0;
};

struct Player {
  Member member;
  int64_t said = kRests;  // the last word; not begun is as good as a rest
  int64_t in = 0;         // since when it is in the section
  bool busy = false;
  bool paused = false;
  int64_t progress = 0;  // when it was last heard of
};

class LockLoad {
 public:
  LockLoad(Backend& backend, const LoadOptions& options, LoadReport& report)
      : backend_(backend),
        options_(options),
        report_(report),
        random_(options.seed) {}

  ~LockLoad() {
    for (Player& player : players_) {
      player.member.Kill(options_.hang).IgnoreError();
    }
  }

  absl::Status Run() {
    constexpr int kMembers = 4;
    PROCSPEC_ASSIGN_OR_RETURN(lock_, backend_.NewLock());
    for (int i = 0; i < kMembers; ++i) PROCSPEC_RETURN_IF_ERROR(Add());
    while (report_.kills < options_.kills) {
      const int64_t end = NowNs() + static_cast<int64_t>(random_() % 5'000'000);
      do {
        PROCSPEC_RETURN_IF_ERROR(HearAll());
      } while (NowNs() < end);
      const size_t victim = random_() % players_.size();
      if (!players_[victim].busy) continue;
      PROCSPEC_RETURN_IF_ERROR(Kill(victim));
      options_.progress(++report_.kills);
    }
    return End();
  }

  // After Run: whether stays overlap.
  void CheckExclusion() {
    std::sort(stays_.begin(), stays_.end(),
              [](const Stay& a, const Stay& b) { return a.in < b.in; });
    for (size_t i = 1; i < stays_.size(); ++i) {
      const Stay& before = stays_[i - 1];
      const Stay& after = stays_[i];
      if (after.in < before.out) {
        report_.findings.Add(
            "exclusion",
            absl::StrCat("member ", after.member, " entered ",
                         before.out - after.in, " ns before member ",
                         before.member, " left"));
      }
    }
  }

  void Tell() {
    report_.figures = {
        {"sections", absl::StrCat(stays_.size())},
        {"killed while they surely held it", absl::StrCat(surely_held_)},
        {"killed while they surely did not", absl::StrCat(surely_free_)},
        {"killed in between, and held it", absl::StrCat(found_held_)},
        {"from a kill to the next entry", Shown(after_kill_)},
        {"from a release by hand to the next entry", Shown(after_release_)},
    };
  }

 private:
  static std::string Shown(const Timeline& timeline) {
    Stalls stalls;
    stalls.Add(timeline);
    return stalls.DebugString();
  }

  absl::Status Add() {
    PROCSPEC_ASSIGN_OR_RETURN(
        Member member,
        Member::Start(backend_, "StressTakeTurns",
                      {lock_, static_cast<int64_t>(random_() >> 1)},
                      next_id_++));
    players_.push_back({.member = std::move(member), .progress = NowNs()});
    return absl::OkStatus();
  }

  absl::Status Hear(Player& player) {
    while (true) {
      PROCSPEC_ASSIGN_OR_RETURN(const std::optional<List> message,
                                player.member.TryReceive());
      if (!message.has_value()) return absl::OkStatus();
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t kind, IntAt(*message, 0));
      player.progress = NowNs();
      player.said = kind;
      switch (kind) {
        case kIn: {
          PROCSPEC_ASSIGN_OR_RETURN(player.in, IntAt(*message, 1));
          player.busy = true;
          last_in_ = std::max(last_in_, player.in);
          after_kill_.Did(player.in);
          after_release_.Did(player.in);
          break;
        }
        case kOut: {
          PROCSPEC_ASSIGN_OR_RETURN(const int64_t out, IntAt(*message, 1));
          stays_.push_back({player.member.id(), player.in, out});
          break;
        }
        case kPaused:
          player.paused = true;
          break;
        case kStays:
        case kTried:
        case kGoesOn:
        case kRests:
          break;
        default:
          report_.findings.Add("member", DebugString(Value(*message)));
          return absl::InternalError("a member has failed");
      }
    }
  }

  absl::Status HearAll() {
    const int64_t late = NowNs() - absl::ToInt64Nanoseconds(options_.hang);
    for (Player& player : players_) {
      PROCSPEC_RETURN_IF_ERROR(Hear(player));
      if (!player.paused && player.progress < late) {
        report_.findings.Add("hang",
                             absl::StrCat("member ", player.member.id()));
        return absl::DeadlineExceededError("a member hangs");
      }
    }
    if (std::max(last_in_, went_on_) < late) {
      report_.findings.Add("hang", "nobody enters");
      return absl::DeadlineExceededError("nobody enters");
    }
    return absl::OkStatus();
  }

  absl::Status Kill(size_t index) {
    Player& victim = players_[index];
    const int64_t before = NowNs();
    const absl::Status killed = victim.member.Kill(options_.hang);
    const int64_t dead = NowNs();
    PROCSPEC_RETURN_IF_ERROR(Hear(victim));
    if (!killed.ok()) {
      report_.findings.Add("member", killed.ToString());
      return killed;
    }
    const int64_t id = victim.member.id();
    const int64_t said = victim.said;
    const int64_t in = victim.in;
    players_.erase(players_.begin() + static_cast<std::ptrdiff_t>(index));

    if (said == kStays) {
      ++surely_held_;
      // It was in the section as long as it lived.
      stays_.push_back({id, in, before});
      PROCSPEC_RETURN_IF_ERROR(Pause());
      PROCSPEC_ASSIGN_OR_RETURN(const bool held, IsHeldByTheDead());
      if (last_in_ > dead || !held) {
        report_.findings.Add(
            "freed", absl::StrCat("member ", id, " died in the section"));
      }
      PROCSPEC_RETURN_IF_ERROR(Go());
    } else {
      if (said == kRests) ++surely_free_;
      PROCSPEC_RETURN_IF_ERROR(AwaitEntry(dead, absl::Milliseconds(20)));
      if (last_in_ > dead) {
        // One that is alive got in, so the dead did not hold it.
        after_kill_.Mark(before);
      } else {
        PROCSPEC_RETURN_IF_ERROR(Pause());
        PROCSPEC_ASSIGN_OR_RETURN(const bool held, IsHeldByTheDead());
        if (!held) {
          after_kill_.Mark(before);
        } else if (said == kRests) {
          report_.findings.Add("held",
                               absl::StrCat("member ", id, " died outside"));
        } else {
          ++found_held_;
        }
        PROCSPEC_RETURN_IF_ERROR(Go());
      }
    }
    return Add();
  }

  absl::Status AwaitEntry(int64_t after, absl::Duration patience) {
    const int64_t end = after + absl::ToInt64Nanoseconds(patience);
    while (last_in_ <= after && NowNs() < end) {
      PROCSPEC_RETURN_IF_ERROR(HearAll());
    }
    return absl::OkStatus();
  }

  // Returns when all are outside of the section and none tries to enter.
  absl::Status Pause() {
    for (Player& player : players_) {
      PROCSPEC_RETURN_IF_ERROR(player.member.Send({kPause}));
    }
    while (!std::all_of(players_.begin(), players_.end(),
                        [](const Player& player) { return player.paused; })) {
      PROCSPEC_RETURN_IF_ERROR(HearAll());
    }
    return absl::OkStatus();
  }

  // While all that live are outside. If so, releases it by hand.
  absl::StatusOr<bool> IsHeldByTheDead() {
    PROCSPEC_ASSIGN_OR_RETURN(const bool acquired,
                              lock_->Acquire(absl::Milliseconds(1)));
    // Either way it is held now, and nobody alive is inside.
    PROCSPEC_RETURN_IF_ERROR(lock_->Release());
    if (!acquired) after_release_.Mark(NowNs());
    return !acquired;
  }

  absl::Status Go() {
    went_on_ = NowNs();
    for (Player& player : players_) {
      player.paused = false;
      player.progress = NowNs();
      PROCSPEC_RETURN_IF_ERROR(player.member.Send({kGo}));
    }
    return absl::OkStatus();
  }

  absl::Status End() {
    PROCSPEC_RETURN_IF_ERROR(Pause());
    for (Player& player : players_) {
      PROCSPEC_RETURN_IF_ERROR(player.member.Send({kStop}));
    }
    for (Player& player : players_) {
      PROCSPEC_RETURN_IF_ERROR(player.member.process().Join(options_.hang));
      PROCSPEC_ASSIGN_OR_RETURN(const std::optional<int> code,
                                player.member.ExitCode());
      if (code != 0) {
        report_.findings.Add(
            "member",
            absl::StrCat("member ", player.member.id(), " does not end well"));
      }
    }
    return absl::OkStatus();
  }

  Backend& backend_;
  const LoadOptions& options_;
  LoadReport& report_;
  Random random_;
  std::shared_ptr<Lock> lock_;
  std::vector<Player> players_;
  int64_t next_id_ = 0;
  std::vector<Stay> stays_;
  int64_t last_in_ = 0;        // when anybody entered last
  int64_t went_on_ = NowNs();  // since when they all may
  int surely_held_ = 0;
  int surely_free_ = 0;
  int found_held_ = 0;
  Timeline after_kill_;
  Timeline after_release_;
};

}  // namespace

LoadReport RunLockLoad(Backend& backend, const LoadOptions& options) {
  LoadReport report;
  LockLoad load(backend, options, report);
  const absl::Status status = load.Run();
  load.CheckExclusion();
  if (!status.ok() && report.findings.empty()) {
    report.findings.Add("member", status.ToString());
  }
  load.Tell();
  return report;
}

}  // namespace procspec::stress
