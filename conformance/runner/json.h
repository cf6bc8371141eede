// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_JSON_H_
#define PROCSPEC_CONFORMANCE_RUNNER_JSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

// JSON without exceptions: a missing field or one of another type reads as its
// default, and text that is not UTF-8 is written with replacement characters.

namespace procspec::runner {

// Keeps the order of the fields, for the people who read it.
using Json = nlohmann::ordered_json;

// nullopt if the text is not JSON as a whole.
std::optional<Json> ParseJson(std::string_view text);

// On one line.
std::string DumpJson(const Json& json);
// Indented, with a newline at the end.
std::string DumpJsonPretty(const Json& json);

bool Has(const Json& object, std::string_view key);
std::string GetString(const Json& object, std::string_view key);
int64_t GetInt(const Json& object, std::string_view key, int64_t absent = 0);
double GetDouble(const Json& object, std::string_view key, double absent = 0);
bool GetBool(const Json& object, std::string_view key, bool absent = false);
std::vector<std::string> GetStrings(const Json& object, std::string_view key);
// The objects in an array; what is not an object is left out.
std::vector<Json> GetObjects(const Json& object, std::string_view key);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_JSON_H_
