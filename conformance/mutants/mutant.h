// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_MUTANTS_MUTANT_H_
#define PROCSPEC_CONFORMANCE_MUTANTS_MUTANT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/mutants/forward.h"
#include "conformance/mutants/platform.h"
#include "spec/capability.h"
#include "spec/clause.h"

namespace procspec::mutants {

// A mutant: a backend that is wrong in one way, on purpose. It proves that the
// cases of the clauses it breaks can fail.
struct MutantSpec {
  // By behaviour, kebab-case: "queue-get-ignores-timeout".
  std::string name;
  // The clauses it breaks: at least one case of each must turn red.
  std::vector<ClauseId> breaks;
  // Clauses it cannot help breaking with them; each must really turn red.
  std::vector<ClauseId> collateral = {};
  // The kinds of object it gets wrong. Only cases whose clauses require one of
  // them can notice: the others cannot even construct such an object.
  // Process and everything that runs targets is kProcess.
  std::vector<Capability> touches;
  // The right backend that it is a variation of.
  std::string base = std::string(kUsualBase);
};

// Makes a mutant around a backend that is the calling process's own.
using MutantFactory = std::function<std::shared_ptr<ForwardBackend>(
    std::string_view name, std::shared_ptr<Backend> inner)>;

// Registers the mutant as a backend of that name. In every child the functions
// that run see the same mutant, so it is wrong in every process.
bool RegisterMutant(MutantSpec spec, MutantFactory factory);

// The usual way; M is constructed from (name, inner):
//   static const bool registered = RegisterMutant<
//       Wrapping<GetIgnoresTimeout, Queue>>(
//       {.name = "queue-get-ignores-timeout",
//        .breaks = {"queue.get.timeout-empty"},
//        .touches = {Capability::kQueue}});
template <typename M>
bool RegisterMutant(MutantSpec spec) {
  return RegisterMutant(std::move(spec), [](std::string_view name,
                                            std::shared_ptr<Backend> inner) {
    return std::make_shared<M>(name, std::move(inner));
  });
}

}  // namespace procspec::mutants

#endif  // PROCSPEC_CONFORMANCE_MUTANTS_MUTANT_H_
