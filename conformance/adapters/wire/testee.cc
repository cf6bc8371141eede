// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/testee.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "conformance/adapters/wire/backend.h"
#include "conformance/adapters/wire/log.h"
#include "conformance/adapters/wire/private_files.h"
#include "conformance/harness/probe.h"
#include "conformance/harness/timing.h"
#include "spec/process.h"
#include "spec/status_macros.h"
#include "spec/target.h"

namespace procspec::wire {
namespace {

using harness::Guard;
using harness::Observation;

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
// Clang does not deduce it before 17.
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// How often the main process is looked at: its own connection tells its end
// sooner, once there is one.
constexpr absl::Duration kLook = absl::Milliseconds(50);

// For processes that are about to end, in Observations.
constexpr int kEndingGrace = 10;

std::string Label(std::string_view role, std::string_view process) {
  return absl::StrCat(role, ":", process);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Testee>> Testee::Start(
    const WireBackendEntry& entry, Surroundings surroundings) {
  if (surroundings.directory.empty()) {
    return absl::FailedPreconditionError(
        "wire: only a case or a program can start a testee");
  }
  const std::string place =
      absl::StrCat(surroundings.directory, "/adapter-wire-", harness::OwnPid());
  PROCSPEC_RETURN_IF_ERROR(MakePrivateDirectory(place));
  PROCSPEC_ASSIGN_OR_RETURN(std::unique_ptr<Listener> listener,
                            Listener::Open(absl::StrCat(place, "/socket")));
  std::unique_ptr<Testee> testee(
      new Testee(entry, std::move(surroundings), std::move(listener)));
  PROCSPEC_RETURN_IF_ERROR(testee->StartMainProcess(place));
  testee->watcher_ = std::thread([raw = testee.get()] { raw->Watch(); });
  return testee;
}

Testee::Testee(const WireBackendEntry& entry, Surroundings surroundings,
               std::unique_ptr<Listener> listener)
    : entry_(entry),
      surroundings_(std::move(surroundings)),
      listener_(std::move(listener)),
      faults_(std::make_shared<FaultSink>(surroundings_.report_infra,
                                          [this] { GiveUp(); })) {}

absl::Status Testee::StartMainProcess(const std::string& place) {
  for (const WireScript& script : entry_.beside) {
    PROCSPEC_RETURN_IF_ERROR(WritePrivateFile(
        absl::StrCat(place, "/", script.name), script.content));
  }
  std::vector<std::string> command = entry_.command;
  for (std::string& argument : command) {
    if (argument != kScript) continue;
    argument = absl::StrCat(place, "/", entry_.script.name);
    PROCSPEC_RETURN_IF_ERROR(WritePrivateFile(argument, entry_.script.content));
  }
  command.push_back(listener_->path());
  PROCSPEC_ASSIGN_OR_RETURN(main_process_,
                            MainProcess::Start(command, entry_.environment));
  return absl::OkStatus();
}

Testee::~Testee() {
  faults_->Detach();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  listener_->Wake();
  if (watcher_.joinable()) watcher_.join();
  for (CallThread& call : calls_) call.thread.join();
}

absl::StatusOr<std::shared_ptr<Session>> Testee::Main() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(Guard()),
                      [this] { return given_up_ || main_ != nullptr; });
    if (given_up_) return GoneError("main");
    if (main_ != nullptr) return main_;
  }
  faults_->Report(absl::StrCat(
      "wire: started ", entry_.command[0], " (pid ", main_process_->pid(),
      "); no hello of a process and of main came at ", listener_->path(),
      " within ", absl::FormatDuration(Guard())));
  return GoneError("main");
}

// --- The end -----------------------------------------------------------------

std::optional<ProcessEnd> Testee::Finish(int status) {
  const absl::StatusOr<std::shared_ptr<Session>> main = Main();
  if (!main.ok()) return std::nullopt;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finishing_ = true;
  }
  const absl::Status asked = (*main)->Finish(status);
  if (KindOf(asked).has_value()) {
    faults_->Report(absl::StrCat("wire: sent finish to main, came ",
                                 asked.ToString(), "; expected null"));
  }
  std::unique_lock<std::mutex> lock(mutex_);
  const auto main_has_ended = [this] {
    return given_up_ || main_end_.has_value();
  };
  // However long: it waits for children, and the case has a guard.
  while (!changed_.wait_for(lock, absl::ToChronoNanoseconds(Guard() / 2),
                            main_has_ended)) {
    lock.unlock();
    if (!(*main)->GivesSignOfLife()) {
      faults_->Report(
          "wire: main was asked to finish; it has not ended, and does not "
          "answer a ping on its process connection");
    }
    lock.lock();
  }
  const auto all_have_ended = [this] {
    return given_up_ || (sessions_.empty() && calls_.empty());
  };
  if (surroundings_.front == nullptr) {
    changed_.wait_for(lock,
                      absl::ToChronoNanoseconds(kEndingGrace * Observation()),
                      all_have_ended);
  } else {
    // The program is over, and whoever started it ends what is left of it.
    changed_.wait(lock, all_have_ended);
  }
  if (given_up_) return std::nullopt;
  return main_end_;
}

std::vector<std::string> Testee::Leftovers() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> leftovers;
  for (const auto& [name, session] : sessions_) {
    leftovers.push_back(absl::StrCat(name, " (pid ", session->pid(), ")"));
  }
  return leftovers;
}

void Testee::GiveUp() {
  std::lock_guard<std::mutex> lock(mutex_);
  given_up_ = true;
  if (main_process_ != nullptr) main_process_->Kill();
  for (const auto& [name, session] : sessions_) session->ShutDown();
  changed_.notify_all();
  listener_->Wake();
}

bool Testee::EndIsExpected() {
  std::lock_guard<std::mutex> lock(mutex_);
  return finishing_ || given_up_;
}

void Testee::OnMainEnd(const ProcessEnd& end) {
  std::shared_ptr<Session> main;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    main = main_;
  }
  if (main == nullptr) {
    faults_->Report(
        absl::StrCat("wire: ", entry_.command[0],
                     " has ended before it said hello: ", end.ToString()));
  } else if (surroundings_.front != nullptr) {
    if (!faults_->reported()) surroundings_.front->Tell(end);
  } else if (!EndIsExpected() ||
             (end.signal.has_value() && !faults_->reported())) {
    std::fprintf(stderr,
                 "wire: the testee's main process has ended unasked: %s\n",
                 end.ToString().c_str());
    EndAs(end.signal.has_value() ? end : ProcessEnd{.signal = SIGABRT});
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    main_end_ = end;
    if (main != nullptr) {
      sessions_.erase(main->process());
      ended_.insert(main->process());
    }
    changed_.notify_all();
  }
  if (main != nullptr) main->OnEnd();
}

// --- The watching thread -----------------------------------------------------

void Testee::Watch() {
  while (true) {
    std::vector<std::shared_ptr<Session>> sessions;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) return;
      if (given_up_) newcomers_.clear();
      for (const auto& [name, session] : sessions_) sessions.push_back(session);
    }
    std::vector<std::list<Newcomer>::iterator> newcomers;
    std::vector<const Channel*> channels;
    for (auto it = newcomers_.begin(); it != newcomers_.end(); ++it) {
      newcomers.push_back(it);
      channels.push_back(it->channel.get());
    }
    for (const std::shared_ptr<Session>& session : sessions) {
      channels.push_back(session->control().get());
    }
    const bool has_front = surroundings_.front != nullptr && !front_has_ended_;
    if (has_front) channels.push_back(&surroundings_.front->channel());
    // In the order in which they connected: a process's own connection comes
    // before its others.
    for (const size_t i : listener_->Wait(channels, Patience(kLook))) {
      if (has_front && i == channels.size() - 1) {
        OnFrontEnd();
      } else if (i >= newcomers.size()) {
        ReadControl(sessions[i - newcomers.size()]);
      } else if (!Read(*newcomers[i])) {
        newcomers_.erase(newcomers[i]);
      }
    }
    TakeInConnections();
    CheckMain();
    JoinCallsThatAreOver();
  }
}

void Testee::TakeInConnections() {
  while (std::shared_ptr<Channel> channel = listener_->Accept()) {
    channel->set_label("newcomer");
    newcomers_.push_back({std::move(channel), Patience(Guard())});
  }
  for (const Newcomer& newcomer : newcomers_) {
    if (newcomer.patience.Left() > absl::ZeroDuration()) continue;
    faults_->Report(
        absl::StrCat("wire: a connection came, and no hello on it within ",
                     absl::FormatDuration(Guard())));
  }
}

bool Testee::Read(Newcomer& newcomer) {
  std::string line;
  const Channel::Outcome outcome =
      newcomer.channel->Read(line, Patience(absl::ZeroDuration()));
  if (outcome == Channel::Outcome::kLate) return true;
  // Whoever dies before the hello may do so.
  if (outcome == Channel::Outcome::kEnd) return false;
  absl::StatusOr<Hello> hello = Violation("a line that is too long");
  if (outcome == Channel::Outcome::kOk) {
    LogLine(Direction::kReceived, newcomer.channel->label(), line);
    const absl::StatusOr<Json> json = ParseLine(line);
    hello = json.ok() ? HelloFrom(*json) : json.status();
  }
  if (hello.ok()) {
    Greet(*hello, newcomer.channel);
  } else {
    faults_->Report(absl::StrCat("expected a hello, came ", Excerpt(line), ": ",
                                 hello.status().message()));
  }
  return false;
}

void Testee::Greet(const Hello& hello, std::shared_ptr<Channel> channel) {
  if (const auto* process = std::get_if<ProcessHello>(&hello.role)) {
    GreetProcess(hello, *process, std::move(channel));
    return;
  }
  std::shared_ptr<Session> session;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (given_up_ || ended_.contains(hello.process)) return;
    const auto it = sessions_.find(hello.process);
    if (it != sessions_.end()) session = it->second;
  }
  if (session == nullptr) {
    faults_->Report(absl::StrCat("wire: a hello of process '", hello.process,
                                 "' came, which has no process connection"));
    return;
  }
  std::visit(Overloaded{
                 [](const ProcessHello&) {},
                 [&](const MainHello&) {
                   channel->set_label(Label("main", hello.process));
                   session->BindMain(surroundings_.main_thread,
                                     std::move(channel));
                   std::unique_lock<std::mutex> lock(mutex_);
                   if (main_ != nullptr) {
                     lock.unlock();
                     faults_->Report("wire: a second hello of main came");
                     return;
                   }
                   main_ = session;
                   changed_.notify_all();
                 },
                 [&](const LaneHello& lane) {
                   channel->set_label(
                       Label(absl::StrCat("lane", lane.lane), hello.process));
                   session->OnLane(lane.lane, std::move(channel));
                 },
                 [&](const Call& call) {
                   channel->set_label(Label("call", hello.process));
                   StartCall(session, std::move(channel), call);
                 },
             },
             hello.role);
}

void Testee::GreetProcess(const Hello& hello, const ProcessHello& process,
                          std::shared_ptr<Channel> channel) {
  channel->set_label(Label("process", hello.process));
  bool is_new = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (given_up_) return;
    if (!ended_.contains(hello.process)) {
      is_new = sessions_
                   .emplace(hello.process, std::make_shared<Session>(
                                               hello.process, process.pid,
                                               std::move(channel), faults_))
                   .second;
    }
  }
  if (!is_new) {
    faults_->Report(
        absl::StrCat("wire: a second process is called '", hello.process, "'"));
  }
}

void Testee::ReadControl(const std::shared_ptr<Session>& session) {
  std::string line;
  while (true) {
    switch (session->control()->Read(line, Patience(absl::ZeroDuration()))) {
      case Channel::Outcome::kOk:
        session->OnControlLine(line);
        break;
      case Channel::Outcome::kLate:
        return;
      case Channel::Outcome::kEnd:
        OnSessionEnd(session);
        return;
      case Channel::Outcome::kTooLong:
        faults_->Report(absl::StrCat("wire: on ", session->control()->label(),
                                     " came a line that is too long"));
        return;
    }
  }
}

void Testee::OnSessionEnd(const std::shared_ptr<Session>& session) {
  bool is_main;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_main = session == main_;
  }
  if (is_main) {
    // How it has ended is known a little later.
    const Patience patience(Guard() / 2);
    while (patience.Left() > absl::ZeroDuration()) {
      CheckMain();
      if (session->gone()) return;
      absl::SleepFor(absl::Microseconds(200));
    }
    faults_->Report(
        "wire: main has closed its process connection, and has not ended");
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    sessions_.erase(session->process());
    ended_.insert(session->process());
    changed_.notify_all();
  }
  session->OnEnd();
}

// A program that is killed: that is its main process, and nothing else.
void Testee::OnFrontEnd() {
  front_has_ended_ = true;
  std::lock_guard<std::mutex> lock(mutex_);
  if (!main_end_.has_value()) main_process_->Kill();
}

void Testee::CheckMain() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (main_end_.has_value()) return;
  }
  if (const std::optional<ProcessEnd> end = main_process_->Poll()) {
    OnMainEnd(*end);
  }
}

// --- Calls -------------------------------------------------------------------

void Testee::StartCall(std::shared_ptr<Session> session,
                       std::shared_ptr<Channel> channel, Call call) {
  std::lock_guard<std::mutex> lock(mutex_);
  CallThread& started = calls_.emplace_back();
  started.thread = std::thread([this, &started, session = std::move(session),
                                channel = std::move(channel),
                                call = std::move(call)]() mutable {
    RunCall(std::move(session), std::move(channel), std::move(call));
    {
      std::lock_guard<std::mutex> over_lock(mutex_);
      started.over = true;
    }
    listener_->Wake();
  });
}

void Testee::JoinCallsThatAreOver() {
  std::list<CallThread> over;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = calls_.begin(); it != calls_.end();) {
      const auto next = std::next(it);
      if (it->over) over.splice(over.end(), calls_, it);
      it = next;
    }
  }
  if (over.empty()) return;
  for (CallThread& call : over) call.thread.join();
  changed_.notify_all();
}

void Testee::RunCall(std::shared_ptr<Session> session,
                     std::shared_ptr<Channel> channel, Call call) {
  const std::thread::id self = std::this_thread::get_id();
  session->Bind(self, channel);
  bool is_main;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_main = session == main_;
  }
  absl::StatusOr<Value> result;
  {
    harness::ScopedActorHost host(is_main && surroundings_.main_host != nullptr
                                      ? surroundings_.main_host.get()
                                      : session.get());
    result = Perform(session, std::move(call));
  }
  if (!session->gone() && !faults_->reported()) {
    Json end;
    if (result.ok()) {
      absl::StatusOr<Json> value = ToJson(*result, *session);
      if (value.ok()) {
        end = {{"end", "return"}};
        end["value"] = *std::move(value);
      } else {
        result = value.status();
      }
    }
    if (const std::optional<int> code = ExitCodeOf(result.status())) {
      end = {{"end", "exit"}, {"code", *code}};
    } else if (!result.ok()) {
      end = {{"end", "raise"}};
      end["error"] = ErrorToJson(result.status());
    }
    const absl::Status told = session->Tell(*channel, end);
    if (KindOf(told).has_value()) {  // it cannot travel
      end = {{"end", "raise"}};
      end["error"] = ErrorToJson(told);
      (void)session->Tell(*channel, end);
    }
  }
  session->Unbind(self);
}

absl::StatusOr<Value> Testee::Perform(const std::shared_ptr<Session>& session,
                                      Call call) {
  SessionBackend backend(entry_.name, entry_.capabilities, session);
  const auto blame = [this](const absl::Status& status) {
    if (IsViolation(status)) {
      faults_->Report(
          absl::StrCat("in the hello of a call came ", status.message()));
    }
    return status;
  };
  return std::visit(
      Overloaded{
          [&](const TargetCall& target) -> absl::StatusOr<Value> {
            const absl::StatusOr<Arguments> arguments =
                ArgumentsFrom(target.args, target.kwargs, *session);
            if (!arguments.ok()) return blame(arguments.status());
            return CallTarget(backend, target.name, *arguments);
          },
          [&](const TypeCall& type) -> absl::StatusOr<Value> {
            const absl::StatusOr<std::shared_ptr<Remote>> remote =
                session->ReceiveRemote(type.self);
            if (!remote.ok()) return blame(remote.status());
            const auto self = std::dynamic_pointer_cast<Process>(*remote);
            if (self == nullptr) return blame(Violation("no Process"));
            return CallProcessType(backend, type.name, *self);
          },
          [&](CallbackCall& callback) -> absl::StatusOr<Value> {
            const absl::Status status = PerformCallback(*session, callback);
            if (!status.ok()) return blame(status);
            return Value();
          },
          [&](const ProgramCall&) -> absl::StatusOr<Value> {
            if (surroundings_.program == nullptr) {
              return blame(Violation("a program where none is unguarded"));
            }
            return surroundings_.program(backend);
          },
      },
      call);
}

absl::Status Testee::PerformCallback(Session& session, CallbackCall& call) {
  const std::optional<PoolCallbacks> callbacks =
      session.TakeCallbacks(call.token);
  if (!callbacks.has_value()) {
    return Violation(absl::StrCat("the token ", call.token,
                                  ", which is unknown or was called before"));
  }
  if (const auto* error = std::get_if<absl::Status>(&call.outcome)) {
    if (callbacks->error_callback == nullptr) {
      return Violation("an error for a callback that takes a value");
    }
    callbacks->error_callback(*error);
    return absl::OkStatus();
  }
  if (callbacks->callback == nullptr) {
    return Violation("a value for a callback that takes an error");
  }
  PROCSPEC_ASSIGN_OR_RETURN(const Value value,
                            ValueFrom(std::get<Json>(call.outcome), session));
  callbacks->callback(value);
  return absl::OkStatus();
}

}  // namespace procspec::wire
