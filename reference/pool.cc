// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "reference/pool.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "reference/exit.h"
#include "reference/os/at_fork.h"
#include "reference/os/child_watch.h"
#include "reference/os/process.h"
#include "reference/os/time.h"
#include "reference/os/wait_word.h"
#include "reference/pool_channel.h"
#include "reference/pool_worker.h"
#include "reference/process.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/status_macros.h"

namespace procspec::reference {
namespace {

// How often the collector looks whether a worker died, should nobody tell it.
absl::Duration watch_interval = absl::Milliseconds(100);
// How long a terminated worker may take to end before it is killed.
constexpr absl::Duration kTerminateGrace = absl::Seconds(1);
constexpr int kMostWorkers = 4096;
constexpr int kChunksPerWorker = 4;

class Job;

// Who takes results where a caller waits for one.
class ResultTaker {
 public:
  virtual ~ResultTaker() = default;
  // Takes results on the calling thread until the job is ready or the time is
  // over, if nobody else takes any; it may return early.
  virtual void TakeResultsFor(const Job& job, LazyDeadline& deadline) = 0;
};

// A submitted task or map, in the creating process only.
class Job final : public AsyncResult {
 public:
  // A task's: one part, whose value is the outcome.
  Job(std::weak_ptr<ResultTaker> taker, PoolCallbacks callbacks)
      : taker_(std::move(taker)) {
    KeepCallbacks(std::move(callbacks));
  }
  // A map's: a part for each `chunk` of the items, whose results take their
  // places.
  Job(std::weak_ptr<ResultTaker> taker, List items, size_t chunk,
      PoolCallbacks callbacks)
      : Job(std::move(taker), std::move(callbacks)) {
    map_ = std::make_unique<Map>();
    map_->items = std::move(items);
    map_->chunk = chunk;
    map_->left = (map_->items.size() + chunk - 1) / chunk;
  }

  absl::StatusOr<Value> Get(absl::Duration timeout) override {
    if (!Await(timeout)) return TimeoutError();
    return *outcome_;
  }
  absl::Status Wait(absl::Duration timeout) override {
    Await(timeout);
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Ready() override { return IsReady(); }
  absl::StatusOr<bool> Successful() override {
    if (!IsReady()) return ValueError("the result is not ready");
    return outcome_->ok();
  }

  bool IsReady() const {
    return state_.load(std::memory_order_acquire) == State::kReady;
  }
  bool has_callbacks() const { return has_callbacks_; }

  // The outcome, without a copy of it: for one who is not going to ask again.
  absl::StatusOr<Value> Take() {
    Await(absl::InfiniteDuration());
    return *std::move(outcome_);
  }

  // For who takes results. The last part makes it ready, after its callback.
  void FinishPart(size_t part, absl::StatusOr<Value> result) {
    if (map_ == nullptr) return Finish(std::move(result));
    Map& map = *map_;
    const size_t begin = part * map.chunk;
    const size_t size = std::min(map.chunk, map.items.size() - begin);
    List* const list = result.ok() ? result->get_if<List>() : nullptr;
    if (list != nullptr && list->size() == size) {
      std::move(list->begin(), list->end(),
                map.items.begin() + static_cast<ptrdiff_t>(begin));
    } else if (map.first_error.ok()) {
      map.first_error = result.ok() ? SerialisationError("malformed results")
                                    : result.status();
    }
    if (--map.left == 0) FinishMap();
  }
  void FinishMap() {
    if (!map_->first_error.ok()) return Finish(map_->first_error);
    Finish(Value(std::move(map_->items)));
  }

 private:
  // kAwaited: somebody sleeps.
  enum class State { kPending, kAwaited, kReady };

  struct Map {
    List items;
    size_t chunk = 1;
    size_t left = 0;  // parts
    absl::Status first_error;
  };

  void KeepCallbacks(PoolCallbacks callbacks) {
    has_callbacks_ = callbacks.callback || callbacks.error_callback;
    if (!has_callbacks_) return;
    callbacks_ = std::make_unique<PoolCallbacks>(std::move(callbacks));
  }

  bool Await(absl::Duration timeout) {
    if (IsReady()) return true;
    LazyDeadline deadline(timeout);
    if (deadline.immediate()) return false;
    if (!has_callbacks_) {
      if (auto taker = taker_.lock()) taker->TakeResultsFor(*this, deadline);
    }
    os::WaitLadder ladder;
    do {
      if (IsReady()) return true;
    } while (ladder.Next());
    return Sleep(deadline.Get());
  }

  bool Sleep(os::Deadline deadline) {
    std::unique_lock lock(mutex_);
    State seen = State::kPending;
    state_.compare_exchange_strong(seen, State::kAwaited);
    const auto ready = [this] { return IsReady(); };
    if (deadline.IsNever()) {
      changed_.wait(lock, ready);
      return true;
    }
    while (!ready()) {
      if (deadline.HasPassed()) return false;
      // In slices, because the largest durations overflow the library's clock.
      changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(
                                  deadline.Remaining(), absl::Hours(1))));
    }
    return true;
  }

  void Finish(absl::StatusOr<Value> outcome) {
    if (callbacks_ != nullptr) {
      if (outcome.ok()) {
        if (callbacks_->callback) callbacks_->callback(*outcome);
      } else if (callbacks_->error_callback) {
        callbacks_->error_callback(outcome.status());
      }
      callbacks_.reset();
    }
    outcome_ = std::move(outcome);
    if (state_.exchange(State::kReady) != State::kAwaited) return;
    // Who awaits it has either seen that, or sleeps.
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  // Of who takes results alone.
  std::unique_ptr<Map> map_;
  std::unique_ptr<PoolCallbacks> callbacks_;

  const std::weak_ptr<ResultTaker> taker_;
  bool has_callbacks_ = false;  // from the beginning
  std::atomic<State> state_ = State::kPending;
  // Constant once it is ready.
  std::optional<absl::StatusOr<Value>> outcome_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

// What the pool and its threads share. The threads keep it alive, so that a
// callback may drop the pool.
//
// One thread at a time takes results: the collector, or, in its place, a caller
// that waits for one and so has it without being woken by another thread. A
// caller leaves to the collector what is not a result, and what has a callback.
// The collector is parked while nothing is under way, or a caller takes
// results.
class Core final : public ResultTaker,
                   public std::enable_shared_from_this<Core> {
 public:
  Core(StartMethod method, std::shared_ptr<Backend> backend,
       PoolOptions options, std::shared_ptr<PoolChannel> channel)
      : method_(method),
        backend_(std::move(backend)),
        options_(std::move(options)),
        channel_(std::move(channel)),
        workers_(static_cast<size_t>(channel_->places())) {}

  absl::Status Start();

  // Whether the caller waits for the result at once.
  enum class Caller { kWaits, kGoesOn };
  absl::StatusOr<std::shared_ptr<Job>> SubmitTask(std::string_view target,
                                                  Arguments arguments,
                                                  PoolCallbacks callbacks,
                                                  Caller caller);
  absl::StatusOr<std::shared_ptr<Job>> SubmitMap(std::string_view target,
                                                 List items,
                                                 std::optional<int> chunk_size,
                                                 PoolCallbacks callbacks,
                                                 Caller caller);
  void TakeResultsFor(const Job& job, LazyDeadline& deadline) override;
  absl::Status Close();
  absl::Status Terminate();
  absl::Status Join();

  bool IsOwn() const { return creator_ == os::CurrentPid(); }

 private:
  enum class State { kOpen, kClosed, kTerminated };

  struct Part {
    std::shared_ptr<Job> job;
    size_t index;
  };
  // A share of what is sent and not answered: who submits and who takes results
  // hardly ever meet in one.
  struct alignas(64) Shard {
    std::mutex mutex;
    absl::flat_hash_map<uint64_t, Part> parts;
  };

  absl::Status CheckOpenLocked() const {
    if (!IsOwn()) return MisuseError("a pool works in its creator only");
    if (state_ != State::kOpen) {
      return ValueError("the pool takes no more tasks");
    }
    return absl::OkStatus();
  }
  bool TakesTasks() {
    std::lock_guard lock(mutex_);
    return state_ != State::kTerminated;
  }

  absl::StatusOr<std::shared_ptr<Process>> StartWorker(int place);
  uint64_t AddPartLocked(std::shared_ptr<Job> job, size_t index);
  void SubmitPartLocked(std::string frame, std::shared_ptr<Job> job,
                        size_t index);
  void SendLocked(std::string frame);
  void Send();

  bool TryToTakeResults() { return !taken_.load() && !taken_.exchange(true); }
  void CallCollector();
  void BecomeTaker();
  bool TakeUntilIdle();

  void Collect();
  void Receive(const std::string& bytes);
  void Retire(int place);
  void Watch(Process& worker);
  void LookAfterWorkers();
  void WorkerDied(int place, const std::shared_ptr<Process>& worker);
  void FillPlace(int place);
  void FillVacantPlaces();
  std::vector<std::shared_ptr<Process>> WorkersNow() {
    std::lock_guard lock(mutex_);
    return workers_;
  }
  void Break(std::string_view why);
  Shard& ShardOf(uint64_t id) { return shards_[id % shards_.size()]; }
  // Null: it was failed before, because its worker died after it had answered.
  Part TakePart(uint64_t id);
  void PutBack(uint64_t id, Part part);
  void FinishPart(Part part, absl::StatusOr<Value> result);
  static absl::StatusOr<Value> OutcomeIn(const Frame& frame);
  bool TakeResult(absl::Duration timeout);
  bool IsOver();
  void EndQuietWorkers();
  void EndTerminatedWorkers();
  // Has the collector look at the pool's state; who takes results in its place
  // leaves off.
  void Look() {
    CallCollector();
    LazyDeadline immediate(absl::ZeroDuration());
    // Not there in time: the collector looks by itself, a little later.
    (void)channel_->results().WriteNow(NewFrame(0, FrameKind::kLook), kFrameTag,
                                       immediate);
  }

  const StartMethod method_;
  const std::shared_ptr<Backend> backend_;
  const PoolOptions options_;
  const std::shared_ptr<PoolChannel> channel_;
  const absl::Duration watch_interval_ = watch_interval;
  const int64_t creator_ = os::CurrentPid();

  std::mutex mutex_;
  State state_ = State::kOpen;
  std::string broken_;  // why no worker can start; empty: they can
  std::vector<std::shared_ptr<Process>> workers_;  // null: none at this place
  uint64_t last_id_ = 0;
  // Frames that the ring had no room for, in order; the sender's.
  std::deque<std::string> backlog_;
  bool sender_runs_ = false;
  bool sender_ended_ = false;
  bool collector_ended_ = false;
  std::condition_variable changed_;

  std::array<Shard, 8> shards_;
  // Parts in them, and those that are just being finished.
  std::atomic<size_t> under_way_ = 0;
  // Whether the state is no longer kOpen.
  std::atomic<bool> closing_ = false;

  // Whether somebody takes results. These are his:
  std::atomic<bool> taken_ = false;
  std::string frame_;
  std::vector<std::string> for_collector_;

  // Where the collector is parked.
  std::mutex parking_;
  std::condition_variable called_;
  std::atomic<bool> parked_ = false;
  std::atomic<bool> is_called_ = false;  // changed with the mutex

  // Set before the collector is told to look.
  std::atomic<bool> worker_ended_ = false;
  // The collector's.
  os::Deadline next_look_ = os::Deadline::Immediate();
  int taken_since_look_ = 0;
  std::optional<os::ChildWatch> watch_;
  // Where a worker ended before it had begun: the next one may, too.
  std::vector<int> vacant_;
};

// The pools of this process that may have workers, for its end.
struct Pools {
  std::mutex mutex;
  std::vector<std::weak_ptr<Core>>* cores =
      new std::vector<std::weak_ptr<Core>>;
  os::AtFork at_fork{{.before = [this] { mutex.lock(); },
                      .in_parent = [this](bool) { mutex.unlock(); },
                      .in_child =
                          [this] {
                            // The parent's pools are not this process's to end.
                            cores = new std::vector<std::weak_ptr<Core>>;
                            mutex.unlock();
                          }},
                     os::AtFork::Order::kLast};
};

Pools& ThePools() {
  static auto& pools = *new Pools;
  return pools;
}

void EndPools() {
  Pools& pools = ThePools();
  std::vector<std::weak_ptr<Core>> cores;
  {
    std::lock_guard lock(pools.mutex);
    std::swap(cores, *pools.cores);
  }
  std::vector<std::shared_ptr<Core>> living;
  for (const auto& core : cores) {
    if (auto alive = core.lock()) living.push_back(std::move(alive));
  }
  for (const auto& core : living) (void)core->Terminate();
  for (const auto& core : living) (void)core->Join();
}

[[maybe_unused]] const bool registered =
    RegisterExitHook(ExitStage::kPools, &EndPools);

// The collector's pool, on its thread: joining it there would never end.
thread_local const Core* collecting = nullptr;

absl::StatusOr<std::shared_ptr<Process>> Core::StartWorker(int place) {
  channel_->held(place).store(PoolChannel::kNotBegun,
                              std::memory_order_relaxed);
  auto worker = NewProcess(method_, backend_,
                           PoolWorkerOptions(channel_, place, options_));
  PROCSPEC_RETURN_IF_ERROR(worker->Start());
  return worker;
}

absl::Status Core::Start() {
  // Before there is a thread, so that a forked worker is as single as can be.
  for (int place = 0; place < channel_->places(); ++place) {
    absl::StatusOr<std::shared_ptr<Process>> worker = StartWorker(place);
    if (!worker.ok()) {
      state_ = State::kTerminated;
      EndTerminatedWorkers();
      return worker.status();
    }
    workers_[static_cast<size_t>(place)] = *std::move(worker);
  }
  {
    Pools& pools = ThePools();
    std::lock_guard lock(pools.mutex);
    std::erase_if(*pools.cores,
                  [](const auto& core) { return core.expired(); });
    pools.cores->push_back(weak_from_this());
  }
  std::thread([self = shared_from_this()] { self->Collect(); }).detach();
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Job>> Core::SubmitTask(std::string_view target,
                                                      Arguments arguments,
                                                      PoolCallbacks callbacks,
                                                      Caller caller) {
  std::string frame = NewFrame(0, FrameKind::kTask);
  PROCSPEC_RETURN_IF_ERROR(
      EncodeCall(target, arguments.args, std::move(arguments.kwargs), frame));
  auto job = std::make_shared<Job>(weak_from_this(), std::move(callbacks));
  {
    std::lock_guard lock(mutex_);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    SubmitPartLocked(std::move(frame), job, 0);
  }
  if (caller == Caller::kGoesOn && parked_.load()) CallCollector();
  return job;
}

uint64_t Core::AddPartLocked(std::shared_ptr<Job> job, size_t index) {
  const uint64_t id = ++last_id_;
  Shard& shard = ShardOf(id);
  {
    std::lock_guard lock(shard.mutex);
    shard.parts.emplace(id, Part{std::move(job), index});
  }
  under_way_.fetch_add(1);
  return id;
}

void Core::SubmitPartLocked(std::string frame, std::shared_ptr<Job> job,
                            size_t index) {
  const uint64_t id = AddPartLocked(std::move(job), index);
  std::memcpy(frame.data(), &id, sizeof(id));
  SendLocked(std::move(frame));
}

absl::StatusOr<std::shared_ptr<Job>> Core::SubmitMap(
    std::string_view target, List items, std::optional<int> chunk_size,
    PoolCallbacks callbacks, Caller caller) {
  if (chunk_size.has_value() && *chunk_size < 1) {
    return ValueError(
        absl::StrCat("a chunk has at least one item, not ", *chunk_size));
  }
  const size_t shares =
      static_cast<size_t>(channel_->places()) * kChunksPerWorker;
  const size_t chunk =
      chunk_size.has_value()
          ? static_cast<size_t>(*chunk_size)
          : std::max<size_t>((items.size() + shares - 1) / shares, 1);

  // Encoded whole before anything is sent: an item that cannot travel leaves
  // the pool as it was.
  std::vector<std::string> frames;
  for (size_t begin = 0; begin < items.size(); begin += chunk) {
    frames.push_back(NewFrame(0, FrameKind::kChunk));
    const size_t end = std::min(begin + chunk, items.size());
    List part(std::make_move_iterator(items.begin() + begin),
              std::make_move_iterator(items.begin() + end));
    PROCSPEC_RETURN_IF_ERROR(
        EncodeCall(target, std::move(part), {}, frames.back()));
  }

  // The results take the items' places.
  auto job = std::make_shared<Job>(weak_from_this(), std::move(items), chunk,
                                   std::move(callbacks));
  uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    PROCSPEC_RETURN_IF_ERROR(CheckOpenLocked());
    for (size_t index = 0; index < frames.size(); ++index) {
      SubmitPartLocked(std::move(frames[index]), job, index);
    }
    if (frames.empty()) id = AddPartLocked(job, 0);
  }
  if (frames.empty()) {
    // Ready like any other: by the collector, whose thread calls back.
    CallCollector();
    channel_->results().Write(NewFrame(id, FrameKind::kNoTasks), kFrameTag);
  } else if (caller == Caller::kGoesOn && parked_.load()) {
    CallCollector();
  }
  return job;
}

void Core::SendLocked(std::string frame) {
  if (!broken_.empty()) {
    // Nobody will ever take it: have the collector fail it.
    Look();
    return;
  }
  if (backlog_.empty()) {
    LazyDeadline immediate(absl::ZeroDuration());
    if (channel_->tasks().WriteNow(frame, kFrameTag, immediate) ==
        Ring::Outcome::kDone) {
      return;
    }
  }
  backlog_.push_back(std::move(frame));
  if (!sender_runs_) {
    sender_runs_ = true;
    std::thread([self = shared_from_this()] { self->Send(); }).detach();
  }
  changed_.notify_all();
}

// The sender's whole life. A frame stays in the backlog while it is being
// written, so that later ones do not overtake it.
void Core::Send() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return !backlog_.empty() || state_ == State::kTerminated ||
             collector_ended_;
    });
    if (state_ == State::kTerminated || collector_ended_) break;
    const std::string frame = backlog_.front();
    lock.unlock();
    channel_->tasks().Write(frame, kFrameTag);
    lock.lock();
    if (!backlog_.empty()) backlog_.pop_front();
  }
  sender_ended_ = true;
  changed_.notify_all();
}

// --- Who takes results ------------------------------------------------------

void Core::TakeResultsFor(const Job& job, LazyDeadline& deadline) {
  // In a forked child these are the parent's; and a collector that waits in a
  // callback has nobody to take its place.
  if (!IsOwn() || collecting == this) return;
  // One who is called comes first.
  if (is_called_.load() || !TryToTakeResults()) return;
  bool leaves_off = !for_collector_.empty();
  while (!leaves_off && !job.IsReady()) {
    StringSink sink(frame_);
    if (channel_->results().Read(sink, deadline) != Ring::Outcome::kDone) break;
    Frame frame;
    if (!ParseFrame(frame_, frame)) continue;
    if (frame.kind != FrameKind::kResult && frame.kind != FrameKind::kError) {
      leaves_off = true;
    } else if (Part part = TakePart(frame.id); part.job == nullptr) {
      continue;
    } else if (part.job->has_callbacks()) {
      PutBack(frame.id, std::move(part));
      leaves_off = true;
    } else {
      FinishPart(std::move(part), OutcomeIn(frame));
    }
    if (leaves_off) for_collector_.push_back(std::move(frame_));
  }
  taken_.store(false);
  // The collector parks while somebody else takes results, whatever is under
  // way.
  if (leaves_off || is_called_.load() || under_way_.load() != 0) {
    CallCollector();
  }
}

// --- The collector ----------------------------------------------------------

void Core::CallCollector() {
  {
    std::lock_guard lock(parking_);
    is_called_.store(true);
  }
  called_.notify_one();
}

void Core::Collect() {
  collecting = this;
  watch_.emplace([this] {
    worker_ended_.store(true);
    Look();
  });
  for (const auto& worker : WorkersNow()) Watch(*worker);
  next_look_ = os::Deadline(watch_interval_);
  while (true) {
    BecomeTaker();
    for (const std::string& frame : std::exchange(for_collector_, {})) {
      Receive(frame);
    }
    // From then on nobody else takes any.
    if (!TakeUntilIdle()) break;
    taken_.store(false);
  }
  // It ends while the workers do.
  watch_->Stop();
  if (TakesTasks()) {
    EndQuietWorkers();
  } else {
    EndTerminatedWorkers();
  }
  watch_.reset();
  // The sender may be waiting for room that nobody makes any more.
  std::unique_lock lock(mutex_);
  collector_ended_ = true;
  backlog_.clear();
  changed_.notify_all();
  while (sender_runs_ && !sender_ended_) {
    lock.unlock();
    LazyDeadline briefly(absl::Milliseconds(1));
    StringSink sink(frame_);
    (void)channel_->tasks().Read(sink, briefly);
    lock.lock();
  }
  changed_.notify_all();
}

// Parks until called, or until it is time to look after the workers.
void Core::BecomeTaker() {
  std::unique_lock lock(parking_);
  // Before it looks, so that who submits sees it or it sees what is under way.
  parked_.store(true);
  while (true) {
    const bool is_time = next_look_.HasPassed();
    if ((is_time || is_called_.load() || under_way_.load() != 0) &&
        TryToTakeResults()) {
      break;
    }
    if (is_time) {
      // Who takes results may wait for one that never comes.
      worker_ended_.store(true);
      next_look_ = os::Deadline(watch_interval_);
      lock.unlock();
      Look();
      lock.lock();
      continue;
    }
    called_.wait_for(lock, absl::ToChronoNanoseconds(std::min(
                               next_look_.Remaining(), absl::Hours(1))));
  }
  parked_.store(false);
  is_called_.store(false);
}

// False: the pool is over.
bool Core::TakeUntilIdle() {
  while (!IsOver()) {
    const bool told = worker_ended_.load(std::memory_order_relaxed);
    bool got_one = TakeResult(absl::ZeroDuration());
    if (!got_one && !told && under_way_.load() != 0) {
      got_one = TakeResult(watch_interval_);
    }
    if (told) {
      worker_ended_.store(false);
      LookAfterWorkers();
    }
    // The clock is read for some of many results only.
    if ((!got_one || ++taken_since_look_ % 64 == 0) && next_look_.HasPassed()) {
      LookAfterWorkers();
      FillVacantPlaces();
      next_look_ = os::Deadline(watch_interval_);
      continue;
    }
    if (got_one || told || under_way_.load() != 0) continue;
    if (!channel_->results().AwaitMessageBriefly()) return true;
  }
  return false;
}

bool Core::IsOver() {
  if (!closing_.load()) return false;
  std::lock_guard lock(mutex_);
  switch (state_) {
    case State::kOpen:
      return false;
    case State::kClosed:
      return under_way_.load() == 0;
    case State::kTerminated:
      return true;
  }
  return true;
}

bool Core::TakeResult(absl::Duration timeout) {
  LazyDeadline deadline(timeout);
  StringSink sink(frame_);
  if (channel_->results().Read(sink, deadline) != Ring::Outcome::kDone) {
    return false;
  }
  Receive(frame_);
  return true;
}

absl::StatusOr<Value> Core::OutcomeIn(const Frame& frame) {
  absl::StatusOr<Value> value = Decode(frame.payload);
  if (frame.kind == FrameKind::kResult || !value.ok()) return value;
  absl::StatusOr<ErrorDetail> detail = ErrorDetailFrom(*value);
  return detail.ok() ? ErrorFrom(*detail) : detail.status();
}

void Core::Receive(const std::string& bytes) {
  Frame frame;
  if (!ParseFrame(bytes, frame)) return;
  switch (frame.kind) {
    case FrameKind::kResult:
    case FrameKind::kError: {
      Part part = TakePart(frame.id);
      if (part.job != nullptr) FinishPart(std::move(part), OutcomeIn(frame));
      return;
    }
    case FrameKind::kNoTasks: {
      const Part part = TakePart(frame.id);
      if (part.job == nullptr) return;
      part.job->FinishMap();
      under_way_.fetch_sub(1);
      return;
    }
    case FrameKind::kRetired:
      return Retire(static_cast<int>(frame.id));
    case FrameKind::kStartFailed: {
      absl::StatusOr<Value> value = Decode(frame.payload);
      absl::StatusOr<ErrorDetail> detail =
          value.ok() ? ErrorDetailFrom(*value) : value.status();
      return Break(absl::StrCat(
          "the initializer of a worker failed: ",
          detail.ok() ? absl::StrCat(detail->type, ": ", detail->message)
                      : detail.status().ToString()));
    }
    case FrameKind::kLook: {
      std::unique_lock lock(mutex_);
      if (broken_.empty()) return;
      const std::string why = broken_;
      lock.unlock();
      return Break(why);
    }
    case FrameKind::kTask:
    case FrameKind::kChunk:
    case FrameKind::kQuit:
      return;  // never on this ring
  }
}

Core::Part Core::TakePart(uint64_t id) {
  Shard& shard = ShardOf(id);
  std::lock_guard lock(shard.mutex);
  auto it = shard.parts.find(id);
  if (it == shard.parts.end()) return {};
  Part part = std::move(it->second);
  shard.parts.erase(it);
  return part;
}

void Core::PutBack(uint64_t id, Part part) {
  Shard& shard = ShardOf(id);
  std::lock_guard lock(shard.mutex);
  shard.parts.emplace(id, std::move(part));
}

void Core::FinishPart(Part part, absl::StatusOr<Value> result) {
  part.job->FinishPart(part.index, std::move(result));
  // Afterwards, so that a closed pool is not over before its last callback.
  under_way_.fetch_sub(1);
}

// It told that it ends by itself.
void Core::Retire(int place) {
  if (place < 0 || place >= channel_->places()) return;
  std::shared_ptr<Process> worker;
  {
    std::lock_guard lock(mutex_);
    worker = workers_[static_cast<size_t>(place)];
  }
  if (worker == nullptr) return;
  (void)worker->Join();
  WorkerDied(place, worker);
}

// Has the collector told of its end, if the system can.
void Core::Watch(Process& worker) {
  std::shared_ptr<const os::ChildEnd> end = EndOf(worker);
  if (end == nullptr) {
    worker_ended_.store(true);
    Look();
  } else {
    (void)watch_->Add(std::move(end));
  }
}

void Core::LookAfterWorkers() {
  for (int place = 0; place < channel_->places(); ++place) {
    std::shared_ptr<Process> worker;
    {
      std::lock_guard lock(mutex_);
      worker = workers_[static_cast<size_t>(place)];
    }
    if (worker == nullptr) continue;
    absl::StatusOr<bool> alive = worker->IsAlive();
    if (alive.ok() && !*alive) WorkerDied(place, worker);
  }
  // Submitted since, when the ring had no room for a word of it.
  std::string why;
  {
    std::lock_guard lock(mutex_);
    if (under_way_.load() != 0) why = broken_;
  }
  if (!why.empty()) Break(why);
}

void Core::WorkerDied(int place, const std::shared_ptr<Process>& worker) {
  // What it answered before, it has done.
  while (TakeResult(absl::ZeroDuration())) {
  }
  {
    std::lock_guard lock(mutex_);
    // A frame among those results may have told of the same end: then the place
    // is another worker's by now.
    if (workers_[static_cast<size_t>(place)] != worker) return;
    workers_[static_cast<size_t>(place)] = nullptr;
  }
  const uint64_t held =
      channel_->held(place).exchange(0, std::memory_order_acquire);
  const bool begun = held != PoolChannel::kNotBegun;
  // Nobody learns of tasks that Terminate interrupted.
  if (held != 0 && begun && TakesTasks()) {
    std::string why = "the worker that held the task died";
    absl::StatusOr<std::optional<int>> code = worker->ExitCode();
    if (code.ok() && code->has_value()) {
      absl::StrAppend(&why, " (exit code ", **code, ")");
    }
    Part part = TakePart(held);
    if (part.job != nullptr) {
      FinishPart(std::move(part), BrokenPoolError(why));
    }
  }
  if (begun) {
    FillPlace(place);
  } else {
    vacant_.push_back(place);
  }
}

void Core::FillVacantPlaces() {
  for (int place : std::exchange(vacant_, {})) FillPlace(place);
}

void Core::FillPlace(int place) {
  std::string failure;
  {
    std::lock_guard lock(mutex_);
    if (!broken_.empty() || state_ == State::kTerminated ||
        (state_ == State::kClosed && under_way_.load() == 0)) {
      return;
    }
    absl::StatusOr<std::shared_ptr<Process>> next = StartWorker(place);
    if (next.ok()) {
      Watch(**next);
      workers_[static_cast<size_t>(place)] = *std::move(next);
      return;
    }
    // The others go on; without any, nobody would ever answer.
    for (const auto& other : workers_) {
      if (other != nullptr) return;
    }
    failure =
        absl::StrCat("no worker could be started: ", next.status().message());
  }
  Break(failure);
}

// No worker can be had: fails what is not answered, now and from now on.
void Core::Break(std::string_view why) {
  {
    std::lock_guard lock(mutex_);
    if (broken_.empty()) broken_ = std::string(why);
    backlog_.clear();
  }
  std::map<uint64_t, Part> parts;  // in the order in which they were submitted
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (auto& [id, part] : shard.parts) parts.emplace(id, std::move(part));
    shard.parts.clear();
  }
  for (auto& [id, part] : parts) {
    FinishPart(std::move(part), BrokenPoolError(why));
  }
}

// Everything is answered.
void Core::EndQuietWorkers() {
  const std::vector<std::shared_ptr<Process>> workers = WorkersNow();
  for (const auto& worker : workers) {
    if (worker == nullptr) continue;
    channel_->tasks().Write(NewFrame(0, FrameKind::kQuit), kFrameTag);
  }
  for (const auto& worker : workers) {
    if (worker == nullptr) continue;
    while (true) {
      absl::StatusOr<bool> alive = worker->IsAlive();
      if (!alive.ok() || !*alive || !TakesTasks()) break;
      (void)worker->Join(watch_interval_);
    }
  }
  // Terminated meanwhile.
  if (!TakesTasks()) EndTerminatedWorkers();
}

void Core::EndTerminatedWorkers() {
  std::vector<std::shared_ptr<Process>> workers;
  {
    std::lock_guard lock(mutex_);
    std::swap(workers, workers_);
    workers_.resize(workers.size());
  }
  for (const auto& worker : workers) {
    if (worker != nullptr) (void)worker->Terminate();
  }
  const os::Deadline grace(kTerminateGrace);
  for (const auto& worker : workers) {
    if (worker == nullptr) continue;
    (void)worker->Join(grace.Remaining());
    absl::StatusOr<bool> alive = worker->IsAlive();
    if (!alive.ok() || !*alive) continue;
    (void)worker->Kill();
    (void)worker->Join();
  }
}

// ---------------------------------------------------------------------------

absl::Status Core::Close() {
  if (!IsOwn()) return MisuseError("a pool works in its creator only");
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::kOpen) state_ = State::kClosed;
    closing_.store(true);
  }
  Look();
  return absl::OkStatus();
}

absl::Status Core::Terminate() {
  if (!IsOwn()) return MisuseError("a pool works in its creator only");
  {
    std::lock_guard lock(mutex_);
    state_ = State::kTerminated;
    closing_.store(true);
    backlog_.clear();
    for (const auto& worker : workers_) {
      if (worker != nullptr) (void)worker->Terminate();
    }
    changed_.notify_all();
  }
  Look();
  return absl::OkStatus();
}

absl::Status Core::Join() {
  if (!IsOwn()) return MisuseError("a pool works in its creator only");
  if (collecting == this) {
    return MisuseError("a callback cannot join its own pool");
  }
  std::unique_lock lock(mutex_);
  if (state_ == State::kOpen) {
    return ValueError("a pool is joined after Close or Terminate");
  }
  changed_.wait(lock, [this] {
    return collector_ended_ && (!sender_runs_ || sender_ended_);
  });
  return absl::OkStatus();
}

class ReferencePool final : public Pool {
 public:
  explicit ReferencePool(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  ~ReferencePool() override {
    if (!core_->IsOwn()) {
      // A forked copy: its mutexes may be locked for ever, its threads are the
      // parent's.
      new std::shared_ptr<Core>(std::move(core_));
      return;
    }
    (void)core_->Terminate();
    (void)core_->Join();
  }

  absl::StatusOr<Value> Apply(std::string_view target,
                              Arguments arguments) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        auto job, core_->SubmitTask(target, std::move(arguments), {},
                                    Core::Caller::kWaits));
    return job->Take();
  }
  absl::StatusOr<std::shared_ptr<AsyncResult>> ApplyAsync(
      std::string_view target, Arguments arguments,
      PoolCallbacks callbacks) override {
    return core_->SubmitTask(target, std::move(arguments), std::move(callbacks),
                             Core::Caller::kGoesOn);
  }
  absl::StatusOr<List> Map(std::string_view target, List items,
                           std::optional<int> chunk_size) override {
    PROCSPEC_ASSIGN_OR_RETURN(
        auto job, core_->SubmitMap(target, std::move(items), chunk_size, {},
                                   Core::Caller::kWaits));
    PROCSPEC_ASSIGN_OR_RETURN(Value results, job->Take());
    List* list = results.get_if<List>();
    if (list == nullptr) return TypeError("the outcome of a map is no list");
    return std::move(*list);
  }
  absl::StatusOr<std::shared_ptr<AsyncResult>> MapAsync(
      std::string_view target, List items, std::optional<int> chunk_size,
      PoolCallbacks callbacks) override {
    return core_->SubmitMap(target, std::move(items), chunk_size,
                            std::move(callbacks), Core::Caller::kGoesOn);
  }
  absl::Status Close() override { return core_->Close(); }
  absl::Status Terminate() override { return core_->Terminate(); }
  absl::Status Join() override { return core_->Join(); }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

absl::Duration SetPoolWatchIntervalForTesting(absl::Duration interval) {
  return std::exchange(watch_interval, interval);
}

absl::StatusOr<std::shared_ptr<Pool>> NewPool(StartMethod method,
                                              std::shared_ptr<Backend> backend,
                                              PoolOptions options) {
  const int workers = options.workers.value_or(os::CpuCount());
  if (workers < 1 || workers > kMostWorkers) {
    return ValueError(absl::StrCat("a pool has 1 to ", kMostWorkers,
                                   " workers, not ", workers));
  }
  if (options.max_tasks_per_worker.has_value() &&
      *options.max_tasks_per_worker < 1) {
    return ValueError(absl::StrCat("a worker does at least one task, not ",
                                   *options.max_tasks_per_worker));
  }
  if (!options.initializer.empty()) {
    PROCSPEC_RETURN_IF_ERROR(CheckTarget(options.initializer));
  }
  PROCSPEC_ASSIGN_OR_RETURN(auto channel, PoolChannel::New(workers));
  auto core = std::make_shared<Core>(method, std::move(backend),
                                     std::move(options), std::move(channel));
  PROCSPEC_RETURN_IF_ERROR(core->Start());
  return std::make_shared<ReferencePool>(std::move(core));
}

}  // namespace procspec::reference
