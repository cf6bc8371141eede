// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "conformance/stress/clock.h"
#include "conformance/stress/item.h"
#include "conformance/stress/load.h"
#include "conformance/stress/member.h"
#include "spec/error.h"
#include "spec/queue.h"
#include "spec/status_macros.h"

namespace procspec::stress {
namespace {

using Random = std::mt19937_64;

// What members say.
constexpr int64_t kPut = 0;    // [kPut, time...]: puts since the last message
constexpr int64_t kGot = 1;    // [kGot, (producer, sequence, whole, time)...]
constexpr int64_t kTried = 2;  // in vain, for as long as it waits
constexpr int64_t kEnd = 3;    // of a producer: [kEnd, number of puts]
// And hear.
constexpr int64_t kAck = 4;   // to a consumer: its last message was read
constexpr int64_t kStop = 5;  // to a producer

// How long a member waits for the queue before it looks for its leader.
constexpr absl::Duration kPatience = absl::Seconds(1);

// Where there is no bound producers wait while more items than this are there,
// or their buffers would take all memory.
constexpr int64_t kCrowded = 64;

constexpr int64_t kSmall = 64;
constexpr int64_t kMiddle = 64 << 10;
// The reference moves these in pieces; the last does not fit into its ring.
constexpr int64_t kLarge = 640 << 10;
constexpr int64_t kHuge = 1280 << 10;

int64_t RandomSize(Random& random) {
  const uint64_t percent = random() % 100;
  if (percent < 70) return kSmall;
  if (percent < 92) return kMiddle;
  return percent < 96 ? kLarge : kHuge;
}

// --- Members -----------------------------------------------------------------

// [queue, form, bounded, id, seed]: puts items until it is told to stop, and
// ends as soon as a few large ones are put.
absl::Status Produce(MemberLine& line, const Arguments& arguments) {
  constexpr size_t kArg = kFirstArgument;
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(kArg));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t form,
                            arguments.Get<int64_t>(kArg + 1));
  PROCSPEC_ASSIGN_OR_RETURN(const bool bounded, arguments.Get<bool>(kArg + 2));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t id, arguments.Get<int64_t>(kArg + 3));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t seed,
                            arguments.Get<int64_t>(kArg + 4));
  Random random(static_cast<uint64_t>(seed));
  Item item = {.producer = id};
  List put = {kPut};
  // The last items are those that its end has to wait for.
  int last_items = 3;
  bool ends = false;
  while (last_items > 0) {
    if (!ends) {
      PROCSPEC_ASSIGN_OR_RETURN(const std::optional<List> word,
                                line.Receive(absl::ZeroDuration()));
      ends = word.has_value();
    }
    if (!bounded) {
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, queue->Size());
      if (size > kCrowded) {
        PROCSPEC_RETURN_IF_ERROR(line.CheckLeader());
        Spin(absl::Microseconds(20));
        continue;
      }
    }
    item.size = ends ? kHuge : RandomSize(random);
    absl::Status status =
        PutItem(*queue, static_cast<ItemForm>(form), item, kPatience);
    if (IsKind(status, ErrorKind::kFull)) {
      // It is not in the queue: the next attempt puts it for the first time.
      PROCSPEC_RETURN_IF_ERROR(line.CheckLeader());
      PROCSPEC_RETURN_IF_ERROR(line.Send({kTried}));
      continue;
    }
    PROCSPEC_RETURN_IF_ERROR(status);
    ++item.sequence;
    if (ends) --last_items;
    put.push_back(NowNs());
    if (put.size() > 8 || item.size > kSmall) {
      PROCSPEC_RETURN_IF_ERROR(line.Send(std::exchange(put, {kPut})));
    }
  }
  return line.Send({kEnd, item.sequence});
}

PROCSPEC_TARGET(StressProduce) {
  return RunMember(backend, arguments, &Produce);
}

// [queue, form, batch]: gets items until it gets an end marker. What it has got
// and not yet reported is at most `batch` items.
absl::Status Consume(MemberLine& line, const Arguments& arguments) {
  constexpr size_t kArg = kFirstArgument;
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, arguments.Get<Queue>(kArg));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t form,
                            arguments.Get<int64_t>(kArg + 1));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t batch,
                            arguments.Get<int64_t>(kArg + 2));
  List report = {kGot};
  int64_t held = 0;
  while (true) {
    const absl::StatusOr<Got> got =
        GetItem(*queue, static_cast<ItemForm>(form), kPatience);
    if (IsKind(got.status(), ErrorKind::kEmpty)) {
      PROCSPEC_RETURN_IF_ERROR(line.CheckLeader());
      PROCSPEC_RETURN_IF_ERROR(line.Send({kTried}));
    } else {
      PROCSPEC_RETURN_IF_ERROR(got.status());
    }
    if (got.ok() && got->item.has_value()) {
      const Item& item = *got->item;
      report.insert(report.end(),
                    {item.producer, item.sequence, got->whole, NowNs()});
      ++held;
    }
    const bool ends = got.ok() && !got->item.has_value();
    if (held == batch || ((ends || !got.ok()) && held > 0)) {
      PROCSPEC_RETURN_IF_ERROR(line.Send(std::exchange(report, {kGot})));
      PROCSPEC_RETURN_IF_ERROR(line.Receive().status());
      held = 0;
    }
    if (ends) return line.Send({kEnd});
  }
}

PROCSPEC_TARGET(StressConsume) {
  return RunMember(backend, arguments, &Consume);
}

// --- The leader --------------------------------------------------------------

// What is known of the items of one producer.
struct Produced {
  std::vector<int64_t> put;      // when, of those that it has told of
  std::optional<int64_t> total;  // it has put so many, and ended
  bool killed = false;
  std::vector<bool> got;
};

struct Player {
  Member member;
  bool producer = false;
  int64_t batch = 0;     // of a consumer
  bool busy = false;     // has done something
  bool ended = false;    // has said so
  int64_t progress = 0;  // when it was last heard of
  Timeline timeline;
  std::map<int64_t, int64_t> last;  // of a consumer: of each producer
};

// One queue and what is done to it.
class Era {
 public:
  Era(Backend& backend, const LoadOptions& options, LoadReport& report,
      Random& random, int64_t first_id, Stalls& of_one)
      : backend_(backend),
        options_(options),
        report_(report),
        random_(random),
        next_id_(first_id),
        of_one_(of_one) {}

  ~Era() {
    for (Player& player : players_) {
      player.member.Kill(options_.hang).IgnoreError();
    }
  }

  absl::Status Run(int kills) {
    constexpr int64_t kBounds[] = {0, 1, 4, 32};
    bound_ = kBounds[random_() % 4];
    form_ = random_() % 3 == 0 ? ItemForm::kBytes : ItemForm::kValue;
    PROCSPEC_ASSIGN_OR_RETURN(queue_, backend_.NewQueue(bound_));
    for (const bool producer : {true, false, true, false}) {
      PROCSPEC_RETURN_IF_ERROR(Add(producer));
    }
    PROCSPEC_RETURN_IF_ERROR(KillSome(kills));
    PROCSPEC_RETURN_IF_ERROR(End());
    Account();
    return CheckRoom();
  }

  int64_t next_id() const { return next_id_; }
  int64_t items() const { return items_; }
  int64_t held_by_consumers() const { return held_by_consumers_; }
  int64_t lost_by_producers() const { return lost_by_producers_; }
  const Timeline& gets() const { return gets_; }
  const Timeline& puts() const { return puts_; }

 private:
  absl::Status Add(bool producer) {
    constexpr int64_t kBatches[] = {1, 2, 8};
    const int64_t batch = kBatches[random_() % 3];
    const int64_t id = next_id_++;
    List arguments = {queue_, static_cast<int64_t>(form_)};
    if (producer) {
      arguments.insert(arguments.end(),
                       {bound_ > 0, id, static_cast<int64_t>(random_() >> 1)});
      produced_[id];
    } else {
      arguments.push_back(batch);
    }
    PROCSPEC_ASSIGN_OR_RETURN(
        Member member,
        Member::Start(backend_, producer ? "StressProduce" : "StressConsume",
                      std::move(arguments), id));
    players_.push_back({.member = std::move(member),
                        .producer = producer,
                        .batch = batch,
                        .progress = NowNs()});
    return absl::OkStatus();
  }

  // Reads all that there is from one.
  absl::Status Hear(Player& player) {
    while (true) {
      PROCSPEC_ASSIGN_OR_RETURN(const std::optional<List> message,
                                player.member.TryReceive());
      if (!message.has_value()) return absl::OkStatus();
      player.progress = NowNs();
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t kind, IntAt(*message, 0));
      switch (kind) {
        case kPut:
          PROCSPEC_RETURN_IF_ERROR(HearPut(player, *message));
          break;
        case kGot:
          PROCSPEC_RETURN_IF_ERROR(HearGot(player, *message));
          // Of one that was killed nobody hears this.
          player.member.Send({kAck}).IgnoreError();
          break;
        case kEnd:
          player.ended = true;
          if (player.producer) {
            PROCSPEC_ASSIGN_OR_RETURN(produced_[player.member.id()].total,
                                      IntAt(*message, 1));
          }
          break;
        case kTried:
          break;
        default:
          report_.findings.Add("member", DebugString(Value(*message)));
          return absl::InternalError("a member has failed");
      }
    }
  }

  absl::Status HearPut(Player& player, const List& message) {
    for (size_t i = 1; i < message.size(); ++i) {
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, IntAt(message, i));
      player.busy = true;
      player.timeline.Did(time);
      puts_.Did(time);
      last_put_ = std::max(last_put_, time);
      produced_[player.member.id()].put.push_back(time);
    }
    return absl::OkStatus();
  }

  absl::Status HearGot(Player& player, const List& message) {
    for (size_t i = 1; i + 4 <= message.size(); i += 4) {
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t producer, IntAt(message, i));
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t sequence, IntAt(message, i + 1));
      PROCSPEC_ASSIGN_OR_RETURN(const bool whole, message[i + 2].As<bool>());
      PROCSPEC_ASSIGN_OR_RETURN(const int64_t time, IntAt(message, i + 3));
      player.busy = true;
      player.timeline.Did(time);
      gets_.Did(time);
      last_get_ = std::max(last_get_, time);
      ++items_;
      const std::string name =
          absl::StrCat("item ", sequence, " of producer ", producer,
                       ", got by consumer ", player.member.id());
      if (!whole) report_.findings.Add("torn", name);
      const auto it = produced_.find(producer);
      if (it == produced_.end() || sequence < 0 || sequence > kMostItems) {
        report_.findings.Add("invented", name);
        continue;
      }
      std::vector<bool>& got = it->second.got;
      const auto place = static_cast<size_t>(sequence);
      if (got.size() <= place) got.resize(place + 1);
      if (got[place]) report_.findings.Add("twice", name);
      got[place] = true;
      const auto [last, is_first] = player.last.emplace(producer, sequence);
      if (!is_first) {
        if (sequence < last->second) {
          report_.findings.Add(
              "order", absl::StrCat(name, " after item ", last->second));
        }
        last->second = sequence;
      }
    }
    return absl::OkStatus();
  }

  absl::Status HearAll() {
    const int64_t late = NowNs() - absl::ToInt64Nanoseconds(options_.hang);
    for (Player& player : players_) {
      PROCSPEC_RETURN_IF_ERROR(Hear(player));
      if (!player.ended && player.progress < late) {
        return Hang(absl::StrCat(player.producer ? "producer " : "consumer ",
                                 player.member.id()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Hang(std::string_view what) {
    report_.findings.Add("hang",
                         absl::StrCat(what, ", in a queue of ", bound_));
    return absl::DeadlineExceededError(what);
  }

  absl::Status KillSome(int kills) {
    for (int i = 0; i < kills;) {
      const int64_t end = NowNs() + static_cast<int64_t>(random_() % 5'000'000);
      do {
        PROCSPEC_RETURN_IF_ERROR(HearAll());
      } while (NowNs() < end);
      const int64_t late = end - absl::ToInt64Nanoseconds(options_.hang);
      if (last_get_ < late) return Hang("nobody gets");
      if (last_put_ < late) return Hang("nobody puts");
      const size_t victim = random_() % players_.size();
      // One that has not begun would only show how processes are started.
      if (!players_[victim].busy) continue;
      PROCSPEC_RETURN_IF_ERROR(Kill(victim));
      ++i;
      options_.progress(++report_.kills);
    }
    return absl::OkStatus();
  }

  absl::Status Kill(size_t index) {
    Player& victim = players_[index];
    const int64_t now = NowNs();
    const absl::Status killed = victim.member.Kill(options_.hang);
    if (!killed.ok()) {
      Hear(victim).IgnoreError();
      report_.findings.Add("member", killed.ToString());
      return killed;
    }
    // What it had sent is still there.
    PROCSPEC_RETURN_IF_ERROR(Hear(victim));
    const bool producer = victim.producer;
    if (producer) {
      produced_[victim.member.id()].killed = true;
    } else {
      may_hold_ += victim.batch;
      killed_.emplace_back(NowNs(), victim.batch);
    }
    of_one_.Add(victim.timeline);
    players_.erase(players_.begin() + static_cast<std::ptrdiff_t>(index));
    for (Player& player : players_) {
      if (player.busy) player.timeline.Mark(now);
    }
    gets_.Mark(now);
    puts_.Mark(now);
    return Add(producer);
  }

  // Producers end first, so that all they have put is there; then a marker for
  // each consumer.
  absl::Status End() {
    for (Player& player : players_) {
      if (player.producer) {
        PROCSPEC_RETURN_IF_ERROR(player.member.Send({kStop}));
      }
    }
    PROCSPEC_RETURN_IF_ERROR(AwaitEnds(/*producers=*/true));
    size_t markers = players_.size();
    while (markers > 0) {
      const absl::Status put = PutEnd(*queue_, form_, absl::ZeroDuration());
      if (put.ok()) {
        --markers;
      } else if (!IsKind(put, ErrorKind::kFull)) {
        return put;
      }
      PROCSPEC_RETURN_IF_ERROR(HearAll());
    }
    return AwaitEnds(/*producers=*/false);
  }

  absl::Status AwaitEnds(bool producers) {
    const int64_t give_up = NowNs() + absl::ToInt64Nanoseconds(options_.hang);
    int64_t progress = NowNs();
    while (true) {
      PROCSPEC_RETURN_IF_ERROR(HearAll());
      bool waits = false;
      for (size_t i = 0; i < players_.size();) {
        Player& player = players_[i];
        if (player.producer != producers) {
          // While a large item is passed on, that is the progress.
          progress = std::max(progress, player.progress);
          ++i;
          continue;
        }
        PROCSPEC_ASSIGN_OR_RETURN(const std::optional<int> code,
                                  player.member.ExitCode());
        if (!code.has_value()) {
          waits = true;
          ++i;
          continue;
        }
        PROCSPEC_RETURN_IF_ERROR(Hear(player));
        if (*code != 0 || !player.ended) {
          report_.findings.Add("member",
                               absl::StrCat("member ", player.member.id(),
                                            " ended with exit code ", *code));
        }
        of_one_.Add(player.timeline);
        players_.erase(players_.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (!waits) return absl::OkStatus();
      if (NowNs() > std::max(give_up, progress + absl::ToInt64Nanoseconds(
                                                     options_.hang))) {
        return Hang(producers ? "a producer does not end"
                              : "a consumer does not end");
      }
    }
  }

  void Account() {
    // What only killed consumers can have held: the times before which each
    // item was not there.
    std::vector<int64_t> missing;
    std::string missed;
    const int64_t may_buffer = bound_ > 0 ? bound_ : kCrowded + 2;
    for (const auto& [id, produced] : produced_) {
      const auto count = static_cast<int64_t>(produced.got.size());
      const int64_t total = produced.total.value_or(count);
      for (int64_t i = 0; i < total; ++i) {
        if (i < count && produced.got[static_cast<size_t>(i)]) continue;
        const auto before =
            std::min<size_t>(static_cast<size_t>(i), produced.put.size());
        missing.push_back(before > 0 ? produced.put[before - 1] : 0);
        absl::StrAppend(&missed, " ", id, ":", i);
      }
      if (count > total) {
        report_.findings.Add(
            "invented", absl::StrCat("producer ", id, " has put ", total,
                                     " items, item ", count - 1, " was got"));
      }
      if (!produced.killed && !produced.total.has_value()) {
        report_.findings.Add("member",
                             absl::StrCat("producer ", id, " told no total"));
      }
      // Of a killed one what follows the last that was got: what it had not
      // passed on, or a killed consumer's.
      const auto tail = static_cast<int64_t>(produced.put.size()) - count;
      if (!produced.killed || tail <= 0) continue;
      lost_by_producers_ += tail;
      if (tail > may_buffer + may_hold_) {
        report_.findings.Add(
            "lost", absl::StrCat("of killed producer ", id, " the last ", tail,
                                 " items, in a queue of ", bound_));
      }
    }
    held_by_consumers_ = static_cast<int64_t>(missing.size());
    // Of the latest ones no more than those can have held that died later.
    std::sort(missing.rbegin(), missing.rend());
    for (size_t i = 0; i < missing.size(); ++i) {
      int64_t may_hold = 0;
      for (const auto& [time, batch] : killed_) {
        if (time > missing[i]) may_hold += batch;
      }
      if (static_cast<int64_t>(i) < may_hold) continue;
      report_.findings.Add(
          "lost", absl::StrCat(
                      i + 1, " items, of which killed consumers can have held ",
                      may_hold, ", among", missed));
      break;
    }
  }

  // That the dead take no room with them, and leave none.
  absl::Status CheckRoom() {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t size, queue_->Size());
    if (size != 0) {
      report_.findings.Add("room",
                           absl::StrCat("the empty queue's size is ", size));
    }
    int64_t room = 0;
    const int64_t most = bound_ > 0 ? bound_ + 1 : 100;
    while (room < most) {
      const absl::Status put = PutEnd(*queue_, form_, absl::ZeroDuration());
      if (IsKind(put, ErrorKind::kFull)) break;
      PROCSPEC_RETURN_IF_ERROR(put);
      ++room;
    }
    if (room != (bound_ > 0 ? bound_ : most)) {
      report_.findings.Add(
          "room", absl::StrCat("a queue of ", bound_, " has room for ", room));
    }
    for (; room > 0; --room) {
      PROCSPEC_RETURN_IF_ERROR(GetItem(*queue_, form_, options_.hang).status());
    }
    return queue_->Close();
  }

  static constexpr int64_t kMostItems = 100'000'000;

  Backend& backend_;
  const LoadOptions& options_;
  LoadReport& report_;
  Random& random_;
  int64_t next_id_;

  int64_t bound_ = 0;
  ItemForm form_ = ItemForm::kValue;
  std::shared_ptr<Queue> queue_;
  std::vector<Player> players_;
  std::map<int64_t, Produced> produced_;
  // Of the killed consumers: when each was dead, and what it held at most.
  std::vector<std::pair<int64_t, int64_t>> killed_;
  int64_t may_hold_ = 0;  // all of them

  Timeline gets_;
  Timeline puts_;
  Stalls& of_one_;
  int64_t last_get_ = NowNs();
  int64_t last_put_ = NowNs();
  int64_t items_ = 0;
  int64_t held_by_consumers_ = 0;
  int64_t lost_by_producers_ = 0;
};

}  // namespace

LoadReport RunQueueLoad(Backend& backend, const LoadOptions& options) {
  constexpr int kKillsPerQueue = 25;
  LoadReport report;
  Random random(options.seed);
  int64_t items = 0;
  int64_t held = 0;
  int64_t lost = 0;
  int64_t id = 0;
  Stalls of_one;
  Stalls of_gets;
  Stalls of_puts;
  while (report.kills < options.kills) {
    Era era(backend, options, report, random, id, of_one);
    const absl::Status status =
        era.Run(std::min(kKillsPerQueue, options.kills - report.kills));
    id = era.next_id();
    items += era.items();
    held += era.held_by_consumers();
    lost += era.lost_by_producers();
    of_gets.Add(era.gets());
    of_puts.Add(era.puts());
    if (!status.ok()) {
      if (report.findings.empty()) {
        report.findings.Add("member", status.ToString());
      }
      break;
    }
  }
  report.figures = {
      {"items got", absl::StrCat(items)},
      {"items held by killed consumers", absl::StrCat(held)},
      {"items held by killed producers", absl::StrCat(lost)},
      {"from a kill to the next get", of_gets.DebugString()},
      {"from a kill to the next put", of_puts.DebugString()},
      {"from a kill to what each survivor does next", of_one.DebugString()},
  };
  return report;
}

}  // namespace procspec::stress
