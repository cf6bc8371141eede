# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""cc_library, cc_binary and cc_test with the flags of our own code."""

load("@rules_cc//cc:defs.bzl", _cc_binary = "cc_binary", _cc_library = "cc_library", _cc_test = "cc_test")
load(":copts.bzl", "PROCSPEC_COPTS")

def cc_library(**attributes):
    _cc_library(copts = PROCSPEC_COPTS, **attributes)

def cc_binary(**attributes):
    _cc_binary(copts = PROCSPEC_COPTS, **attributes)

def cc_test(**attributes):
    _cc_test(copts = PROCSPEC_COPTS, **attributes)
