// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/results.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/catalogue.h"
#include "nlohmann/json.hpp"

namespace procspec::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;

Json ToJson(const Sample& sample) {
  Json json{{"round", sample.round}, {"ns", sample.ns}};
  for (const auto& [name, value] : sample.counters) json[name] = value;
  return json;
}

Json ToJson(const Row& row) {
  Json json{{"name", row.name}};
  if (!row.withheld.empty()) json["withheld"] = row.withheld;
  if (!row.failed.empty()) json["failed"] = row.failed;
  json["samples"] = Json::array();
  for (const Sample& sample : row.samples) {
    json["samples"].push_back(ToJson(sample));
  }
  return json;
}

Sample SampleFrom(const Json& json) {
  Sample sample;
  for (const auto& [name, value] : json.items()) {
    if (name == "round") {
      value.get_to(sample.round);
    } else if (name == "ns") {
      value.get_to(sample.ns);
    } else {
      value.get_to(sample.counters[name]);
    }
  }
  return sample;
}

// No figure in a file of others is trusted to be one.
bool IsWhole(const Sample& sample) {
  return sample.round >= 0 && std::isfinite(sample.ns) && sample.ns > 0;
}

Row RowFrom(const Json& json) {
  Row row{.name = json.at("name").get<std::string>()};
  row.withheld = json.value("withheld", "");
  row.failed = json.value("failed", "");
  for (const Json& sample : json.at("samples")) {
    row.samples.push_back(SampleFrom(sample));
  }
  return row;
}

}  // namespace

std::string Placement(const Machine& machine) {
  std::vector<double> line = machine.line_ns;
  if (line.empty()) return "unknown";
  const auto middle = line.begin() + line.size() / 2;
  std::nth_element(line.begin(), middle, line.end());
  return *middle < 300 ? "near" : "far";
}

std::string ToJson(const Results& results) {
  const Machine& machine = results.machine;
  Json json{{"format", kFormat},
            {"started", results.started},
            {"machine",
             {{"platform", machine.platform},
              {"system", machine.system},
              {"processor", machine.processor},
              {"processors", machine.processors},
              {"memory_bytes", machine.memory_bytes},
              {"compiler", machine.compiler},
              {"placement", Placement(machine)},
              {"line_ns", machine.line_ns}}},
            {"quick", results.quick},
            {"rounds", results.rounds},
            {"seed", results.seed},
            {"repeated_samples", results.repeated_samples},
            {"rows", Json::array()}};
  for (const Row& row : results.rows) json["rows"].push_back(ToJson(row));
  return json.dump(1);
}

absl::StatusOr<Results> FromJson(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format").get<int>() != kFormat) {
      return absl::InvalidArgumentError("its format is not 1");
    }
    Results results;
    json.at("started").get_to(results.started);
    const Json& machine = json.at("machine");
    machine.at("platform").get_to(results.machine.platform);
    machine.at("system").get_to(results.machine.system);
    machine.at("processor").get_to(results.machine.processor);
    machine.at("processors").get_to(results.machine.processors);
    machine.at("memory_bytes").get_to(results.machine.memory_bytes);
    machine.at("compiler").get_to(results.machine.compiler);
    machine.at("line_ns").get_to(results.machine.line_ns);
    json.at("quick").get_to(results.quick);
    json.at("rounds").get_to(results.rounds);
    json.at("seed").get_to(results.seed);
    json.at("repeated_samples").get_to(results.repeated_samples);
    for (const Json& row : json.at("rows")) {
      results.rows.push_back(RowFrom(row));
      for (const Sample& sample : results.rows.back().samples) {
        if (!IsWhole(sample)) {
          return absl::InvalidArgumentError(
              absl::StrCat("a sample of ", results.rows.back().name,
                           " has no positive `ns` or a negative round"));
        }
      }
    }
    return results;
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

absl::StatusOr<Results> ReadResults(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     " cannot be read; `tools/bench` writes such a file "
                     "(.procspec/bench/bench.json)"));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<Results> results = FromJson(text);
  if (results.ok()) return results;
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is no run of benchmarks: ", results.status().message(),
      ". `tools/bench` writes one"));
}

std::string ObjectionTo(const std::string& row, const Objection& objection) {
  RowName name;
  const Workload* workload = nullptr;
  if (ParseRowName(row, name)) workload = FindWorkload(name.workload);
  if (workload == nullptr) return "no such workload";
  if (KindOfSubject(name.subject) != SubjectKind::kBackend) return "";
  // Another build of the backend (X@B) is judged as it.
  const std::string backend = name.subject.substr(0, name.subject.find('@'));
  for (const ClauseId clause : workload->clauses) {
    std::string text = objection(backend, clause);
    if (!text.empty()) return text;
  }
  return "";
}

absl::Status Publish(Results results, const Objection& objection,
                     const std::string& path) {
  for (Row& row : results.rows) {
    std::string text = ObjectionTo(row.name, objection);
    if (text.empty()) continue;
    row.withheld = std::move(text);
    row.samples.clear();
  }
  // Whole or not at all: beside it first.
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file << ToJson(results) << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(unfinished, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path,
                   " cannot be written; is the directory there, and "
                   "its disk not full?"));
}

}  // namespace procspec::bench
