# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""cc_library, cc_binary and cc_test with the flags of our own code."""

load("@rules_cc//cc:defs.bzl", _cc_binary = "cc_binary", _cc_library = "cc_library", _cc_test = "cc_test")
load(":copts.bzl", "PROCSPEC_COPTS")

_PCH = Label("//tools/bazel/pch")
_CLANG = str(_PCH.relative(":clang"))
_GCC = str(_PCH.relative(":gcc"))

def _ours(attributes, pch):
    header = "%s/%s.h" % (_PCH.package, pch)
    precompiled = [str(_PCH.relative(":" + pch))]
    return dict(
        attributes,
        copts = PROCSPEC_COPTS + select({
            # Which looks only where the path says, not where other headers are.
            _CLANG: ["-include", "$(BINDIR)/" + header],
            _GCC: ["-Winvalid-pch", "-include", header],
            "//conditions:default": [],
        }),
        deps = attributes.get("deps", []) + select({
            _CLANG: precompiled,
            _GCC: precompiled,
            "//conditions:default": [],
        }),
    )

def cc_library(**attributes):
    _cc_library(**(_ours(attributes, "library") if "srcs" in attributes else attributes))

def cc_binary(**attributes):
    _cc_binary(**_ours(attributes, "library"))

def cc_test(**attributes):
    _cc_test(**_ours(attributes, "test"))
