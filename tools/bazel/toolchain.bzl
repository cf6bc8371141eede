# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""What the compilers of clang and mingw have in common."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl", "flag_group", "flag_set", "with_feature_set")
load("@rules_cc//cc:defs.bzl", "cc_toolchain")

COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
    ACTION_NAMES.linkstamp_compile,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
]

LINK = [
    ACTION_NAMES.cpp_link_executable,
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]

# For COMPILE: the same output at any time.
REPRODUCIBLE = [
    "-Wno-builtin-macro-redefined",
    "-D__DATE__=\"redacted\"",
    "-D__TIMESTAMP__=\"redacted\"",
    "-D__TIME__=\"redacted\"",
]

def flags(actions, flags, only_with = None):
    """A flag_set of these flags; with only_with, where that feature is on."""
    return flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags)],
        with_features = [with_feature_set(features = [only_with])] if only_with else [],
    )

def system_toolchain(config, exec_compatible_with, target_compatible_with):
    """:toolchain, of the tools that `config` names by their paths on the system."""
    native.filegroup(name = "none")
    cc_toolchain(
        name = "cc_toolchain",
        all_files = ":none",
        compiler_files = ":none",
        dwp_files = ":none",
        linker_files = ":none",
        objcopy_files = ":none",
        strip_files = ":none",
        toolchain_config = config,
    )
    native.toolchain(
        name = "toolchain",
        exec_compatible_with = exec_compatible_with,
        target_compatible_with = target_compatible_with,
        toolchain = ":cc_toolchain",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )
