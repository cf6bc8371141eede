// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_SPEC_STATUS_MACROS_H_
#define PROCSPEC_SPEC_STATUS_MACROS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the error of an absl::Status expression to the caller.
#define PROCSPEC_RETURN_IF_ERROR(expression)             \
  do {                                                   \
    absl::Status procspec_status_ = (expression);        \
    if (!procspec_status_.ok()) return procspec_status_; \
  } while (false)

// Assigns the value of an absl::StatusOr expression, or returns its error:
//   PROCSPEC_ASSIGN_OR_RETURN(auto queue, args.Get<Queue>(0));
#define PROCSPEC_ASSIGN_OR_RETURN(declaration, expression)          \
  PROCSPEC_ASSIGN_OR_RETURN_IMPL_(                                  \
      PROCSPEC_CONCAT_(procspec_status_or_, __LINE__), declaration, \
      expression)

#define PROCSPEC_ASSIGN_OR_RETURN_IMPL_(temporary, declaration, expression) \
  auto temporary = (expression);                                            \
  if (!temporary.ok()) return std::move(temporary).status();                \
  declaration = *std::move(temporary)

#define PROCSPEC_CONCAT_(a, b) PROCSPEC_CONCAT_IMPL_(a, b)
#define PROCSPEC_CONCAT_IMPL_(a, b) a##b

#endif  // PROCSPEC_SPEC_STATUS_MACROS_H_
