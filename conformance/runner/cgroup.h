// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef PROCSPEC_CONFORMANCE_RUNNER_CGROUP_H_
#define PROCSPEC_CONFORMANCE_RUNNER_CGROUP_H_

#include <string>

// Control groups (version 2), where this process may make them: all that is
// born in one is ended by one write, however fast it forks. They complement the
// sub-reaper, which sees and adopts everything but ends it one by one.
//
// A group is named by the path of its directory.

namespace procspec::runner {

// Where groups for programs can be made: the group of this process. Empty if
// they cannot; tries it with a child. Removes the groups that killed runners
// have left there.
std::string CgroupParent();

// A new group; empty if there can be no other one.
std::string MakeCgroup(const std::string& parent);

// Forks into the group, which only works at a birth, or simply if the group is
// empty or does not take it. As fork(): 0 in the child, negative on an error;
// but the parent waits until the child has become another program or has ended.
// For a process with one thread; the child may do no more than after vfork(),
// except that its memory is its own.
int ForkIntoCgroup(const std::string& group);

// Ends all that is in the group, at once. False if that cannot be done.
bool KillCgroup(const std::string& group);

// Nothing that lives may be in it. An empty name is no group.
void RemoveCgroup(const std::string& group);

}  // namespace procspec::runner

#endif  // PROCSPEC_CONFORMANCE_RUNNER_CGROUP_H_
