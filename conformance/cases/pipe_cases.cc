// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

// Cases of spec/clauses/pipe.md.

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "conformance/harness/case.h"
#include "conformance/harness/probe.h"
#include "spec/connection.h"

namespace procspec::harness {
namespace {

constexpr size_t kLarge = 16 << 20;

// Bytes without a pattern that a wrong copy could repeat.
std::string Noise(uint64_t seed, size_t size) {
  std::mt19937_64 random(seed);
  std::string bytes;
  bytes.reserve(size + sizeof(uint64_t));
  while (bytes.size() < size) {
    const uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  bytes.resize(size);
  return bytes;
}

// --- Targets -----------------------------------------------------------------

absl::StatusOr<Value> AsValue(const absl::Status& status) {
  PROCSPEC_RETURN_IF_ERROR(status);
  return Value();
}

template <typename T>
absl::StatusOr<Value> AsValue(const absl::StatusOr<T>& result) {
  PROCSPEC_RETURN_IF_ERROR(result.status());
  return Value(*result);
}

absl::StatusOr<Value> Perform(Connection& end, std::string_view verb,
                              const Value& argument) {
  if (verb == "send") return AsValue(end.Send(argument));
  if (verb == "send-noise" || verb == "send-noise-as-bytes") {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t seed, argument.As<int64_t>());
    std::string noise = Noise(static_cast<uint64_t>(seed), kLarge);
    if (verb == "send-noise") return AsValue(end.Send(Bytes{noise}));
    return AsValue(end.SendBytes(noise));
  }
  if (verb == "recv") return end.Recv();
  if (verb == "recv-bytes") return AsValue(end.RecvBytes());
  if (verb == "recv-bytes-into") {
    std::vector<char> buffer(100);
    return AsValue(end.RecvBytesInto(absl::MakeSpan(buffer)));
  }
  if (verb == "poll-for-long") return AsValue(end.Poll(3 * Guard()));
  if (verb == "poll-for-ever") {
    return AsValue(end.Poll(absl::InfiniteDuration()));
  }
  if (verb == "close") return AsValue(end.Close());
  return ValueError(absl::StrCat("no verb '", verb, "'"));
}

absl::Status CloseAll(const List& ends) {
  for (const Value& value : ends) {
    PROCSPEC_ASSIGN_OR_RETURN(auto end, value.HandleAs<Connection>());
    PROCSPEC_RETURN_IF_ERROR(end->Close());
  }
  return absl::OkStatus();
}

// [address, name, end, others]: closes its copies of the other ends, and does
// with its own what the case asks for, one request [verb, argument] after
// another: says the verb when it is about to, and then what came of it.
PROCSPEC_TARGET(PipePuppet) {
  PROCSPEC_ASSIGN_OR_RETURN(const auto name, arguments.Get<std::string>(1));
  Actor actor(arguments.Get<std::string>(0), name);
  PROCSPEC_ASSIGN_OR_RETURN(auto end, arguments.Get<Connection>(2));
  PROCSPEC_ASSIGN_OR_RETURN(const List others, arguments.Get<List>(3));
  PROCSPEC_RETURN_IF_ERROR(CloseAll(others));
  while (true) {
    PROCSPEC_ASSIGN_OR_RETURN(const Value cue, actor.Await());
    PROCSPEC_ASSIGN_OR_RETURN(const List request, cue.As<List>());
    if (request.size() != 2) return TypeError("not a request");
    PROCSPEC_ASSIGN_OR_RETURN(const auto verb, request[0].As<std::string>());
    PROCSPEC_RETURN_IF_ERROR(actor.Say(verb));
    if (verb == "end") return Value();
    PROCSPEC_RETURN_IF_ERROR(actor.Say(Perform(*end, verb, request[1])));
  }
}

// [address, end, [other]]: answers each pair of numbers by their sum, and says
// what ended that.
PROCSPEC_TARGET(PipeServe) {
  Actor actor(arguments.Get<std::string>(0), "server");
  PROCSPEC_ASSIGN_OR_RETURN(auto end, arguments.Get<Connection>(1));
  PROCSPEC_ASSIGN_OR_RETURN(const List others, arguments.Get<List>(2));
  PROCSPEC_RETURN_IF_ERROR(CloseAll(others));
  while (true) {
    const absl::StatusOr<Value> request = end->Recv();
    if (!request.ok()) return AsValue(actor.Say(request));
    PROCSPEC_ASSIGN_OR_RETURN(const List pair, request->As<List>());
    if (pair.size() != 2) return TypeError("not a pair");
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t a, pair[0].As<int64_t>());
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t b, pair[1].As<int64_t>());
    PROCSPEC_RETURN_IF_ERROR(end->Send(a + b));
  }
}

// --- Fixture -----------------------------------------------------------------

class PipeCase : public Case {
 protected:
  absl::StatusOr<std::shared_ptr<Process>> StartDaemon(std::string_view target,
                                                       List args) {
    ProcessOptions options;
    options.target = std::string(target);
    options.arguments.args = std::move(args);
    options.daemon = true;
    PROCSPEC_ASSIGN_OR_RETURN(auto process,
                              backend().NewProcess(std::move(options)));
    PROCSPEC_RETURN_IF_ERROR(process->Start());
    return process;
  }

  // Starts a process for requests to `end`, which first closes what it has
  // inherited of the others. Daemonic, so that one that waits for ever in a
  // case that has failed ends with the case.
  absl::StatusOr<std::shared_ptr<Process>> StartPuppet(
      std::string_view name, std::shared_ptr<Connection> end,
      List others = {}) {
    return StartDaemon("PipePuppet",
                       {stage().address(), name, end, std::move(others)});
  }

  // Has the puppet begin, and returns when it is about to. What comes of it is
  // what it says next.
  absl::Status Begin(std::string_view name, std::string_view verb,
                     const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(stage().Cue(name, List{verb, argument}));
    PROCSPEC_ASSIGN_OR_RETURN(const Value said, stage().Expect(name));
    if (said != Value(verb)) {
      return absl::InternalError(
          absl::StrCat(name, " said ", DebugString(said)));
    }
    return absl::OkStatus();
  }

  // The same, and what came of it.
  absl::StatusOr<Value> Do(std::string_view name, std::string_view verb,
                           const Value& argument = Value()) {
    PROCSPEC_RETURN_IF_ERROR(Begin(name, verb, argument));
    return stage().Expect(name);
  }

  // That a message comes through: the control of a case whose other checks an
  // object that does nothing could pass.
  void CheckTransfer(const ConnectionPair& pipe) {
    ASSERT_OK(pipe.second->SendBytes("control"));
    ASSERT_THAT(pipe.first->RecvBytes(), IsOkAndHolds("control"));
  }
};

}  // namespace

// --- Ends and directions -----------------------------------------------------

PROCSPEC_CASE("pipe.duplex.default.both-ways") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->Send("from the first"));
  EXPECT_THAT(pipe.second->Recv(), IsOkAndHolds("from the first"));
  ASSERT_OK(pipe.second->Send("from the second"));
  EXPECT_THAT(pipe.first->Recv(), IsOkAndHolds("from the second"));
}

PROCSPEC_CASE_F(PipeCase, "pipe.duplex.default.flags") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  EXPECT_TRUE(pipe.first->readable());
  EXPECT_TRUE(pipe.first->writable());
  EXPECT_TRUE(pipe.second->readable());
  EXPECT_TRUE(pipe.second->writable());
  CheckTransfer(pipe);
}

PROCSPEC_CASE("pipe.simplex.roles.transfer") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(false));
  ASSERT_OK(pipe.second->Send("message"));
  EXPECT_THAT(pipe.first->Recv(), IsOkAndHolds("message"));
}

PROCSPEC_CASE("pipe.simplex.roles.flags") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(false));
  EXPECT_TRUE(pipe.first->readable());
  EXPECT_FALSE(pipe.first->writable());
  EXPECT_FALSE(pipe.second->readable());
  EXPECT_TRUE(pipe.second->writable());
}

PROCSPEC_CASE("pipe.simplex.wrong-direction.send") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(false));
  EXPECT_THAT(pipe.first->Send("message"), Raises(ErrorKind::kWrongDirection));
  EXPECT_THAT(pipe.first->SendBytes("message"),
              Raises(ErrorKind::kWrongDirection));
}

PROCSPEC_CASE("pipe.simplex.wrong-direction.receive") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(false));
  std::vector<char> buffer(10);
  EXPECT_THAT(pipe.second->Recv(), Raises(ErrorKind::kWrongDirection));
  EXPECT_THAT(pipe.second->RecvBytes(), Raises(ErrorKind::kWrongDirection));
  EXPECT_THAT(pipe.second->RecvBytesInto(absl::MakeSpan(buffer)),
              Raises(ErrorKind::kWrongDirection));
  EXPECT_THAT(pipe.second->Poll(), Raises(ErrorKind::kWrongDirection));
}

PROCSPEC_CASE("pipe.simplex.wrong-direction.harmless") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(false));
  std::vector<char> buffer(10);
  // Whether these are refused is another clause.
  (void)pipe.first->Send("refused");
  (void)pipe.first->SendBytes("refused");
  (void)pipe.second->Recv();
  (void)pipe.second->RecvBytes();
  (void)pipe.second->RecvBytesInto(absl::MakeSpan(buffer));
  (void)pipe.second->Poll();
  ASSERT_OK(pipe.second->SendBytes("message"));
  EXPECT_THAT(pipe.first->RecvBytes(), IsOkAndHolds("message"));
}

// --- Values ------------------------------------------------------------------

PROCSPEC_CASE("pipe.send-recv.object.equal") {
  const std::vector<Value> values = {
      Value(),
      true,
      false,
      0,
      -1,
      std::numeric_limits<int64_t>::min(),
      std::numeric_limits<int64_t>::max(),
      0.0,
      1.5,
      -1e300,
      "",
      "text, d\u00e9j\u00e0 vu",
      Bytes{},
      Bytes{std::string("\x00\xff\x80 bytes", 9)},
      List{},
      List{1, 1.0, "1", Bytes{"1"}, true, Value()},
      Dict{},
      Dict{{"", List{List{}, Dict{}}}, {"key", Dict{{"inner", -2.5}}}},
  };
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  for (const Value& value : values) {
    ASSERT_OK(pipe.first->Send(value));
    EXPECT_THAT(pipe.second->Recv(), IsOkAndHolds(value));
  }
}

PROCSPEC_CASE("pipe.send-recv.object.order") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  for (int i = 0; i < 50; ++i) ASSERT_OK(pipe.first->Send(i));
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(pipe.second->Recv(), IsOkAndHolds(i));
  }
}

PROCSPEC_CASE("pipe.send.copy-semantics") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  Value value = List{"as it was"};
  ASSERT_OK(pipe.first->Send(value));
  value.get_if<List>()->push_back("added later");
  EXPECT_THAT(pipe.second->Recv(), IsOkAndHolds(Value(List{"as it was"})));
}

PROCSPEC_CASE_F(PipeCase, "pipe.recv.blocks", "", {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("receiver", pipe.second));
  ASSERT_OK(Begin("receiver", "recv"));
  EXPECT_TRUE(stage().IsSilent("receiver", Observation()));

  ASSERT_OK(pipe.first->Send("message"));
  EXPECT_THAT(stage().Expect("receiver"), IsOkAndHolds("message"));
}

PROCSPEC_CASE_F(PipeCase, "pipe.between-processes") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->Send(List{0, 10}));
  ASSERT_OK(StartDaemon("PipeServe",
                        {stage().address(), pipe.second, List{pipe.first}}));
  EXPECT_THAT(pipe.first->Recv(), IsOkAndHolds(10));
  for (int i = 1; i < 5; ++i) {
    ASSERT_OK(pipe.first->Send(List{i, 10}));
    EXPECT_THAT(pipe.first->Recv(), IsOkAndHolds(i + 10));
  }
  ASSERT_OK(pipe.first->Close());
  EXPECT_THAT(stage().Expect("server"), Raises(ErrorKind::kEndOfFile));
}

// --- The end of the other side -----------------------------------------------

PROCSPEC_CASE("pipe.recv.eof") {
  std::vector<char> buffer(10);
  for (const bool duplex : {true, false}) {
    // A pipe for each: what a second receive does is another clause.
    std::vector<ConnectionPair> pipes;
    for (int i = 0; i < 3; ++i) {
      ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
      ASSERT_OK(pipe.second->Close());
      pipes.push_back(pipe);
    }
    EXPECT_THAT(pipes[0].first->Recv(), Raises(ErrorKind::kEndOfFile));
    EXPECT_THAT(pipes[1].first->RecvBytes(), Raises(ErrorKind::kEndOfFile));
    EXPECT_THAT(pipes[2].first->RecvBytesInto(absl::MakeSpan(buffer)),
                Raises(ErrorKind::kEndOfFile));
  }
}

PROCSPEC_CASE_F(PipeCase, "pipe.recv.eof", "waiting", {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("receiver", pipe.first, {pipe.second}));
  ASSERT_OK(Begin("receiver", "recv"));
  (void)stage().IsSilent("receiver", Observation());
  ASSERT_OK(pipe.second->Close());
  EXPECT_THAT(stage().Expect("receiver"), Raises(ErrorKind::kEndOfFile));
}

PROCSPEC_CASE_F(PipeCase, "pipe.recv.eof-repeated") {
  std::vector<char> buffer(10);
  for (const bool duplex : {true, false}) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
    CheckTransfer(pipe);
    ASSERT_OK(pipe.second->Close());
    EXPECT_THAT(pipe.first->Recv(), Raises(ErrorKind::kEndOfFile));
    EXPECT_THAT(pipe.first->Recv(), Raises(ErrorKind::kEndOfFile));
    EXPECT_THAT(pipe.first->RecvBytes(), Raises(ErrorKind::kEndOfFile));
    EXPECT_THAT(pipe.first->RecvBytesInto(absl::MakeSpan(buffer)),
                Raises(ErrorKind::kEndOfFile));
    EXPECT_THAT(pipe.first->Recv(), Raises(ErrorKind::kEndOfFile));
  }
}

PROCSPEC_CASE("pipe.recv.data-before-eof") {
  for (const bool duplex : {true, false}) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
    ASSERT_OK(pipe.second->SendBytes("first"));
    ASSERT_OK(pipe.second->SendBytes("second"));
    ASSERT_OK(pipe.second->Close());
    EXPECT_THAT(pipe.first->RecvBytes(), IsOkAndHolds("first"));
    EXPECT_THAT(pipe.first->RecvBytes(), IsOkAndHolds("second"));
    EXPECT_THAT(pipe.first->RecvBytes(), Raises(ErrorKind::kEndOfFile));
  }
}

PROCSPEC_CASE_F(PipeCase, "pipe.recv.eof-on-peer-exit.ended") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("sender", pipe.second));
  ASSERT_OK(pipe.second->Close());
  ASSERT_OK(Do("sender", "send", "last words"));
  ASSERT_OK(Begin("sender", "end"));
  EXPECT_THAT(pipe.first->Recv(), IsOkAndHolds("last words"));
  EXPECT_THAT(pipe.first->Recv(), Raises(ErrorKind::kEndOfFile));
}

PROCSPEC_CASE_F(PipeCase, "pipe.recv.eof-on-peer-exit.killed") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("receiver", pipe.first, {pipe.second}));
  ASSERT_OK_AND_ASSIGN(auto sender, StartPuppet("sender", pipe.second));
  ASSERT_OK(Do("sender", "send", "message"));
  ASSERT_THAT(Do("receiver", "recv"), IsOkAndHolds("message"));
  ASSERT_OK(pipe.first->Close());
  ASSERT_OK(pipe.second->Close());
  ASSERT_OK(Begin("receiver", "recv"));
  (void)stage().IsSilent("receiver", Observation());

  ASSERT_OK(sender->Kill());
  EXPECT_THAT(stage().Expect("receiver"), Raises(ErrorKind::kEndOfFile));
  EXPECT_OK(stage().ExpectGone("sender"));
}

PROCSPEC_CASE_F(PipeCase, "pipe.recv.no-eof-while-copy-open") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("holder", pipe.second));
  ASSERT_OK(stage().PidOf("holder"));
  ASSERT_OK(pipe.second->Close());
  // True would be an end of file, as there is no message.
  EXPECT_THAT(pipe.first->Poll(Observation()), IsOkAndHolds(false));
  ASSERT_OK(Do("holder", "send", "still here"));
  EXPECT_THAT(pipe.first->Recv(), IsOkAndHolds("still here"));
}

PROCSPEC_CASE_F(PipeCase, "pipe.send.broken") {
  for (const bool duplex : {true, false}) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
    CheckTransfer(pipe);
    ASSERT_OK(pipe.first->Close());
    EXPECT_THAT(pipe.second->Send("lost"), Raises(ErrorKind::kBrokenPipe));
    EXPECT_THAT(pipe.second->Send("lost"), Raises(ErrorKind::kBrokenPipe));
    EXPECT_THAT(pipe.second->SendBytes("lost"), Raises(ErrorKind::kBrokenPipe));
  }
}

// The sender learns of the reader's end from the pipe alone: no process has
// been joined, and it has just seen the reader alive.
PROCSPEC_CASE_F(PipeCase, "pipe.send.broken", "reader-killed",
                {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("reader", pipe.first));
  ASSERT_OK_AND_ASSIGN(const int64_t reader, stage().PidOf("reader"));
  ASSERT_OK(pipe.first->Close());
  ASSERT_OK(pipe.second->Send("in time"));
  ASSERT_OK(KillHard(reader));
  ASSERT_OK(WaitUntilDead(reader));
  EXPECT_THAT(pipe.second->Send("lost"), Raises(ErrorKind::kBrokenPipe));
  EXPECT_THAT(pipe.second->Send("lost"), Raises(ErrorKind::kBrokenPipe));
}

PROCSPEC_CASE("pipe.closed.operations.refused") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  std::vector<char> buffer(10);
  ASSERT_OK(pipe.second->Send("waits"));
  ASSERT_OK(pipe.first->Close());
  EXPECT_THAT(pipe.first->Send("late"), Raises(ErrorKind::kClosed));
  EXPECT_THAT(pipe.first->SendBytes("late"), Raises(ErrorKind::kClosed));
  EXPECT_THAT(pipe.first->Recv(), Raises(ErrorKind::kClosed));
  EXPECT_THAT(pipe.first->RecvBytes(), Raises(ErrorKind::kClosed));
  EXPECT_THAT(pipe.first->RecvBytesInto(absl::MakeSpan(buffer)),
              Raises(ErrorKind::kClosed));
  EXPECT_THAT(pipe.first->Poll(), Raises(ErrorKind::kClosed));
}

PROCSPEC_CASE_F(PipeCase, "pipe.closed.operations.again") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  CheckTransfer(pipe);
  ASSERT_OK(pipe.first->Close());
  const bool closed = pipe.first->closed();
  const absl::Status refusal = pipe.first->Send("late");
  EXPECT_OK(pipe.first->Close());
  EXPECT_EQ(pipe.first->closed(), closed);
  EXPECT_EQ(KindOf(pipe.first->Send("late")), KindOf(refusal));
}

// --- Bytes -------------------------------------------------------------------

PROCSPEC_CASE("pipe.bytes.roundtrip") {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->SendBytes(every_byte));
  EXPECT_THAT(pipe.second->RecvBytes(), IsOkAndHolds(every_byte));
}

PROCSPEC_CASE("pipe.bytes.empty") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->SendBytes(""));
  ASSERT_OK(pipe.first->SendBytes("after it"));
  EXPECT_THAT(pipe.second->RecvBytes(), IsOkAndHolds(""));
  EXPECT_THAT(pipe.second->RecvBytes(), IsOkAndHolds("after it"));
}

PROCSPEC_CASE("pipe.bytes.boundaries") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  const std::vector<std::string> messages = {"a", "bc", "d",
                                             std::string(10'000, 'e'), "f"};
  for (const std::string& message : messages) {
    ASSERT_OK(pipe.first->SendBytes(message));
  }
  for (const std::string& message : messages) {
    EXPECT_THAT(pipe.second->RecvBytes(), IsOkAndHolds(message));
  }
}

PROCSPEC_CASE("pipe.bytes.maxlength-ok") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->SendBytes("hello"));
  EXPECT_THAT(pipe.second->RecvBytes(6), IsOkAndHolds("hello"));
  ASSERT_OK(pipe.first->SendBytes("hello"));
  EXPECT_THAT(pipe.second->RecvBytes(5), IsOkAndHolds("hello"));
  ASSERT_OK(pipe.first->SendBytes(""));
  EXPECT_THAT(pipe.second->RecvBytes(0), IsOkAndHolds(""));
}

PROCSPEC_CASE("pipe.bytes.maxlength-exceeded.reported") {
  for (const bool duplex : {true, false}) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
    ASSERT_OK(pipe.second->SendBytes("hello!"));
    EXPECT_THAT(pipe.first->RecvBytes(5), Raises(ErrorKind::kMessageTooLong));
  }
}

PROCSPEC_CASE("pipe.bytes.maxlength-exceeded.unreadable") {
  std::vector<char> buffer(10);
  for (const bool duplex : {true, false}) {
    const ErrorKind refusal =
        duplex ? ErrorKind::kWrongDirection : ErrorKind::kClosed;
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
    ASSERT_OK(pipe.second->SendBytes("hello!"));
    ASSERT_OK(pipe.second->SendBytes("next"));
    // How it is reported is another clause.
    ASSERT_FALSE(pipe.first->RecvBytes(5).ok());
    EXPECT_THAT(pipe.first->RecvBytes(), Raises(refusal));
    EXPECT_THAT(pipe.first->Recv(), Raises(refusal));
    EXPECT_THAT(pipe.first->RecvBytesInto(absl::MakeSpan(buffer)),
                Raises(refusal));
  }
}

PROCSPEC_CASE("pipe.bytes.maxlength-exceeded.writable") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.second->SendBytes("hello!"));
  ASSERT_FALSE(pipe.first->RecvBytes(5).ok());
  EXPECT_OK(pipe.first->SendBytes("answer"));
  EXPECT_THAT(pipe.second->RecvBytes(), IsOkAndHolds("answer"));
}

PROCSPEC_CASE("pipe.into.basic") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  std::string buffer(10, '.');
  ASSERT_OK(pipe.first->SendBytes("hello"));
  EXPECT_THAT(pipe.second->RecvBytesInto(absl::MakeSpan(buffer), 3),
              IsOkAndHolds(5u));
  EXPECT_EQ(buffer, "...hello..");

  buffer.assign(10, '.');
  ASSERT_OK(pipe.first->SendBytes("hello"));
  EXPECT_THAT(pipe.second->RecvBytesInto(absl::MakeSpan(buffer)),
              IsOkAndHolds(5u));
  EXPECT_EQ(buffer, "hello.....");

  buffer.assign(10, '.');
  ASSERT_OK(pipe.first->SendBytes("hello"));
  EXPECT_THAT(pipe.second->RecvBytesInto(absl::MakeSpan(buffer), 5),
              IsOkAndHolds(5u));
  EXPECT_EQ(buffer, ".....hello");
}

PROCSPEC_CASE("pipe.into.too-short.reported") {
  std::string buffer(10, '.');
  for (const size_t offset : {size_t{0}, size_t{5}}) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
    const std::string message(11 - offset, 'm');
    ASSERT_OK(pipe.first->SendBytes(message));
    const absl::StatusOr<size_t> size =
        pipe.second->RecvBytesInto(absl::MakeSpan(buffer), offset);
    EXPECT_THAT(size, Raises(ErrorKind::kBufferTooShort));
    EXPECT_EQ(MessageOf(size.status()), message);
  }
}

PROCSPEC_CASE("pipe.into.too-short.consumed") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  std::string buffer(5, '.');
  ASSERT_OK(pipe.first->SendBytes("hello!"));
  ASSERT_OK(pipe.first->SendBytes("next"));
  // How it is reported is another clause.
  ASSERT_FALSE(pipe.second->RecvBytesInto(absl::MakeSpan(buffer)).ok());
  EXPECT_THAT(pipe.second->RecvBytes(), IsOkAndHolds("next"));
  ASSERT_OK(pipe.second->SendBytes("answer"));
  EXPECT_THAT(pipe.first->RecvBytes(), IsOkAndHolds("answer"));
}

// --- Poll --------------------------------------------------------------------

PROCSPEC_CASE("pipe.poll.default.idle") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  Stopwatch watch;
  EXPECT_THAT(pipe.first->Poll(), IsOkAndHolds(false));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE("pipe.poll.default.pending") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->Send("message"));
  EXPECT_THAT(pipe.second->Poll(), IsOkAndHolds(true));
  EXPECT_THAT(pipe.second->Recv(), IsOkAndHolds("message"));
  ASSERT_OK(pipe.first->SendBytes("bytes"));
  EXPECT_THAT(pipe.second->Poll(), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(PipeCase, "pipe.poll.default.pending", "other-process",
                {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("sender", pipe.first));
  ASSERT_OK(Do("sender", "send", "message"));
  EXPECT_THAT(pipe.second->Poll(), IsOkAndHolds(true));
}

PROCSPEC_CASE("pipe.poll.default.consumes-nothing") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(pipe.first->Send("first"));
  ASSERT_OK(pipe.first->Send("second"));
  // What it returns is another clause.
  for (int i = 0; i < 3; ++i) EXPECT_OK(pipe.second->Poll());
  EXPECT_OK(pipe.second->Poll(Deadline()));
  ASSERT_THAT(pipe.second->Recv(), IsOkAndHolds("first"));
  EXPECT_OK(pipe.second->Poll());
  EXPECT_THAT(pipe.second->Recv(), IsOkAndHolds("second"));
}

PROCSPEC_CASE("pipe.poll.timeout.expires") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  Stopwatch watch;
  EXPECT_THAT(pipe.first->Poll(Deadline()), IsOkAndHolds(false));
  EXPECT_TRUE(watch.NotBefore(Deadline()));
}

PROCSPEC_CASE_F(PipeCase, "pipe.poll.timeout.zero-negative") {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  CheckTransfer(pipe);
  Stopwatch watch;
  EXPECT_OK(pipe.first->Poll(absl::ZeroDuration()));
  EXPECT_OK(pipe.first->Poll(-Deadline()));
  EXPECT_OK(pipe.first->Poll(-absl::InfiniteDuration()));
  EXPECT_TRUE(watch.Before(Guard()));
}

PROCSPEC_CASE_F(PipeCase, "pipe.poll.wakes", "", {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("poller", pipe.second));
  ASSERT_OK(Begin("poller", "poll-for-long"));
  EXPECT_TRUE(stage().IsSilent("poller", Observation()));
  ASSERT_OK(pipe.first->Send("message"));
  EXPECT_THAT(stage().Expect("poller"), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(PipeCase, "pipe.poll.wakes", "infinite",
                {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("poller", pipe.second));
  ASSERT_OK(Begin("poller", "poll-for-ever"));
  EXPECT_TRUE(stage().IsSilent("poller", Observation()));
  ASSERT_OK(pipe.first->Send("message"));
  EXPECT_THAT(stage().Expect("poller"), IsOkAndHolds(true));
}

PROCSPEC_CASE_F(PipeCase, "pipe.poll.eof-readable") {
  for (const bool duplex : {true, false}) {
    ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe(duplex));
    CheckTransfer(pipe);
    ASSERT_OK(pipe.second->Close());
    EXPECT_THAT(pipe.first->Poll(), IsOkAndHolds(true));
    EXPECT_THAT(pipe.first->Poll(Guard()), IsOkAndHolds(true));
  }
}

// --- Size --------------------------------------------------------------------

PROCSPEC_CASE_F(PipeCase, "pipe.large", "", {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("sender", pipe.second));
  ASSERT_OK(Begin("sender", "send-noise", static_cast<int64_t>(seed())));
  ASSERT_OK_AND_ASSIGN(const Value got, pipe.first->Recv());
  EXPECT_TRUE(got == Value(Bytes{Noise(seed(), kLarge)}))
      << "got " << DebugString(got);
  EXPECT_OK(stage().Expect("sender"));
}

PROCSPEC_CASE_F(PipeCase, "pipe.large", "bytes", {Capability::kProcess}) {
  ASSERT_OK_AND_ASSIGN(ConnectionPair pipe, backend().NewPipe());
  ASSERT_OK(StartPuppet("sender", pipe.second));
  ASSERT_OK(
      Begin("sender", "send-noise-as-bytes", static_cast<int64_t>(seed())));
  ASSERT_OK_AND_ASSIGN(const std::string got, pipe.first->RecvBytes());
  EXPECT_TRUE(got == Noise(seed(), kLarge)) << "got " << got.size() << " bytes";
  EXPECT_OK(stage().Expect("sender"));
}

}  // namespace procspec::harness
