# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""cc_library, cc_binary and cc_test with the flags of our own code."""

load("@rules_cc//cc:defs.bzl", _cc_binary = "cc_binary", _cc_library = "cc_library", _cc_test = "cc_test")
load(":copts.bzl", "PROCSPEC_COPTS")

_USE_PCH = str(Label("//tools/bazel/pch:use"))

def _ours(attributes, pch):
    return dict(
        attributes,
        copts = PROCSPEC_COPTS + select({
            _USE_PCH: ["-Winvalid-pch", "-include", "tools/bazel/pch/%s.h" % pch],
            "//conditions:default": [],
        }),
        deps = attributes.get("deps", []) + select({
            _USE_PCH: [str(Label("//tools/bazel/pch:" + pch))],
            "//conditions:default": [],
        }),
    )

def cc_library(**attributes):
    _cc_library(**(_ours(attributes, "library") if "srcs" in attributes else attributes))

def cc_binary(**attributes):
    _cc_binary(**_ours(attributes, "library"))

def cc_test(**attributes):
    _cc_test(**_ours(attributes, "test"))
