// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>
#include <utility>

#include "conformance/zoo/hostile.h"
#include "conformance/zoo/tools.h"

namespace procspec::zoo {

Scene CurrentScene() {
  Scene scene;
  for (const std::string& argument : OwnArguments()) {
    for (auto [option, value] : {std::pair<std::string_view, std::string*>(
                                     "--backend=", &scene.backend),
                                 {"--case=", &scene.case_name},
                                 {"--dir=", &scene.directory}}) {
      if (argument.starts_with(option)) {
        *value = argument.substr(option.size());
      }
    }
  }
  return scene;
}

}  // namespace procspec::zoo
