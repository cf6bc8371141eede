# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0

"""wire_script: a testee that is a script, linked into the judge.

    load("@procspec//conformance/adapters/wire:script.bzl", "wire_script")

    wire_script(
        name = "testee_script",
        script = "testee.js",
    )

makes testee_script.h with `inline constexpr char kTesteeJs[]`, in no namespace: the
content of WireBackendEntry::script. So it is found from any workspace and sandbox.
"""

def wire_script(name, script, **kwargs):
    """A header for the srcs of the library that registers the backend.

    Args:
      name: of the header, without ".h".
      script: the file. It must not contain )~~" anywhere.
      **kwargs: of the genrule.
    """
    constant = "k" + "".join([w.capitalize() for w in script.replace("_", ".").split(".")])
    native.genrule(
        name = name,
        srcs = [script],
        outs = [name + ".h"],
        cmd = """
{
  echo '// Generated from %s.'
  echo '#pragma once'
  printf 'inline constexpr char %s[] = R"~~('
  cat $<
  echo ')~~";'
} > $@
""" % (script, constant),
        **kwargs
    )
