# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""Debian's Clang with the system's libstdc++, for this machine."""

load("@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl", "feature", "tool_path")
load("//tools/bazel:toolchain.bzl", "COMPILE", "LINK", "REPRODUCIBLE", "flags")

def _impl(ctx):
    tools = {
        "ar": "/usr/bin/ar",
        "cpp": "/usr/bin/clang-cpp-14",
        "dwp": "/bin/false",
        "gcc": "/usr/bin/clang-14",
        "gcov": "/bin/false",
        "ld": "/usr/bin/ld",
        "nm": "/usr/bin/nm",
        "objcopy": "/usr/bin/objcopy",
        "objdump": "/usr/bin/objdump",
        "strip": "/usr/bin/strip",
    }
    features = [
        feature(name = "dbg"),
        feature(name = "fastbuild"),
        feature(name = "opt"),
        feature(name = "static_linking_mode"),
        feature(
            name = "default_compile_flags",
            enabled = True,
            flag_sets = [flags(COMPILE, ["-no-canonical-prefixes"] + REPRODUCIBLE)],
        ),
        # Behind all objects: the linker goes from left to right.
        feature(
            name = "default_link_libs",
            enabled = True,
            flag_sets = [flags(LINK, ["-lstdc++", "-lm"])],
        ),
    ]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        toolchain_identifier = "clang",
        host_system_name = "local",
        target_system_name = "local",
        target_cpu = "k8",
        target_libc = "local",
        compiler = "clang",
        abi_version = "local",
        abi_libc_version = "local",
        features = features,
        cxx_builtin_include_directories = [
            "/usr/include",
            "/usr/lib/gcc",
            "/usr/lib/clang",
        ],
        tool_paths = [tool_path(name = name, path = path) for name, path in tools.items()],
    )

clang_toolchain_config = rule(
    implementation = _impl,
    provides = [CcToolchainConfigInfo],
)
