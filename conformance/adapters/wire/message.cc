// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/adapters/wire/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "spec/status_macros.h"

namespace procspec::wire {
namespace {

// Integers that every JSON library keeps.
constexpr int64_t kMaxPlain = int64_t{1} << 53;

constexpr std::string_view kViolation = "wire: ";

// Kinds of errors that are none of spec/error.h: what cannot be taken, and all
// else.
constexpr std::string_view kProtocol = "Protocol";
constexpr std::string_view kOther = "Other";

std::string Excerpt(const Json& json) {
  constexpr size_t kLongest = 200;
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kLongest) {
    text.resize(kLongest);
    text += "...";
  }
  return text;
}

absl::Status Unexpected(std::string_view expected, const Json& came) {
  return Violation(
      absl::StrCat("expected ", expected, ", not ", Excerpt(came)));
}

// Copying and printing JSON goes as deep into the stack as it is nested: so it
// is looked at before it is parsed. A dict has two levels, a message a few.
constexpr int kMaxJsonDepth = 2 * kMaxDepth + 10;

// `start`: of the opening quote. The closing one, or the end of the line.
size_t EndOfText(std::string_view line, size_t start) {
  size_t quote = line.find('"', start + 1);
  while (quote != std::string_view::npos) {
    size_t backslashes = 0;
    while (line[quote - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote;
    quote = line.find('"', quote + 1);
  }
  return line.size();
}

bool IsNestedTooDeep(std::string_view line) {
  int depth = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      i = EndOfText(line, i);
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// That it is an object with exactly these fields, and perhaps some of the
// others.
absl::Status CheckFields(const Json& json,
                         std::initializer_list<const char*> required,
                         std::initializer_list<const char*> optional = {}) {
  if (!json.is_object()) return Unexpected("an object", json);
  for (const char* field : required) {
    if (!json.contains(field)) {
      return Violation(
          absl::StrCat("no field '", field, "' in ", Excerpt(json)));
    }
  }
  const auto is_among = [](const auto& fields, const std::string& name) {
    for (const char* field : fields) {
      if (name == field) return true;
    }
    return false;
  };
  for (const auto& item : json.items()) {
    if (!is_among(required, item.key()) && !is_among(optional, item.key())) {
      return Violation(absl::StrCat("a field '", item.key(),
                                    "' that is not of the protocol in ",
                                    Excerpt(json)));
    }
  }
  return absl::OkStatus();
}

// A number as it stands, within what every library keeps.
absl::StatusOr<int64_t> PlainIntegerFrom(const Json& json) {
  if (json.is_number_integer()) {
    const bool too_large =
        json.is_number_unsigned() && json.get<uint64_t>() > kMaxPlain;
    if (!too_large && json.get<int64_t>() >= -kMaxPlain) {
      return json.get<int64_t>();
    }
  }
  return Unexpected("an integer from -2^53 to 2^53", json);
}

// Whole, and in nothing but this form.
template <typename T>
std::optional<T> ParseWhole(const std::string& text) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

absl::StatusOr<double> DoubleFrom(const Json& json) {
  if (json.is_string()) {
    const std::string& text = json.get_ref<const std::string&>();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    const bool infinite = text == "inf" || text == "-inf";
    const std::optional<double> number = ParseWhole<double>(text);
    if (number.has_value() && std::isfinite(*number) != infinite) {
      return *number;
    }
  }
  return Unexpected("the text of a double", json);
}

std::string DoubleText(double number) {
  if (std::isnan(number)) return "nan";  // whatever its sign
  char text[32];
  const auto result = std::to_chars(std::begin(text), std::end(text), number);
  return std::string(text, result.ptr);
}

// Searched for in a table: messages have many megabytes of it.
constexpr std::array<bool, 256> kIsBase64 = [] {
  std::array<bool, 256> table = {};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz"
                                       "0123456789+/=")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

absl::StatusOr<std::string> Base64From(const Json& json) {
  std::string data;
  if (json.is_string()) {
    const std::string& text = json.get_ref<const std::string&>();
    const bool is_base64 = std::all_of(
        text.begin(), text.end(), [](unsigned char c) { return kIsBase64[c]; });
    if (text.size() % 4 == 0 && is_base64 &&
        absl::Base64Unescape(text, &data)) {
      return data;
    }
  }
  return Unexpected("padded base64", json);
}

Json Tagged(const char* tag, Json content) {
  Json json = Json::object();
  json[tag] = std::move(content);
  return json;
}

class ValueWriter {
 public:
  explicit ValueWriter(Handles& handles) : handles_(handles) {}

  absl::StatusOr<Json> Write(const Value& value) {
    return std::visit([this](const auto& v) { return WriteOne(v); },
                      value.variant());
  }

  absl::StatusOr<Json> WriteOne(std::monostate) { return Json(); }
  absl::StatusOr<Json> WriteOne(bool b) { return Json(b); }
  absl::StatusOr<Json> WriteOne(int64_t i) {
    if (i >= -kMaxPlain && i <= kMaxPlain) return Json(i);
    return Tagged("i", absl::StrCat(i));
  }
  absl::StatusOr<Json> WriteOne(double d) { return Tagged("d", DoubleText(d)); }
  absl::StatusOr<Json> WriteOne(const std::string& text) { return Json(text); }
  absl::StatusOr<Json> WriteOne(const Bytes& bytes) {
    return Tagged("b", Base64(bytes.data));
  }
  absl::StatusOr<Json> WriteOne(const List& list) {
    Json json = Json::array();
    for (const Value& item : list) {
      PROCSPEC_ASSIGN_OR_RETURN(Json one, Write(item));
      json.push_back(std::move(one));
    }
    return json;
  }
  absl::StatusOr<Json> WriteOne(const Dict& dict) {
    PROCSPEC_ASSIGN_OR_RETURN(Json fields, WriteFields(dict));
    return Tagged("m", std::move(fields));
  }
  absl::StatusOr<Json> WriteOne(const Handle& handle) {
    if (handle == nullptr) return TypeError("a handle of nothing");
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, handles_.NumberOf(handle));
    return HandleToJson(number, HandleKindName(handle->handle_kind()));
  }

  absl::StatusOr<Json> WriteFields(const Dict& dict) {
    Json json = Json::object();
    for (const auto& [key, item] : dict) {
      PROCSPEC_ASSIGN_OR_RETURN(Json one, Write(item));
      json[key] = std::move(one);
    }
    return json;
  }

 private:
  Handles& handles_;
};

class ValueReader {
 public:
  explicit ValueReader(Handles& handles) : handles_(handles) {}

  absl::StatusOr<Value> Read(const Json& json, int depth) {
    if (depth > kMaxDepth) {
      return Violation(
          absl::StrCat("a value is nested deeper than ", kMaxDepth));
    }
    switch (json.type()) {
      case Json::value_t::null:
        return Value();
      case Json::value_t::boolean:
        return Value(json.get<bool>());
      case Json::value_t::string:
        return Value(json.get_ref<const std::string&>());
      case Json::value_t::array:
        return ReadList(json, depth);
      case Json::value_t::object:
        return ReadObject(json, depth);
      default: {
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, PlainIntegerFrom(json));
        return Value(number);
      }
    }
  }

  absl::StatusOr<List> ReadList(const Json& json, int depth) {
    List list;
    list.reserve(json.size());
    for (const Json& item : json) {
      PROCSPEC_ASSIGN_OR_RETURN(Value value, Read(item, depth + 1));
      list.push_back(std::move(value));
    }
    return list;
  }

  absl::StatusOr<Dict> ReadFields(const Json& json, int depth) {
    if (!json.is_object()) return Unexpected("an object", json);
    Dict dict;
    for (const auto& item : json.items()) {
      PROCSPEC_ASSIGN_OR_RETURN(Value value, Read(item.value(), depth + 1));
      dict.emplace(item.key(), std::move(value));
    }
    return dict;
  }

 private:
  absl::StatusOr<Value> ReadObject(const Json& json, int depth) {
    if (json.size() == 1) {
      const Json& content = json.front();
      const std::string& tag = json.begin().key();
      if (tag == "i" || tag == "b") {
        if (tag == "b") {
          PROCSPEC_ASSIGN_OR_RETURN(std::string data, Base64From(content));
          return Value(Bytes{std::move(data)});
        }
        PROCSPEC_ASSIGN_OR_RETURN(const int64_t number, IntegerFrom(json));
        return Value(number);
      }
      if (tag == "d") {
        PROCSPEC_ASSIGN_OR_RETURN(const double number, DoubleFrom(content));
        return Value(number);
      }
      if (tag == "m") {
        PROCSPEC_ASSIGN_OR_RETURN(Dict dict, ReadFields(content, depth));
        return Value(std::move(dict));
      }
    }
    if (json.contains("h")) {
      PROCSPEC_ASSIGN_OR_RETURN(const HandleReference reference,
                                HandleFrom(json));
      PROCSPEC_ASSIGN_OR_RETURN(
          Handle handle, handles_.Receive(reference.number, reference.kind));
      return Value(std::move(handle));
    }
    return Unexpected("a value", json);
  }

  Handles& handles_;
};

absl::StatusOr<Call> CallFrom(const Json& json) {
  PROCSPEC_ASSIGN_OR_RETURN(const std::string kind,
                            TextFrom(json.value("kind", Json())));
  if (kind == "target") {
    PROCSPEC_RETURN_IF_ERROR(CheckFields(
        json,
        {"hello", "version", "process", "kind", "name", "args", "kwargs"}));
    TargetCall call;
    PROCSPEC_ASSIGN_OR_RETURN(call.name, TextFrom(json["name"]));
    call.args = json["args"];
    call.kwargs = json["kwargs"];
    return call;
  }
  if (kind == "type") {
    PROCSPEC_RETURN_IF_ERROR(CheckFields(
        json, {"hello", "version", "process", "kind", "name", "self"}));
    TypeCall call;
    PROCSPEC_ASSIGN_OR_RETURN(call.name, TextFrom(json["name"]));
    PROCSPEC_ASSIGN_OR_RETURN(call.self, HandleFrom(json["self"]));
    return call;
  }
  if (kind == "callback") {
    PROCSPEC_RETURN_IF_ERROR(
        CheckFields(json, {"hello", "version", "process", "kind", "token"},
                    {"ok", "error"}));
    CallbackCall call;
    PROCSPEC_ASSIGN_OR_RETURN(call.token, PlainIntegerFrom(json["token"]));
    if (json.contains("ok") == json.contains("error")) {
      return Unexpected("one of 'ok' and 'error'", json);
    }
    if (json.contains("ok")) {
      call.outcome = json["ok"];
    } else {
      absl::Status error;
      PROCSPEC_RETURN_IF_ERROR(ErrorFrom(json["error"], error));
      call.outcome = error;
    }
    return call;
  }
  if (kind == "program") {
    PROCSPEC_RETURN_IF_ERROR(
        CheckFields(json, {"hello", "version", "process", "kind"}));
    return ProgramCall();
  }
  return Unexpected("a call of kind target, type, callback or program", json);
}

// The code whose name it is; kUnknown for none.
absl::StatusCode CodeNamed(std::string_view name) {
  for (int code = 1;
       code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    const auto candidate = static_cast<absl::StatusCode>(code);
    if (absl::StatusCodeToString(candidate) == name) return candidate;
  }
  return absl::StatusCode::kUnknown;
}

}  // namespace

absl::Status Violation(std::string_view what) {
  return absl::DataLossError(absl::StrCat(kViolation, what));
}

bool IsViolation(const absl::Status& status) {
  return absl::IsDataLoss(status) && !KindOf(status).has_value() &&
         std::string_view(status.message()).starts_with(kViolation);
}

absl::StatusOr<Json> ParseLine(std::string_view line) {
  if (IsNestedTooDeep(line)) {
    return Violation(absl::StrCat(
        "a message is nested too deep: ", line.substr(0, 50), "..."));
  }
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return Violation(absl::StrCat("expected a line of JSON in UTF-8, not ",
                                  absl::CHexEscape(line.substr(0, 200)),
                                  line.size() > 200 ? "..." : ""));
  }
  if (!json.is_object()) return Unexpected("an object", json);
  return json;
}

absl::StatusOr<std::string> FormatLine(const Json& message) {
  std::string line;
  try {
    line = message.dump();
  } catch (const Json::type_error&) {
    return SerialisationError("text that is not UTF-8 does not travel");
  }
  line += '\n';
  if (line.size() > kMaxLine) {
    return SerialisationError(
        absl::StrCat("a message of ", line.size(), " bytes is too long"));
  }
  return line;
}

absl::StatusOr<Json> ToJson(const Value& value, Handles& handles) {
  return ValueWriter(handles).Write(value);
}

absl::StatusOr<Value> ValueFrom(const Json& json, Handles& handles) {
  return ValueReader(handles).Read(json, 0);
}

absl::Status AddArguments(const Arguments& arguments, Handles& handles,
                          Json& message) {
  ValueWriter writer(handles);
  PROCSPEC_ASSIGN_OR_RETURN(message["args"], writer.WriteOne(arguments.args));
  PROCSPEC_ASSIGN_OR_RETURN(message["kwargs"],
                            writer.WriteFields(arguments.kwargs));
  return absl::OkStatus();
}

absl::StatusOr<Arguments> ArgumentsFrom(const Json& args, const Json& kwargs,
                                        Handles& handles) {
  if (!args.is_array()) return Unexpected("a list of arguments", args);
  ValueReader reader(handles);
  Arguments arguments;
  PROCSPEC_ASSIGN_OR_RETURN(arguments.args, reader.ReadList(args, 0));
  PROCSPEC_ASSIGN_OR_RETURN(arguments.kwargs, reader.ReadFields(kwargs, 0));
  return arguments;
}

Json HandleToJson(int64_t number, std::string_view kind) {
  return {{"h", number}, {"kind", kind}};
}

absl::StatusOr<HandleReference> HandleFrom(const Json& json) {
  PROCSPEC_RETURN_IF_ERROR(CheckFields(json, {"h", "kind"}));
  HandleReference reference;
  PROCSPEC_ASSIGN_OR_RETURN(reference.number, PlainIntegerFrom(json["h"]));
  PROCSPEC_ASSIGN_OR_RETURN(reference.kind, TextFrom(json["kind"]));
  return reference;
}

absl::StatusOr<bool> BoolFrom(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  return Unexpected("a bool", json);
}

absl::StatusOr<int64_t> IntegerFrom(const Json& json) {
  if (!json.is_object()) return PlainIntegerFrom(json);
  PROCSPEC_RETURN_IF_ERROR(CheckFields(json, {"i"}));
  if (json["i"].is_string()) {
    const std::optional<int64_t> number =
        ParseWhole<int64_t>(json["i"].get_ref<const std::string&>());
    if (number.has_value() && (*number > kMaxPlain || *number < -kMaxPlain)) {
      return *number;
    }
  }
  return Unexpected("the text of an integer beyond 2^53", json);
}

absl::StatusOr<std::string> TextFrom(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return Unexpected("text", json);
}

absl::StatusOr<std::string> BytesFrom(const Json& json) {
  PROCSPEC_RETURN_IF_ERROR(CheckFields(json, {"b"}));
  return Base64From(json["b"]);
}

absl::Status NullFrom(const Json& json) {
  return json.is_null() ? absl::OkStatus() : Unexpected("null", json);
}

std::string Base64(std::string_view data) { return absl::Base64Escape(data); }

Json TimeoutToJson(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return nullptr;
  if (timeout == -absl::InfiniteDuration()) return -1.0;
  return absl::ToDoubleSeconds(timeout);
}

Json ErrorToJson(const absl::Status& error) {
  const ErrorDetail detail = DetailOf(error);
  std::string_view kind = IsViolation(error) ? kProtocol : kOther;
  if (detail.kind.has_value()) kind = ErrorKindName(*detail.kind);
  Json json = {
      {"kind", kind}, {"type", detail.type}, {"message", detail.message}};
  if (!detail.traceback.empty()) json["traceback"] = detail.traceback;
  if (detail.kind == ErrorKind::kExitRequest) json["code"] = detail.exit_code;
  if (const std::optional<std::string> whole = MessageOf(error)) {
    json["data"] = Base64(*whole);
  }
  return json;
}

absl::Status ErrorFrom(const Json& json, absl::Status& error) {
  PROCSPEC_RETURN_IF_ERROR(CheckFields(json, {"kind", "type", "message"},
                                       {"traceback", "code", "data"}));
  ErrorDetail detail;
  PROCSPEC_ASSIGN_OR_RETURN(const std::string kind, TextFrom(json["kind"]));
  PROCSPEC_ASSIGN_OR_RETURN(detail.type, TextFrom(json["type"]));
  PROCSPEC_ASSIGN_OR_RETURN(detail.message, TextFrom(json["message"]));
  if (json.contains("traceback")) {
    PROCSPEC_ASSIGN_OR_RETURN(detail.traceback, TextFrom(json["traceback"]));
  }
  if (kind == kProtocol) {
    return Violation(
        absl::StrCat("the testee cannot take what was sent: ", detail.message));
  }
  detail.kind = ParseErrorKind(kind);
  if (!detail.kind.has_value() && kind != kOther) {
    return Unexpected("a kind of error of spec/error.h, or Other", json);
  }
  if (!detail.kind.has_value()) detail.code = CodeNamed(detail.type);
  if (json.contains("code") != (detail.kind == ErrorKind::kExitRequest)) {
    return Unexpected("'code' of ExitRequest, and of no other", json);
  }
  if (json.contains("code")) {
    PROCSPEC_ASSIGN_OR_RETURN(const int64_t code,
                              PlainIntegerFrom(json["code"]));
    if (code != static_cast<int>(code)) {
      return Unexpected("an exit code of 32 bits", json);
    }
    detail.exit_code = static_cast<int>(code);
  }
  if (!json.contains("data")) {
    error = procspec::ErrorFrom(detail);
    return absl::OkStatus();
  }
  if (detail.kind != ErrorKind::kBufferTooShort) {
    return Unexpected("'data' of BufferTooShort only", json);
  }
  PROCSPEC_ASSIGN_OR_RETURN(const std::string whole, Base64From(json["data"]));
  error = BufferTooShortError(whole);
  return absl::OkStatus();
}

absl::StatusOr<Hello> HelloFrom(const Json& json) {
  constexpr std::string_view kExpected =
      "a hello of a process, main, call or lane";
  if (!json.is_object() || !json.contains("hello")) {
    return Unexpected(kExpected, json);
  }
  PROCSPEC_ASSIGN_OR_RETURN(const std::string role, TextFrom(json["hello"]));
  PROCSPEC_ASSIGN_OR_RETURN(const int64_t version,
                            PlainIntegerFrom(json.value("version", Json())));
  if (version != kVersion) {
    return Violation(absl::StrCat("expected version ", kVersion,
                                  " of the protocol, not ", version));
  }
  Hello hello;
  PROCSPEC_ASSIGN_OR_RETURN(hello.process,
                            TextFrom(json.value("process", Json())));
  if (hello.process.empty()) return Unexpected("the name of a process", json);
  if (role == "process") {
    PROCSPEC_RETURN_IF_ERROR(
        CheckFields(json, {"hello", "version", "process", "pid"}));
    ProcessHello process;
    PROCSPEC_ASSIGN_OR_RETURN(process.pid, PlainIntegerFrom(json["pid"]));
    if (process.pid <= 0) return Unexpected("a pid", json);
    hello.role = process;
  } else if (role == "main") {
    PROCSPEC_RETURN_IF_ERROR(
        CheckFields(json, {"hello", "version", "process"}));
    hello.role = MainHello();
  } else if (role == "lane") {
    PROCSPEC_RETURN_IF_ERROR(
        CheckFields(json, {"hello", "version", "process", "lane"}));
    LaneHello lane;
    PROCSPEC_ASSIGN_OR_RETURN(lane.lane, PlainIntegerFrom(json["lane"]));
    hello.role = lane;
  } else if (role == "call") {
    PROCSPEC_ASSIGN_OR_RETURN(hello.role, CallFrom(json));
  } else {
    return Unexpected(kExpected, json);
  }
  return hello;
}

absl::StatusOr<Answer> AnswerFrom(Json json) {
  PROCSPEC_RETURN_IF_ERROR(CheckFields(json, {"id"}, {"ok", "error"}));
  if (json.contains("ok") == json.contains("error")) {
    return Unexpected("one of 'ok' and 'error'", json);
  }
  Answer answer;
  PROCSPEC_ASSIGN_OR_RETURN(answer.id, PlainIntegerFrom(json["id"]));
  if (json.contains("ok")) {
    answer.outcome = std::move(json["ok"]);
  } else {
    absl::Status error;
    PROCSPEC_RETURN_IF_ERROR(ErrorFrom(json["error"], error));
    answer.outcome = error;
  }
  return answer;
}

}  // namespace procspec::wire
