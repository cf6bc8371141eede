# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""MinGW-w64 of Debian (posix threads), as a compiler for Windows that runs on Linux."""

load("@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl", "artifact_name_pattern", "feature", "tool_path")
load("//tools/bazel:toolchain.bzl", "COMPILE", "LINK", "REPRODUCIBLE", "flags")

def _impl(ctx):
    prefix = "/usr/bin/x86_64-w64-mingw32-"
    tools = {
        "ar": prefix + "ar",
        "cpp": prefix + "cpp-posix",
        "dwp": "/bin/false",
        "gcc": prefix + "gcc-posix",
        "gcov": prefix + "gcov-posix",
        "ld": prefix + "ld",
        "nm": prefix + "nm",
        "objcopy": prefix + "objcopy",
        "objdump": prefix + "objdump",
        "strip": prefix + "strip",
    }
    features = [
        feature(name = "targets_windows", enabled = True),
        feature(name = "dbg"),
        feature(name = "fastbuild"),
        feature(name = "opt"),
        feature(name = "static_linking_mode"),
        feature(
            name = "default_compile_flags",
            enabled = True,
            flag_sets = [
                flags(COMPILE, REPRODUCIBLE + [
                    "-fno-canonical-system-headers",
                    # A large test has more sections than the older format can count.
                    "-Wa,-mbig-obj",
                    # Windows 10: what the headers declare.
                    "-D_WIN32_WINNT=0x0A00",
                    "-DWIN32_LEAN_AND_MEAN",
                    "-DNOMINMAX",
                ]),
                flags(COMPILE, ["-g"], only_with = "dbg"),
                flags(COMPILE, ["-g0", "-DNDEBUG"], only_with = "opt"),
            ],
        ),
        feature(
            name = "default_link_flags",
            enabled = True,
            flag_sets = [
                # One file a program: libstdc++, libgcc and winpthread go inside.
                flags(LINK, ["-static"]),
                flags(LINK, ["-Wl,--strip-debug"]),
            ],
        ),
        # Behind all objects: the linker goes from left to right.
        feature(
            name = "default_link_libs",
            enabled = True,
            flag_sets = [flags(LINK, [
                "-lstdc++",
                "-lsynchronization",  # WaitOnAddress
                "-ldbghelp",  # absl/debugging:symbolize
                "-lbcrypt",  # random numbers
                "-ladvapi32",
            ])],
        ),
    ]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        toolchain_identifier = "mingw-w64-x86_64",
        host_system_name = "local",
        target_system_name = "x86_64-w64-mingw32",
        target_cpu = "x64_windows",
        target_libc = "mingw",
        compiler = "mingw-gcc",
        abi_version = "mingw",
        abi_libc_version = "mingw",
        features = features,
        artifact_name_patterns = [
            artifact_name_pattern(category_name = "executable", prefix = "", extension = ".exe"),
            artifact_name_pattern(category_name = "dynamic_library", prefix = "", extension = ".dll"),
        ],
        cxx_builtin_include_directories = [
            "/usr/lib/gcc/x86_64-w64-mingw32",
            "/usr/share/mingw-w64/include",
            "/usr/x86_64-w64-mingw32/include",
        ],
        tool_paths = [tool_path(name = name, path = path) for name, path in tools.items()],
    )

mingw_toolchain_config = rule(
    implementation = _impl,
    provides = [CcToolchainConfigInfo],
)
