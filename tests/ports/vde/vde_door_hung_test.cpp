// SPDX-License-Identifier: Apache-2.0
// The door where a file system does not answer: that of its own directory, or that of a client.
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/ports/vde/vde_door_fixture.hpp"
#include "tests/support/hung_file_system.hpp"
#include "tests/support/root.hpp"

namespace tapswitch::test {
namespace vde_door_hung_test {

class VdeDoorAndHungFiles : public VdeDoorTest {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    if (!hung_.is_mounted()) {
      GTEST_SKIP() << "this kernel has no FUSE";
    }
    VdeDoorTest::SetUp();
  }

  // Asks for a client whose socket is where nobody answers.
  bool ask_for_hung(StreamPeer& peer) {
    Request request;
    request.address.sun_family = AF_UNIX;
    const std::string path = hung_.path() + "/socket";
    request.address.sun_path[path.copy(request.address.sun_path, path.size())] = '\0';
    return peer.write(std::as_bytes(std::span(&request, 1)));
  }

  HungFileSystem hung_{directory_.file("hung")};  // before any thread starts that may wait
};

TEST_F(VdeDoorAndHungFiles, DirectoryThatDoesNotAnswerIsRefusedInTime) {
  for (const std::string& directory :
       {hung_.path() + "/vde", hung_.path() + "/vde", hung_.path()}) {
    const auto began = std::chrono::steady_clock::now();
    const auto door = VdeDoor::open({.directory = directory, .access = {}});
    ASSERT_FALSE(door);
    EXPECT_EQ(door.error().number, ETIMEDOUT);
    EXPECT_LT(std::chrono::steady_clock::now() - began, patience);
  }
}

// Neither the door nor whoever has it answer waits for it.
TEST_F(VdeDoorAndHungFiles, ClientWhoseFileSystemDoesNotAnswerIsHungUpOn) {
  std::vector<StreamPeer> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(control_);
    ASSERT_TRUE(ask_for_hung(waiting.back()));
    work();
  }
  EXPECT_FALSE(door_->take_guest());
  for (StreamPeer& peer : waiting) {
    EXPECT_TRUE(is_hung_up_on(peer));
  }
  // Our socket for them is gone, though a thread waits still.
  EXPECT_FALSE(std::filesystem::exists(place_ + "/001.FD"));
}

// The last one to ask and one more are told of at once.
TEST_F(VdeDoorAndHungFiles, NobodyIsTakenInWhereAllHaveAsked) {
  std::vector<StreamPeer> asking;
  for (std::size_t i = 0; i < VdeDoor::max_callers; ++i) {
    asking.emplace_back(control_);
    work();
  }
  for (StreamPeer& peer : asking) {
    ASSERT_TRUE(ask_for_hung(peer));
  }
  VdeClient bob = client();
  ASSERT_TRUE(bob.write(bob.request()));
  work();
  EXPECT_FALSE(door_->take_guest());
  EXPECT_FALSE(asking.front().has_ended());
  EXPECT_TRUE(is_hung_up_on(asking.front())) << "those before him have had their time";
}

}  // namespace vde_door_hung_test
}  // namespace tapswitch::test
