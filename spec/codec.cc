// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec/codec.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <msgpack.hpp>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "spec/status_macros.h"

namespace procspec {
namespace {

// The extension type of a handle: its number, four bytes, big-endian.
constexpr int8_t kHandleExtension = 1;
constexpr uint32_t kHandleLength = 4;

// MessagePack counts in 32 bits.
constexpr size_t kMaxLength = std::numeric_limits<uint32_t>::max();

// What msgpack::packer writes to.
class FrameStream {
 public:
  explicit FrameStream(std::string& frame) : frame_(frame) {}
  void write(const char* data, size_t size) { frame_.append(data, size); }

 private:
  std::string& frame_;
};

class Encoder {
 public:
  Encoder(std::string& frame, HandleWriter* handles)
      : stream_(frame), packer_(stream_), handles_(handles) {}

  absl::Status Add(const Value& value, int depth) {
    return std::visit([&](const auto& v) { return AddOne(v, depth); },
                      value.variant());
  }

 private:
  absl::Status AddOne(std::monostate, int) {
    packer_.pack_nil();
    return absl::OkStatus();
  }
  absl::Status AddOne(bool b, int) {
    b ? packer_.pack_true() : packer_.pack_false();
    return absl::OkStatus();
  }
  absl::Status AddOne(int64_t i, int) {
    packer_.pack_int64(i);
    return absl::OkStatus();
  }
  absl::Status AddOne(double d, int) {
    // Not pack_double: it makes an integer of every double that is a whole
    // number, and the value would come back as another kind.
    const auto bits = std::bit_cast<uint64_t>(d);
    char encoded[9] = {'\xcb'};
    for (int i = 0; i < 8; ++i) {
      encoded[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
    }
    stream_.write(encoded, sizeof encoded);
    return absl::OkStatus();
  }
  absl::Status AddOne(const std::string& text, int) {
    PROCSPEC_RETURN_IF_ERROR(CheckLength("text", text.size()));
    const auto size = static_cast<uint32_t>(text.size());
    packer_.pack_str(size);
    packer_.pack_str_body(text.data(), size);
    return absl::OkStatus();
  }
  absl::Status AddOne(const Bytes& bytes, int) {
    PROCSPEC_RETURN_IF_ERROR(CheckLength("bytes", bytes.data.size()));
    const auto size = static_cast<uint32_t>(bytes.data.size());
    packer_.pack_bin(size);
    packer_.pack_bin_body(bytes.data.data(), size);
    return absl::OkStatus();
  }
  absl::Status AddOne(const List& list, int depth) {
    PROCSPEC_RETURN_IF_ERROR(CheckDepth(depth));
    PROCSPEC_RETURN_IF_ERROR(CheckLength("list", list.size()));
    packer_.pack_array(static_cast<uint32_t>(list.size()));
    for (const Value& item : list) {
      PROCSPEC_RETURN_IF_ERROR(Add(item, depth + 1));
    }
    return absl::OkStatus();
  }
  absl::Status AddOne(const Dict& dict, int depth) {
    PROCSPEC_RETURN_IF_ERROR(CheckDepth(depth));
    PROCSPEC_RETURN_IF_ERROR(CheckLength("dict", dict.size()));
    packer_.pack_map(static_cast<uint32_t>(dict.size()));
    for (const auto& [key, item] : dict) {
      PROCSPEC_RETURN_IF_ERROR(AddOne(key, depth));
      PROCSPEC_RETURN_IF_ERROR(Add(item, depth + 1));
    }
    return absl::OkStatus();
  }
  absl::Status AddOne(const Handle& handle, int) {
    if (handle == nullptr) return SerialisationError("a handle to nothing");
    const std::string_view kind = HandleKindName(handle->handle_kind());
    if (handles_ == nullptr) {
      if (handle->handle_kind() == HandleKind::kLocalObject) {
        return SerialisationError(absl::StrCat("a ", kind, " cannot travel"));
      }
      return SharingError(absl::StrCat(
          "a ", kind, " reaches another process only by inheritance"));
    }
    PROCSPEC_ASSIGN_OR_RETURN(const uint32_t number, handles_->Write(handle));
    const char body[kHandleLength] = {
        static_cast<char>(number >> 24), static_cast<char>(number >> 16),
        static_cast<char>(number >> 8), static_cast<char>(number)};
    packer_.pack_ext(kHandleLength, kHandleExtension);
    packer_.pack_ext_body(body, kHandleLength);
    return absl::OkStatus();
  }

  static absl::Status CheckLength(const char* what, size_t length) {
    if (length <= kMaxLength) return absl::OkStatus();
    return SerialisationError(
        absl::StrCat(what, " of length ", length, ": too long for a frame"));
  }
  // `depth`: how many lists and dicts are around this one.
  static absl::Status CheckDepth(int depth) {
    if (depth < kMaxDepth) return absl::OkStatus();
    return SerialisationError(absl::StrCat("nested deeper than ", kMaxDepth));
  }

  FrameStream stream_;
  msgpack::packer<FrameStream> packer_;
  HandleWriter* handles_;
};

// Builds a Value from the parser's events, without recursion. Every event
// returns whether to go on; on the first trouble `error_` is set. The names and
// types are msgpack's.
class Decoder {
 public:
  Decoder(size_t frame_size, HandleReader* handles)
      : frame_size_(frame_size), handles_(handles) {}

  // The decoded value, once the parser has succeeded.
  Value TakeValue() { return std::move(result_); }
  const absl::Status& error() const { return error_; }

  void init() {}
  bool visit_nil() { return Place(Value()); }
  bool visit_boolean(bool b) { return Place(b); }
  bool visit_positive_integer(uint64_t i) {
    if (i > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Fail("an integer beyond 64 bits with sign");
    }
    return Place(static_cast<int64_t>(i));
  }
  bool visit_negative_integer(int64_t i) { return Place(i); }
  bool visit_float32(float f) { return Place(static_cast<double>(f)); }
  bool visit_float64(double d) { return Place(d); }
  bool visit_str(const char* data, uint32_t size) {
    // The parser gives no address for an empty text.
    std::string text = size == 0 ? std::string() : std::string(data, size);
    if (expects_key_) {
      levels_.back().key = std::move(text);
      return true;
    }
    return Place(std::move(text));
  }
  bool visit_bin(const char* data, uint32_t size) {
    return Place(Bytes{size == 0 ? std::string() : std::string(data, size)});
  }
  // `data` starts with the extension's type.
  bool visit_ext(const char* data, uint32_t size) {
    if (size != 1 + kHandleLength || data[0] != kHandleExtension) {
      return Fail("an unknown extension");
    }
    if (handles_ == nullptr)
      return Fail("a handle, which only inheritance carries");
    uint32_t number = 0;
    for (uint32_t i = 1; i <= kHandleLength; ++i) {
      number = number << 8 | static_cast<unsigned char>(data[i]);
    }
    absl::StatusOr<Handle> handle = handles_->Read(number);
    if (!handle.ok()) {
      error_ = std::move(handle).status();
      return false;
    }
    return Place(*std::move(handle));
  }

  bool start_array(uint32_t size) {
    if (!StartLevel(List(), size, 1)) return false;
    levels_.back().container.get_if<List>()->reserve(
        std::min(size, kMostReserved));
    return true;
  }
  bool start_array_item() { return true; }
  bool end_array_item() { return true; }
  bool end_array() { return EndLevel(); }

  bool start_map(uint32_t size) { return StartLevel(Dict(), size, 2); }
  bool start_map_key() {
    expects_key_ = true;
    return true;
  }
  bool end_map_key() {
    expects_key_ = false;
    return true;
  }
  bool start_map_value() { return true; }
  bool end_map_value() { return true; }
  bool end_map() { return EndLevel(); }

  void parse_error(size_t, size_t offset) {
    Fail(absl::StrCat("not MessagePack at byte ", offset));
  }
  void insufficient_bytes(size_t, size_t) { Fail("truncated"); }
  bool referenced() const { return false; }
  void set_referenced(bool) {}

 private:
  // Not the whole length: a list of lists could ask for its square.
  static constexpr uint32_t kMostReserved = 4096;

  // A list or dict under construction; of a dict also the key whose value is
  // next.
  struct Level {
    Value container;
    std::string key;
  };

  bool Fail(std::string_view why) {
    if (error_.ok()) {
      error_ = SerialisationError(absl::StrCat("malformed frame: ", why));
    }
    return false;
  }

  bool StartLevel(Value container, uint32_t count, uint32_t bytes_per_item) {
    if (expects_key_) return Fail("a key that is not text");
    if (levels_.size() >= kMaxDepth) return Fail("nested too deep");
    // An item takes a byte at least, so a longer list cannot be in the frame.
    if (count > frame_size_ / bytes_per_item) return Fail("truncated");
    levels_.push_back({std::move(container), {}});
    return true;
  }

  bool EndLevel() {
    Value container = std::move(levels_.back().container);
    levels_.pop_back();
    return Place(std::move(container));
  }

  bool Place(Value value) {
    if (expects_key_) return Fail("a key that is not text");
    if (levels_.empty()) {
      result_ = std::move(value);
      return true;
    }
    Level& level = levels_.back();
    if (auto* list = level.container.get_if<List>()) {
      list->push_back(std::move(value));
      return true;
    }
    auto& dict = *level.container.get_if<Dict>();
    if (!dict.try_emplace(std::move(level.key), std::move(value)).second) {
      return Fail("a key given twice");
    }
    return true;
  }

  const size_t frame_size_;
  HandleReader* const handles_;
  Value result_;
  absl::InlinedVector<Level, 2> levels_;
  bool expects_key_ = false;
  absl::Status error_;
};

absl::Status MissingField(std::string_view what, std::string_view field) {
  return SerialisationError(
      absl::StrCat("not ", what, ": ", field, " is missing or mistyped"));
}

// The field `name` of a dict as T.
template <typename T>
absl::StatusOr<T> Field(const Dict& dict, std::string_view what,
                        std::string_view name) {
  auto it = dict.find(name);
  if (it != dict.end()) {
    if (const T* value = it->second.get_if<T>()) return *value;
  }
  return MissingField(what, name);
}

constexpr int kLastStatusCode =
    static_cast<int>(absl::StatusCode::kUnauthenticated);

}  // namespace

absl::Status Encode(const Value& value, std::string& frame,
                    HandleWriter* handles) {
  const size_t size_before = frame.size();
  absl::Status status = Encoder(frame, handles).Add(value, /*depth=*/0);
  if (!status.ok()) frame.resize(size_before);
  return status;
}

absl::StatusOr<Value> Decode(std::string_view frame, HandleReader* handles) {
  Decoder decoder(frame.size(), handles);
  size_t offset = 0;
  bool parsed = false;
  // The parser itself throws for absurd lengths on 32-bit machines only, but
  // no exception crosses our interface.
  try {
    parsed = msgpack::parse(frame.data(), frame.size(), offset, decoder);
  } catch (const msgpack::unpack_error& error) {
    return SerialisationError(absl::StrCat("malformed frame: ", error.what()));
  }
  if (!decoder.error().ok()) return decoder.error();
  if (!parsed) return SerialisationError("malformed frame");
  if (offset != frame.size()) {
    return SerialisationError(
        absl::StrCat("malformed frame: ", frame.size() - offset,
                     " bytes left over after the value"));
  }
  return decoder.TakeValue();
}

Value ToValue(const Arguments& arguments) {
  return List{arguments.args, arguments.kwargs};
}

absl::StatusOr<Arguments> ArgumentsFrom(const Value& value) {
  const List* pair = value.get_if<List>();
  if (pair == nullptr || pair->size() != 2) {
    return MissingField("arguments", "the pair");
  }
  const List* args = (*pair)[0].get_if<List>();
  if (args == nullptr) return MissingField("arguments", "the list");
  const Dict* kwargs = (*pair)[1].get_if<Dict>();
  if (kwargs == nullptr) return MissingField("arguments", "the dict");
  return Arguments{*args, *kwargs};
}

Value ToValue(const ErrorDetail& detail) {
  return Dict{
      {"kind",
       detail.kind.has_value() ? Value(ErrorKindName(*detail.kind)) : Value()},
      {"code", static_cast<int>(detail.code)},
      {"type", detail.type},
      {"message", detail.message},
      {"traceback", detail.traceback},
      {"exit_code", detail.exit_code},
  };
}

absl::StatusOr<ErrorDetail> ErrorDetailFrom(const Value& value) {
  constexpr std::string_view kWhat = "an error";
  const Dict* dict = value.get_if<Dict>();
  if (dict == nullptr) return MissingField(kWhat, "the dict");

  ErrorDetail detail;
  auto kind = dict->find("kind");
  if (kind == dict->end()) return MissingField(kWhat, "kind");
  if (!kind->second.is_none()) {
    if (const auto* name = kind->second.get_if<std::string>()) {
      detail.kind = ParseErrorKind(*name);
    }
    if (!detail.kind.has_value()) return MissingField(kWhat, "kind");
  }

  PROCSPEC_ASSIGN_OR_RETURN(const auto code,
                            Field<int64_t>(*dict, kWhat, "code"));
  // An error that says OK would turn into a success without a value.
  if (code <= 0 || code > kLastStatusCode) return MissingField(kWhat, "code");
  detail.code = static_cast<absl::StatusCode>(code);
  PROCSPEC_ASSIGN_OR_RETURN(detail.type,
                            Field<std::string>(*dict, kWhat, "type"));
  PROCSPEC_ASSIGN_OR_RETURN(detail.message,
                            Field<std::string>(*dict, kWhat, "message"));
  PROCSPEC_ASSIGN_OR_RETURN(detail.traceback,
                            Field<std::string>(*dict, kWhat, "traceback"));
  PROCSPEC_ASSIGN_OR_RETURN(const auto exit_code,
                            Field<int64_t>(*dict, kWhat, "exit_code"));
  if (exit_code < std::numeric_limits<int>::min() ||
      exit_code > std::numeric_limits<int>::max()) {
    return MissingField(kWhat, "exit_code");
  }
  detail.exit_code = static_cast<int>(exit_code);
  return detail;
}

}  // namespace procspec
