# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""Everything WORKSPACE names."""

load(":debian_bazel.bzl", "debian_bazel_repositories")
load(":repositories.bzl", "release_bazel_repositories", "source_repositories", "system_repositories")

def procspec_repositories():
    # Debian's own build of Bazel has no version; native.bazel_version can be
    # read only here, in a macro called from WORKSPACE.
    if native.bazel_version:
        release_bazel_repositories()
    else:
        debian_bazel_repositories()
    source_repositories()
    system_repositories()
