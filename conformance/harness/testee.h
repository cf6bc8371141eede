// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_HARNESS_TESTEE_H_
#define PROCSPEC_CONFORMANCE_HARNESS_TESTEE_H_

// The program that links cases and backends. Its libraries register what it
// has; its main is this and nothing else (link :testee_main).
//
//   testee run --backend=B --case=C --dir=D [--seed=N] [--proof]
//       runs one case and writes D/result.json; exits 0 PASS, 1 FAIL,
//       3 UNSUPPORTED, 5 INFRA, 2 usage, 4 no result could be written; with
//       --proof the first line of standard input is the proof that README.md
//       tells of
//   testee list [--json]
//       the backends and cases that are linked in
//   testee program --call=FILE
//       what RunProgram starts (program.h)

namespace procspec::harness {

int TesteeMain(int argc, char** argv);

}  // namespace procspec::harness

#endif  // PROCSPEC_CONFORMANCE_HARNESS_TESTEE_H_
