// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/state.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/temporary_directory.hpp"
#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace state_test {

using test::TemporaryDirectory;

TEST(LabState, WhatIsWrittenIsReadAgain) {
  const TemporaryDirectory directory;
  StateFile file(directory.file("."));
  file.update([](State& state) {
    state.name = "lab";
    state.file = "/lab.json";
    state.is_whole = true;
    state.document = {{"version", 1}};
    state.daemon = ProcessId{.pid = 17, .start = 4711};
    state.nodes["alice"] = {.is_up = true,
                            .since = 99,
                            .name_space = NamespaceRecord{"lab-alice", {.device = 4, .inode = 5}},
                            .processes = {{"web", {.pid = 18, .start = 4712}}}};
    state.stopped = {"bob"};
  });
  const auto found = StateFile::load(directory.file("."));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "lab");
  EXPECT_TRUE(found->is_whole);
  EXPECT_FALSE(found->keeper);
  EXPECT_EQ(found->daemon, (ProcessId{.pid = 17, .start = 4711}));
  const NodeRecord& alice = found->nodes.at("alice");
  EXPECT_EQ(alice.name_space->name, "lab-alice");
  EXPECT_EQ(alice.name_space->id.inode, 5U);
  EXPECT_EQ(alice.processes.at("web").start, 4712U);
  EXPECT_EQ(found->stopped, std::set<std::string>{"bob"});
}

TEST(LabState, AnotherBootHasLeftNothing) {
  const TemporaryDirectory directory;
  StateFile(directory.file(".")).update([](State& state) {
    state.name = "lab";
    state.boot = "another";
  });
  EXPECT_FALSE(StateFile::load(directory.file(".")));
}

TEST(LabState, FileThatIsNoneIsRefused) {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("state.json")) << "{}";
  EXPECT_THROW((void)StateFile::load(directory.file(".")), Failure);
}

}  // namespace state_test
}  // namespace tapswitch::lab
