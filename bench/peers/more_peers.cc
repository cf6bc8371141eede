// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/boost_mq.h"
#include "bench/peers/zmq.h"
#include "bench/sample.h"

int main(int argc, char** argv) {
  procspec::bench::RegisterBoostMqRows();
  procspec::bench::RegisterZmqRows();
  return procspec::bench::BenchMain(argc, argv);
}
