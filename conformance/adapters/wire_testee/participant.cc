// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire_testee/participant.h"

#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "conformance/adapters/wire_testee/operations.h"
#include "spec/error.h"

namespace procspec::wire_testee {
namespace {

struct ThisProcess {
  std::mutex mutex;
  std::string judge;
  // Not deleted in a forked child: what it holds is not the child's to release.
  Participant* participant = nullptr;
};

// Never destroyed: exit handlers call the judge.
ThisProcess& This() {
  static auto& process = *new ThisProcess;
  return process;
}

// A pid may come again within a run.
std::string NewId() {
  std::random_device random;
  return absl::StrCat(getpid(), "-", absl::Hex(random(), absl::kZeroPad8),
                      absl::Hex(random(), absl::kZeroPad8));
}

bool IsText(const Json& message, const char* field, const char* text) {
  return message.value(field, Json()) == text;
}

absl::Status Unexpected(const Json& message) {
  return wire::Violation(
      absl::StrCat("not expected here: ", message.dump().substr(0, 200)));
}

}  // namespace

void Participant::Begin(const std::string& judge) {
  This().judge = judge;
  // Before those of this file: they run in reverse order before a fork, and a
  // participant is made, with its socket, under the mutex of this file.
  Socket::PrepareForForks();
  pthread_atfork([] { This().mutex.lock(); }, [] { This().mutex.unlock(); },
                 [] {
                   This().participant = nullptr;
                   This().mutex.unlock();
                 });
}

Participant& Participant::Current(Backend& backend) {
  ThisProcess& process = This();
  std::lock_guard lock(process.mutex);
  if (process.participant == nullptr) {
    process.participant = new Participant(backend);
  }
  return *process.participant;
}

Participant::Participant(Backend& backend) : backend_(backend), id_(NewId()) {
  Link link = Open({{"hello", "process"}, {"pid", getpid()}});
  std::thread([this, process_link = std::move(link)]() mutable {
    AnswerForTheProcess(std::move(process_link));
  }).detach();
}

Link Participant::Open(Json hello) {
  absl::StatusOr<std::unique_ptr<Socket>> socket =
      Socket::Connect(This().judge);
  if (!socket.ok()) Refuse(socket.status());
  hello["version"] = wire::kVersion;
  hello["process"] = id_;
  Link link(*std::move(socket));
  const absl::StatusOr<std::string> line = wire::FormatLine(hello);
  if (!line.ok()) Refuse(line.status());
  if (!link.Send(*line)) Vanish();
  return link;
}

void Participant::AnswerForTheProcess(Link link) {
  while (const std::optional<Json> request = link.Receive()) {
    if (IsText(*request, "op", "lane")) {
      std::thread([this, lane = request->value("lane", Json())] {
        Link lane_link = Open({{"hello", "lane"}, {"lane", lane}});
        // The judge closes it when it has no more use for it.
        const std::optional<Json> end = Serve(lane_link, backend_);
        if (end.has_value()) Refuse(Unexpected(*end));
      }).detach();
    } else if (!IsText(*request, "op", "ping")) {
      Refuse(Unexpected(*request));
    }
    const Json answer = {{"id", request->value("id", Json())}, {"ok", nullptr}};
    if (!link.Send(answer.dump() + "\n")) break;
  }
  Vanish();
}

std::optional<Json> Participant::Serve(Link& link, Backend& backend) {
  while (std::optional<Json> message = link.Receive()) {
    if (message->contains("end")) return message;
    if (!link.Send(Answer(*message, backend, *this))) break;
    if (IsText(*message, "op", "finish")) return message;
  }
  return std::nullopt;
}

absl::StatusOr<Value> Participant::Call(Json hello, Backend& backend) {
  hello["hello"] = "call";
  Link link = Open(std::move(hello));
  const std::optional<Json> end = Serve(link, backend);
  if (!end.has_value()) Vanish();
  if (IsText(*end, "end", "return")) {
    return wire::ValueFrom(end->value("value", Json()), objects_);
  }
  if (IsText(*end, "end", "exit")) {
    const absl::StatusOr<int64_t> code =
        wire::IntegerFrom(end->value("code", Json()));
    if (!code.ok()) Refuse(code.status());
    return ExitRequest(static_cast<int>(*code));
  }
  if (IsText(*end, "end", "raise")) {
    absl::Status error;
    const absl::Status read =
        wire::ErrorFrom(end->value("error", Json()), error);
    if (!read.ok()) Refuse(read);
    return error;
  }
  Refuse(Unexpected(*end));
}

int Participant::ServeMain(Backend& backend) {
  Link link = Open({{"hello", "main"}});
  const std::optional<Json> end = Serve(link, backend);
  if (!end.has_value()) Vanish();
  if (!IsText(*end, "op", "finish")) Refuse(Unexpected(*end));
  const absl::StatusOr<int64_t> status =
      wire::IntegerFrom(end->value("status", Json()));
  if (!status.ok()) Refuse(status.status());
  return static_cast<int>(*status);
}

}  // namespace procspec::wire_testee
