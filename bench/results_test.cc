// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/results.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "bench/catalogue.h"
#include "bench/testing/simulated.h"
#include "gtest/gtest.h"

namespace procspec::bench {
namespace {

std::string PathOf(const char* name) {
  return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name);
}

std::string Nothing(std::string_view, ClauseId) { return ""; }

const Row& RowOf(const Results& results, std::string_view name) {
  for (const Row& row : results.rows) {
    if (row.name == name) return row;
  }
  ADD_FAILURE() << "no row " << name;
  return results.rows.front();
}

TEST(Results, AreReadAsTheyWereWritten) {
  const Results results = SimulateAll(1);
  const std::string path = PathOf("whole.json");
  ASSERT_TRUE(Publish(results, Nothing, path).ok());
  const absl::StatusOr<Results> read = ReadResults(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), ToJson(results));
}

TEST(Results, NothingIsPublishedOfWhoDoesNotHoldAClause) {
  Results results;
  for (const char* subject : {"reference-fork", "reference-fork@B",
                              "unheard-of", "boost-mq", "limit-ring"}) {
    results.rows.push_back({.name = absl::StrCat("queue.put/64B/", subject),
                            .samples = {{.round = 0, .ns = 100}}});
    results.rows.push_back(
        {.name = absl::StrCat("queue.roundtrip/64B/", subject),
         .samples = {{.round = 0, .ns = 100}}});
  }
  const auto objection = [](std::string_view backend, ClauseId clause) {
    if (backend != "reference-fork") return std::string("was not judged");
    return clause == ClauseId("queue.qsize") ? std::string("queue.qsize: FAIL")
                                             : std::string();
  };
  const std::string path = PathOf("withheld.json");
  ASSERT_TRUE(Publish(results, objection, path).ok());
  const absl::StatusOr<Results> read = ReadResults(path);
  ASSERT_TRUE(read.ok()) << read.status();
  for (const char* name :
       {"queue.put/64B/reference-fork", "queue.put/64B/reference-fork@B"}) {
    EXPECT_TRUE(RowOf(*read, name).samples.empty()) << name;
    EXPECT_EQ(RowOf(*read, name).withheld, "queue.qsize: FAIL");
  }
  // Rests on other clauses.
  EXPECT_EQ(RowOf(*read, "queue.roundtrip/64B/reference-fork").samples.size(),
            1u);
  EXPECT_EQ(RowOf(*read, "queue.put/64B/unheard-of").withheld,
            "was not judged");
  EXPECT_EQ(RowOf(*read, "queue.put/64B/boost-mq").samples.size(), 1u);
  EXPECT_EQ(RowOf(*read, "queue.put/64B/limit-ring").samples.size(), 1u);
}

TEST(Results, WhatIsNoWorkloadIsNotPublished) {
  EXPECT_NE(ObjectionTo("queue.speed/64B/boost-mq", Nothing), "");
  EXPECT_NE(ObjectionTo("queue.put", Nothing), "");
  EXPECT_EQ(ObjectionTo("queue.put/64B/boost-mq", Nothing), "");
}

TEST(Results, WhatIsNoRunIsAnErrorThatNamesThePlace) {
  EXPECT_EQ(ReadResults(PathOf("none.json")).status().code(),
            absl::StatusCode::kNotFound);
  for (const char* text : {"", "{", "[]", "{\"format\": 2}", "{\"format\": 1}",
                           "{\"format\": 1, \"started\": 7}"}) {
    EXPECT_EQ(FromJson(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  std::string zero = ToJson(SimulateAll(1));
  const size_t at = zero.find("\"ns\":");
  ASSERT_NE(at, std::string::npos);
  zero.replace(at, 6, "\"ns\": -");
  const absl::Status status = FromJson(zero).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("no positive `ns`"), std::string::npos)
      << status;
}

TEST(Results, ADirectoryThatIsNotThereIsAnError) {
  EXPECT_EQ(Publish({}, Nothing, PathOf("no/such.json")).code(),
            absl::StatusCode::kUnavailable);
}

TEST(Catalogue, NamesOfRowsHaveThreeParts) {
  RowName row;
  ASSERT_TRUE(ParseRowName("queue.throughput/64B/1x1/boost-mq", row));
  EXPECT_EQ(row.workload, "queue.throughput");
  EXPECT_EQ(row.parameters, "64B/1x1");
  EXPECT_EQ(row.subject, "boost-mq");
  EXPECT_EQ(row.group(), "queue.throughput/64B/1x1");
  ASSERT_TRUE(ParseRowName("event.set/reference-fork", row));
  EXPECT_EQ(row.parameters, "");
  EXPECT_EQ(row.group(), "event.set");
  for (const char* text : {"", "event.set", "/x", "event.set/"}) {
    EXPECT_FALSE(ParseRowName(text, row)) << text;
  }
}

TEST(Catalogue, EveryWorkloadRestsOnClauses) {
  for (const Workload& workload : AllWorkloads()) {
    EXPECT_FALSE(workload.clauses.empty()) << workload.name;
    EXPECT_EQ(FindWorkload(workload.name), &workload);
  }
}

}  // namespace
}  // namespace procspec::bench
