# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""A precompiled header, for which Bazel 4 has no rule."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    clang = toolchain.compiler == "clang"
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

    # Not where the source is: GCC looks for x.gch beside the first x it finds.
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    compiled = ctx.actions.declare_file(ctx.label.name + ".h.gch")
    ctx.actions.symlink(output = header, target_file = ctx.file.header)
    included = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = header.path,
        output_file = compiled.path,
        quote_include_directories = depset(["."], transitive = [included.quote_includes]),
        include_directories = included.includes,
        system_include_directories = included.system_includes,
        preprocessor_defines = included.defines,
        # A compiler uses it only where these are the same. Clang would also compare
        # times, which for Bazel are no change.
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts +
                             ctx.attr.copts + ["-w", "-x", "c++-header"] +
                             (["-Xclang", "-fno-pch-timestamp"] if clang else []),
        use_pic = toolchain.needs_pic_for_dynamic_libraries(feature_configuration = features),
    )
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
        ),
        arguments = cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
        inputs = depset(
            [header, ctx.file.header] + ctx.files.includes,
            transitive = [included.headers, toolchain.all_files],
        ),
        outputs = [compiled],
        mnemonic = "PrecompileHeader",
        # Clang's names the folder of this build: nothing for others.
        execution_requirements = {"no-cache": "1"} if clang else {},
        progress_message = "Precompiling %s" % ctx.file.header.short_path,
    )
    return [CcInfo(compilation_context = cc_common.create_compilation_context(
        # Clang says that a file which uses it has read all of these.
        headers = depset(
            [header, compiled] + (ctx.files.includes if clang else []),
            transitive = [included.headers] if clang else [],
        ),
    ))]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    doc = """Compiles `header`, which includes `includes` and headers of `deps`.

    Who depends on this compiles with -include PACKAGE/NAME.h. It does not inherit `deps`.""",
    attrs = {
        "header": attr.label(allow_single_file = [".h"], mandatory = True),
        "copts": attr.string_list(),
        "includes": attr.label_list(allow_files = [".h"]),
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
    fragments = ["cpp"],
)
