// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_BENCH_PEERS_BOOST_MQ_H_
#define PROCSPEC_BENCH_PEERS_BOOST_MQ_H_

// To be called before BenchMain.

namespace procspec::bench {

// boost::interprocess::message_queue.
void RegisterBoostMqRows();

}  // namespace procspec::bench

#endif  // PROCSPEC_BENCH_PEERS_BOOST_MQ_H_
