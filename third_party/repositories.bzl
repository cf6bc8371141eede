# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""Where the libraries come from that are not ours: see README.md here."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")

def _source_archive_impl(ctx):
    archive = ctx.attr.debian_archive
    log = "(there is no apt-get)"
    if ctx.which("apt-get"):
        result = ctx.execute([ctx.path(ctx.attr._script), archive, ctx.attr.debian_sha256, "."])
        log = result.stdout + result.stderr
    if ctx.path(archive).exists:
        ctx.extract(archive, stripPrefix = ctx.attr.debian_prefix)
        ctx.delete(archive)
    else:
        result = ctx.download_and_extract(
            url = ctx.attr.url,
            sha256 = ctx.attr.sha256,
            stripPrefix = ctx.attr.prefix,
            allow_fail = True,
        )
        if not result.success:
            fail("\n".join([
                "cannot get the source of @%s." % ctx.name,
                "Tried: Debian's source package (%s), then %s" % (archive, ctx.attr.url),
                "Remedy: give this machine a Debian 12 mirror (`apt-get update` must work) or access",
                "to that address, or put %s into ~/.cache/procspec/" % archive,
                "What apt-get said:",
                log,
            ]))
    if ctx.attr.build_file:
        ctx.delete("BUILD.bazel")
        ctx.symlink(ctx.attr.build_file, "BUILD.bazel")
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)

_source_archive = repository_rule(
    doc = "A library built from source: out of Debian's source package, else from the project.",
    implementation = _source_archive_impl,
    attrs = {
        "build_file": attr.label(allow_single_file = True),
        "debian_archive": attr.string(mandatory = True, doc = "PACKAGE_VERSION.orig.tar.gz"),
        "debian_prefix": attr.string(mandatory = True),
        "debian_sha256": attr.string(mandatory = True),
        "prefix": attr.string(mandatory = True),
        "sha256": attr.string(mandatory = True),
        "url": attr.string(mandatory = True),
        "_script": attr.label(default = "//third_party:debian_orig_tarball.sh"),
    },
)

def _system_headers_impl(ctx):
    for name in ctx.attr.headers:
        path = ctx.path("/usr/include/" + name)
        if not path.exists:
            fail("%s is missing: run tools/setup (package %s)" % (path, ctx.attr.package))
        ctx.symlink(path, "include/" + name)
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)

_system_headers = repository_rule(
    doc = "A header-only library of the system: only its own headers, not all of /usr/include.",
    implementation = _system_headers_impl,
    local = True,
    attrs = {
        "build_file": attr.label(allow_single_file = True, mandatory = True),
        "headers": attr.string_list(mandatory = True, doc = "below /usr/include"),
        "package": attr.string(mandatory = True),
    },
)

def source_repositories():
    """What is built from source, so that flags and sanitizers reach it."""
    _source_archive(
        name = "com_google_absl",
        debian_archive = "abseil_20220623.1.orig.tar.gz",
        debian_prefix = "abseil-20220623.1",
        debian_sha256 = "abfe2897f3a30edaa74bc34365afe3c2a3cd012091a97dc7e008f7016adcd5fe",
        prefix = "abseil-cpp-20220623.1",
        sha256 = "91ac87d30cc6d79f9ab974c51874a704de9c2647c40f6932597329a282217ba8",
        url = "https://github.com/abseil/abseil-cpp/archive/refs/tags/20220623.1.tar.gz",
    )
    _source_archive(
        name = "com_google_googletest",
        debian_archive = "googletest_1.12.1.orig.tar.gz",
        debian_prefix = "googletest-release-1.12.1",
        debian_sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        prefix = "googletest-release-1.12.1",
        sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        url = "https://github.com/google/googletest/archive/refs/tags/release-1.12.1.tar.gz",
    )
    _source_archive(
        name = "com_github_google_benchmark",
        build_file = Label("//third_party:benchmark.BUILD"),
        debian_archive = "benchmark_1.7.1.orig.tar.gz",
        debian_prefix = "benchmark-1.7.1",
        debian_sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        prefix = "benchmark-1.7.1",
        sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        url = "https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz",
    )

def system_repositories():
    """What comes from system packages (tools/setup installs them)."""
    _system_headers(
        name = "cli11",
        build_file = Label("//third_party:cli11.BUILD"),
        headers = ["CLI"],
        package = "libcli11-dev",
    )
    _system_headers(
        name = "msgpack",
        build_file = Label("//third_party:msgpack.BUILD"),
        headers = ["msgpack", "msgpack.hpp"],
        package = "libmsgpack-cxx-dev",
    )
    _system_headers(
        name = "nlohmann_json",
        build_file = Label("//third_party:nlohmann_json.BUILD"),
        headers = ["nlohmann"],
        package = "nlohmann-json3-dev",
    )

def release_bazel_repositories():
    """What a release of Bazel needs beside its own parts."""
    http_archive(
        name = "rules_cc",
        sha256 = "2037875b9a4456dce4a79d112a8ae885bbc4aad968e6587dca6e64f3a0900cdf",
        strip_prefix = "rules_cc-0.0.9",
        url = "https://github.com/bazelbuild/rules_cc/releases/download/0.0.9/rules_cc-0.0.9.tar.gz",
    )
    http_archive(
        name = "bazel_skylib",
        sha256 = "66ffd9315665bfaafc96b52278f57c7e2dd09f5ede279ea6d39b2be471e7e3aa",
        url = "https://github.com/bazelbuild/bazel-skylib/releases/download/1.4.2/bazel-skylib-1.4.2.tar.gz",
    )
    http_archive(
        name = "platforms",
        sha256 = "8150406605389ececb6da07cbcb509d5637a3ab9a24bc69b1101531367d89d74",
        url = "https://github.com/bazelbuild/platforms/releases/download/0.0.8/platforms-0.0.8.tar.gz",
    )
