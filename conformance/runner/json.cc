// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/runner/json.h"

namespace procspec::runner {
namespace {

const Json* Find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(std::string(key));
  return it == object.end() ? nullptr : &*it;
}

}  // namespace

std::optional<Json> ParseJson(std::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr,
                          /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string DumpJsonPretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool Has(const Json& object, std::string_view key) {
  return Find(object, key) != nullptr;
}

std::string GetString(const Json& object, std::string_view key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>()
                                                : "";
}

int64_t GetInt(const Json& object, std::string_view key, int64_t absent) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>()
                                                        : absent;
}

double GetDouble(const Json& object, std::string_view key, double absent) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_number() ? value->get<double>() : absent;
}

bool GetBool(const Json& object, std::string_view key, bool absent) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : absent;
}

std::vector<std::string> GetStrings(const Json& object, std::string_view key) {
  std::vector<std::string> out;
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_array()) return out;
  for (const Json& element : *value) {
    if (element.is_string()) out.push_back(element.get<std::string>());
  }
  return out;
}

std::vector<Json> GetObjects(const Json& object, std::string_view key) {
  std::vector<Json> out;
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_array()) return out;
  for (const Json& element : *value) {
    if (element.is_object()) out.push_back(element);
  }
  return out;
}

}  // namespace procspec::runner
