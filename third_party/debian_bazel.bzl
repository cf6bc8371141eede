# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""What Debian's Bazel (bazel-bootstrap 4.2.3) would otherwise download.

Its embedded tools load @rules_cc and @rules_java, and every test depends on
@remote_coverage_tools. Debian's own rules_cc package is made for a later Bazel
and does not load in this one. The native rules are all that is needed.
"""

_CC = ["cc_binary", "cc_import", "cc_library", "cc_test", "cc_toolchain", "cc_toolchain_suite", "fdo_prefetch_hints", "fdo_profile", "objc_import", "objc_library"]
_JAVA = ["java_binary", "java_import", "java_library", "java_package_configuration", "java_plugin", "java_runtime", "java_test", "java_toolchain"]

def _native_rules_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)
    ctx.file(ctx.attr.package + "/BUILD.bazel", "exports_files([\"defs.bzl\"])\n")
    ctx.file(ctx.attr.package + "/defs.bzl", "".join([
        "%s = native.%s\n" % (rule, rule)
        for rule in ctx.attr.rules
    ]))

_native_rules = repository_rule(
    implementation = _native_rules_impl,
    attrs = {
        "package": attr.string(mandatory = True),
        "rules": attr.string_list(mandatory = True),
    },
)

def _no_coverage_tools_impl(ctx):
    # `bazel coverage` is not served; `bazel test` only wants the names.
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)
    ctx.file("no_coverage.sh", "#!/bin/sh\necho 'no coverage tools with this Bazel' >&2\nexit 1\n", executable = True)
    ctx.file("BUILD.bazel", "".join([
        "sh_binary(name = %r, srcs = [\"no_coverage.sh\"], visibility = [\"//visibility:public\"])\n" % name
        for name in ["lcov_merger", "coverage_report_generator"]
    ]))

_no_coverage_tools = repository_rule(implementation = _no_coverage_tools_impl)

def _debian_local_impl(ctx):
    path = ctx.path(ctx.attr.path)
    if not path.exists:
        fail("%s is missing: run tools/setup (package %s)" % (path, ctx.attr.package))
    for entry in path.readdir():
        ctx.symlink(entry, entry.basename)

_debian_local = repository_rule(
    implementation = _debian_local_impl,
    local = True,
    attrs = {
        "package": attr.string(mandatory = True),
        "path": attr.string(mandatory = True),
    },
)

def debian_bazel_repositories():
    _native_rules(name = "rules_cc", package = "cc", rules = _CC)
    _native_rules(name = "rules_java", package = "java", rules = _JAVA)
    _no_coverage_tools(name = "remote_coverage_tools")
    _debian_local(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib", package = "bazel-skylib")

    # Bazel's own copy of platforms has no wasm, which Abseil mentions.
    _debian_local(name = "platforms", path = "/usr/share/bazel/tools/platforms", package = "bazel-platforms")
