// SPDX-License-Identifier: Apache-2.0
#include "control/config/patches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapswitch::config {
namespace patches_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PatchesTest : public testing::Test {
 protected:
  // Both ends of a patch. The fault of the second, if it has one.
  std::optional<Patches::Fault> join(const std::string& one, const std::string& other) {
    const std::string name = std::to_string(++count_);
    EXPECT_FALSE(patches_.add("a" + name, one, "b" + name));
    return patches_.add("b" + name, other, "a" + name);
  }

  Patches patches_;
  int count_ = 0;
};

TEST_F(PatchesTest, TreeIsNoRing) {
  EXPECT_FALSE(join("root", "left"));
  EXPECT_FALSE(join("root", "right"));
  EXPECT_FALSE(join("left", "leaf"));
  EXPECT_FALSE(join("elsewhere", "alone"));
  EXPECT_FALSE(join("leaf", "elsewhere"));
}

TEST_F(PatchesTest, RingIsNamed) {
  EXPECT_FALSE(join("a", "b"));
  EXPECT_FALSE(join("b", "c"));
  EXPECT_FALSE(join("b", "x"));
  EXPECT_FALSE(join("c", "d"));
  const auto fault = join("d", "a");
  ASSERT_TRUE(fault);
  EXPECT_THAT(fault->ring, ElementsAre("d", "c", "b", "a", "d"));
  EXPECT_THAT(fault->problem, HasSubstr("d - c - b - a - d"));
}

TEST_F(PatchesTest, TwoPatchesBetweenTheSameSwitchesAreARing) {
  EXPECT_FALSE(join("a", "b"));
  EXPECT_THAT(join("a", "b")->ring, ElementsAre("a", "b", "a"));
  EXPECT_THAT(join("b", "a")->ring, ElementsAre("b", "a", "b"));
}

TEST_F(PatchesTest, BothEndsOnOneSwitchAreARing) {
  EXPECT_THAT(join("a", "a")->ring, ElementsAre("a", "a"));
}

TEST_F(PatchesTest, WhatIsAtFaultIsNotTakenIn) {
  EXPECT_FALSE(join("a", "b"));
  EXPECT_TRUE(join("a", "b"));
  EXPECT_FALSE(join("b", "c"));
}

class PatchesOfTreesTest : public PatchesTest {
 protected:
  PatchesOfTreesTest() {
    patches_ = Patches([](const std::string& home) { return home.starts_with("tree"); });
  }
};

TEST_F(PatchesOfTreesTest, RingOfTreesIsNone) {
  EXPECT_FALSE(join("tree1", "tree2"));
  EXPECT_FALSE(join("tree2", "tree3"));
  EXPECT_FALSE(join("tree3", "tree1"));
  EXPECT_FALSE(join("tree3", "tree1"));
  EXPECT_FALSE(join("tree1", "tree1"));
}

TEST_F(PatchesOfTreesTest, RingInWhichOneHasNoTreeIsOne) {
  EXPECT_FALSE(join("tree1", "plain"));
  EXPECT_FALSE(join("plain", "tree2"));
  EXPECT_THAT(join("tree1", "tree2")->ring, ElementsAre("tree1", "plain", "tree2", "tree1"));
  EXPECT_FALSE(join("tree2", "tree3"));
  EXPECT_FALSE(join("tree3", "tree2"));
  EXPECT_TRUE(join("tree3", "plain"));
}

TEST_F(PatchesTest, OneEndAloneJoinsNothing) {
  EXPECT_FALSE(patches_.add("one", "a", "other"));
  EXPECT_FALSE(join("a", "b"));
  EXPECT_THAT(patches_.add("other", "b", "one")->ring, ElementsAre("a", "b", "a"));
}

TEST_F(PatchesTest, EndsNameEachOther) {
  EXPECT_FALSE(patches_.add("one", "a", "other"));
  const auto third = patches_.add("third", "b", "one");
  ASSERT_TRUE(third);
  EXPECT_THAT(third->ring, IsEmpty());
  EXPECT_THAT(third->problem, HasSubstr("patch 'one' leads to 'other'"));
  EXPECT_THAT(patches_.add("other", "b", "third")->problem,
              HasSubstr("patch 'one' leads to this port"));
  EXPECT_FALSE(patches_.add("other", "b", "one"));
}

}  // namespace patches_test
}  // namespace tapswitch::config
