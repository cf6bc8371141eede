// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include <fstream>
#include <iterator>

#include "conformance/zoo/hostile.h"

namespace procspec::zoo {

Scene CurrentScene() {
  Scene scene;
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  for (std::string argument; std::getline(in, argument, '\0');) {
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
