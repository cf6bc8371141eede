# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""Compiler flags of our own targets.

External code is compiled without warnings (.bazelrc); the language standard and
the optimization level, which must be the same everywhere, are in .bazelrc too.
"""

_BOTH = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wmissing-declarations",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wshadow",
    "-Wvla",

    # It speaks against designated initializers, which name what differs from the
    # defaults and leave out the rest.
    "-Wno-missing-field-initializers",
]

_GCC = _BOTH + [
    # GCC 12 takes a moved std::variant, hence a Value, for uninitialized.
    "-Wno-maybe-uninitialized",

    # GCC 12 sees an overlap and an overrun in std::string's own code: GCC bugs
    # 105329 and 105651.
    "-Wno-array-bounds",
    "-Wno-restrict",
]

# The compilers of Windows itself, with which nobody has built this yet.
_CL = ["/W3"]

PROCSPEC_COPTS = select({
    "@bazel_tools//tools/cpp:clang": _BOTH,
    "@bazel_tools//tools/cpp:clang-cl": _CL,
    "@bazel_tools//tools/cpp:msvc": _CL,
    "//conditions:default": _GCC,
})
