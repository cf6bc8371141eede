# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""What differs from one operating system to another in a BUILD file."""

_WINDOWS = str(Label("@platforms//os:windows"))

def os_sources(modules):
    """x_windows.cc or x_posix.cc of each module x, for srcs."""
    return select({
        _WINDOWS: [module + "_windows.cc" for module in modules],
        "//conditions:default": [module + "_posix.cc" for module in modules],
    })

def windows_only(items):
    """The items on Windows, nothing elsewhere: for deps."""
    return select({
        _WINDOWS: items,
        "//conditions:default": [],
    })

# For target_compatible_with. Whoever uses it says why beside it.
POSIX_ONLY = select({
    _WINDOWS: ["@platforms//:incompatible"],
    "//conditions:default": [],
})

def os_deps(posix = [], windows = []):
    """What only one half of a module needs, for deps."""
    return select({
        _WINDOWS: windows,
        "//conditions:default": posix,
    })

WINDOWS_ONLY = ["@platforms//os:windows"]
