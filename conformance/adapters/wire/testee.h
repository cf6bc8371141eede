// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_H_
#define PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "conformance/adapters/wire/entry.h"
#include "conformance/adapters/wire/fault.h"
#include "conformance/adapters/wire/main_process.h"
#include "conformance/adapters/wire/message.h"
#include "conformance/adapters/wire/program_front.h"
#include "conformance/adapters/wire/session.h"
#include "conformance/adapters/wire/socket.h"
#include "conformance/harness/actor_host.h"
#include "spec/backend.h"

namespace procspec::wire {

// Where a testee is judged.
struct Surroundings {
  std::string directory;  // for a directory of the testee's own
  // Of a program, whose end the main process's is; null in a case.
  std::shared_ptr<ProgramFront> front;
  // Of an unguarded program; null otherwise.
  std::function<absl::StatusOr<Value>(Backend& backend)> program;
  // Its requests go over the main connection.
  std::thread::id main_thread = std::this_thread::get_id();
  // Of actors in the main process.
  std::shared_ptr<harness::ActorHost> main_host;
  // Told the first fault.
  std::function<void(std::string_view hint)> report_infra;
};

// A running testee: its main process, the sessions of all its processes, and
// the calls that they ask for, each on a thread of its own.
//
// Has a thread that takes in connections and watches for ends. When the main
// process dies without having been asked to, in a case this process dies as it
// did, which is a CRASH; in a program it is the program's own end.
class Testee {
 public:
  // Starts it. It says hello later. `entry` must outlive it.
  static absl::StatusOr<std::unique_ptr<Testee>> Start(
      const WireBackendEntry& entry, Surroundings surroundings);

  // Waits for all calls: of one that was finished and has no leftovers.
  ~Testee();
  Testee(const Testee&) = delete;
  Testee& operator=(const Testee&) = delete;

  // The main process, once it has said hello. Without one in time, and once a
  // fault was reported: an error without a kind.
  absl::StatusOr<std::shared_ptr<Session>> Main();

  // Asks the main process to end as a program does that exits with this status,
  // and waits for its end and for that of all the others: in a case for a
  // while, in a program until they end. nullopt: there is no end to tell of,
  // because of a fault.
  std::optional<ProcessEnd> Finish(int status);

  // The processes that live, for people: after Finish those that have not ended
  // in a while after the main process did.
  std::vector<std::string> Leftovers();

 private:
  // A connection whose hello has not come yet.
  struct Newcomer {
    std::shared_ptr<Channel> channel;
    Patience patience;
  };
  // A thread that runs a call.
  struct CallThread {
    std::thread thread;
    bool over = false;  // with the lock
  };

  Testee(const WireBackendEntry& entry, Surroundings surroundings,
         std::unique_ptr<Listener> listener);

  // `place`: a directory of its own.
  absl::Status StartMainProcess(const std::string& place);

  // The watching thread.
  void Watch();
  void TakeInConnections();
  // False: it is no newcomer any more.
  bool Read(Newcomer& newcomer);
  void Greet(const Hello& hello, std::shared_ptr<Channel> channel);
  void GreetProcess(const Hello& hello, const ProcessHello& process,
                    std::shared_ptr<Channel> channel);
  void StartCall(std::shared_ptr<Session> session,
                 std::shared_ptr<Channel> channel, Call call);
  void ReadControl(const std::shared_ptr<Session>& session);
  void OnSessionEnd(const std::shared_ptr<Session>& session);
  void CheckMain();
  void OnFrontEnd();
  void OnMainEnd(const ProcessEnd& end);
  void JoinCallsThatAreOver();

  // A call's own thread.
  void RunCall(std::shared_ptr<Session> session,
               std::shared_ptr<Channel> channel, Call call);
  absl::StatusOr<Value> Perform(const std::shared_ptr<Session>& session,
                                Call call);
  absl::Status PerformCallback(Session& session, CallbackCall& call);

  // After a fault: ends everything.
  void GiveUp();

  // Whether Finish has been called, or a fault was reported.
  bool EndIsExpected();

  const WireBackendEntry& entry_;
  const Surroundings surroundings_;
  const std::unique_ptr<Listener> listener_;
  const std::shared_ptr<FaultSink> faults_;
  std::unique_ptr<MainProcess> main_process_;

  // The watching thread's alone.
  std::list<Newcomer> newcomers_;
  bool front_has_ended_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool given_up_ = false;
  bool finishing_ = false;
  std::shared_ptr<Session> main_;
  std::optional<ProcessEnd> main_end_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;  // that live
  std::set<std::string> ended_;  // whose hello may still be on its way
  std::list<CallThread> calls_;

  std::thread watcher_;
};

}  // namespace procspec::wire

#endif  // PROCSPEC_CONFORMANCE_ADAPTERS_WIRE_TESTEE_H_
