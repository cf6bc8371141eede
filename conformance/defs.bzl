# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""conformance_test: judges a backend under `bazel test`.

    load("@procspec//conformance:defs.bzl", "conformance_test")

    conformance_test(
        name = "my_backend_conformance",
        backend = "mine",
        backend_deps = [":my_backend"],
    )

The backend's library registers it (conformance/harness/backend_registry.h) and is
linked with alwayslink = True. The same runner as `procspec run` judges it; its
log and reports are the test's undeclared outputs. Known deviations are given by
`expectations = "mine_expectations.json"`. It ends shortly before the test's
timeout would, and says what it has not run; shard_count is heeded. A backend that
is not available here (BackendEntry::unavailable) fails the test if it is the only
one, with the reason; beside others it is UNSUPPORTED, and the others are judged.

    bazel test //:my_backend_conformance
    bazel test //:my_backend_conformance --test_filter='queue.*'
    bazel run //:my_backend_conformance -- --only=queue.put.timeout-full
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")

_CASES = str(Label("//conformance/cases:all"))
_MAIN = str(Label("//conformance/harness:testee_main"))
_RUNNER = str(Label("//conformance/runner:procspec"))
_SCRIPT = str(Label("//conformance:conformance_test.sh"))

def conformance_test(
        name,
        backend,
        backend_deps = [],
        testee = None,
        expectations = [],
        args = [],
        **kwargs):
    """A test that passes if every `must` that applies to the backend holds or is expected not to.

    Args:
      name: the test's name.
      backend: the name the backend is registered by, or several by commas.
      backend_deps: the libraries that register it.
      testee: a testee that has it already, instead of backend_deps.
      expectations: the file of known deviations, or a list with one for each backend
        (conformance/runner/expectations.schema.json). An alias with a select() gives
        each platform its own.
      args: more arguments of `procspec run`.
      **kwargs: of the test: size, tags, data ...
    """
    if bool(backend_deps) == bool(testee):
        fail("conformance_test %s: give either backend_deps or testee" % name)
    if not testee:
        testee = name + "_testee"
        cc_binary(
            name = testee,
            testonly = True,
            deps = backend_deps + [_CASES, _MAIN],
            tags = kwargs.get("tags", []),
        )
    if type(expectations) == "string":
        expectations = [expectations]
    files = ",".join(["$(rootpath %s)" % e for e in expectations])
    kwargs.setdefault("size", "medium")
    native.sh_test(
        name = name,
        srcs = [_SCRIPT],
        args = [
            "$(rootpath %s)" % _RUNNER,
            "$(rootpath %s)" % testee,
            "--backend=" + backend,
        ] + (["--expectations=" + files] if expectations else []) + args,
        data = kwargs.pop("data", []) + expectations + [
            _RUNNER,
            testee,
        ],
        **kwargs
    )
