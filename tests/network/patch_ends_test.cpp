// SPDX-License-Identifier: Apache-2.0
#include "control/network/patch_ends.hpp"

#include <gtest/gtest.h>

#include "control/rpc/error.hpp"
#include "tests/network/stage.hpp"

namespace tapswitch::test {
namespace patch_ends_test {

using network::RunningPort;
using network::RunningSwitch;

class PatchEndsTest : public Stage {
 protected:
  static config::PortSpec tap(const std::string& name) {
    config::PortSpec spec;
    spec.name = name;
    return spec;
  }

  static config::PortSpec patch(const std::string& name, const std::string& peer) {
    config::PortSpec spec = tap(name);
    spec.far_end = config::PatchSpec{.peer = peer};
    return spec;
  }

  RunningPort& add_patch(RunningSwitch& home, const std::string& name, const std::string& peer) {
    RunningPort& port = add_port(home, name);
    port.spec = patch(name, peer);
    claims_.take(name, port.spec.far_end);
    return port;
  }

  void check(const RunningSwitch& home, const config::PortSpec& spec) {
    check_patch(inventory_, claims_, home, spec);
  }

  network::Claims claims_;
  RunningSwitch& left_ = add_switch("left");
  RunningSwitch& right_ = add_switch("right");
};

TEST_F(PatchEndsTest, SecondEndThatLeadsBackIsTheOtherEndOfTheFirst) {
  RunningPort& first = add_patch(left_, "a", "b");
  const config::PortSpec second = patch("b", "a");
  EXPECT_EQ(opposite_of(inventory_, first.spec), nullptr);
  EXPECT_NO_THROW(check(right_, second));
  EXPECT_EQ(opposite_of(inventory_, second), &first);
}

TEST_F(PatchEndsTest, PortThatIsNoPatchMayNotHaveTheNameOfAnEnd) {
  add_patch(left_, "a", "b");
  try {
    check(right_, tap("b"));
    FAIL() << "patch 'a' would lead to a TAP";
  } catch (const rpc::Error& error) {
    EXPECT_EQ(error.kind(), rpc::ErrorKind::conflict);
    EXPECT_EQ(error.to_json()["data"]["port"], "a");
  }
  EXPECT_NO_THROW(check(right_, tap("c")));
}

TEST_F(PatchEndsTest, PatchToAPortThatIsNoneIsRefused) {
  add_port(right_, "b");
  EXPECT_THROW(check(left_, patch("a", "b")), rpc::Error);
}

TEST_F(PatchEndsTest, RingIsRefusedAndTold) {
  add_patch(left_, "a", "b");
  add_patch(right_, "b", "a");
  add_patch(left_, "c", "d");
  try {
    check(right_, patch("d", "c"));
    FAIL() << "two switches are joined twice";
  } catch (const rpc::Error& error) {
    EXPECT_EQ(error.kind(), rpc::ErrorKind::conflict);
    EXPECT_EQ(error.to_json()["data"]["ring"].size(), 3U);
  }
}

}  // namespace patch_ends_test
}  // namespace tapswitch::test
