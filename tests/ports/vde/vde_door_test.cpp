// SPDX-License-Identifier: Apache-2.0
// The door with clients that speak as the test likes. Those of others are in
// tests/integration/test_vde.py.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ports/vde/vde_door_fixture.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/root.hpp"

namespace tapswitch::test {
namespace vde_door_test {

TEST_F(VdeDoorTest, ClientComesInAndFramesCrossBothWays) {
  VdeClient alice = client();
  const auto guest = take_in(alice);
  ASSERT_TRUE(guest);
  EXPECT_EQ(guest->number(), 1U);
  EXPECT_EQ(guest->description(), "a test");
  EXPECT_EQ(alice.place(), place_ + "/001.FD");
  EXPECT_TRUE(guest->link().has_carrier);
  for (const std::size_t size : {0U, 46U, 1500U}) {
    const Bytes frame = FrameBuilder().payload(size).build();
    ASSERT_TRUE(alice.send(frame));
    ASSERT_EQ(next(*guest), ReceiveStatus::received);
    EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame));
    EXPECT_EQ(guest->send(buffer_), SendStatus::sent);
    EXPECT_EQ(alice.wait_for_frame(), frame);
  }
  EXPECT_EQ(guest->receive(0, buffer_), ReceiveStatus::empty);
}

TEST_F(VdeDoorTest, EachClientHasAPortOfItsOwnAndNumbersAreUsedAgain) {
  VdeClient alice = client();
  VdeClient bob = client();
  auto guest = take_in(alice);
  const auto second = take_in(bob);
  ASSERT_TRUE(guest && second);
  EXPECT_EQ(second->number(), 2U);
  guest.reset();
  EXPECT_TRUE(alice.wait_for_end());
  EXPECT_FALSE(std::filesystem::exists(place_ + "/001.FD"));
  VdeClient carol = client();
  EXPECT_EQ(take_in(carol)->number(), 1U);
}

TEST_F(VdeDoorTest, WishedNumberIsGivenOnce) {
  VdeClient alice = client();
  const auto guest = take_in(alice, 5);
  ASSERT_TRUE(guest);
  EXPECT_EQ(guest->number(), 5U);
  for (const std::uint32_t number : {5U, 257U, 0xffffffU}) {
    VdeClient bob = client();
    Request request = bob.request();
    request.type = number << 8;
    ASSERT_TRUE(bob.write(request));
    EXPECT_TRUE(is_hung_up_on(bob)) << number;
  }
}

TEST_F(VdeDoorTest, ClientThatGoesTakesItsPortWithIt) {
  VdeClient alice = client();
  const auto guest = take_in(alice);
  ASSERT_TRUE(guest);
  ASSERT_TRUE(alice.send(FrameBuilder().build()));
  alice.leave();
  EXPECT_EQ(next(*guest), ReceiveStatus::received);
  EXPECT_EQ(next(*guest), ReceiveStatus::gone);
  EXPECT_EQ(next(*guest), ReceiveStatus::gone);
  EXPECT_FALSE(guest->link().is_present);
}

TEST_F(VdeDoorTest, WhoSaysNonsenseIsHungUpOn) {
  VdeClient mallory = client();
  Request request = mallory.request();
  request.version = 2;
  ASSERT_TRUE(mallory.write(request));
  EXPECT_TRUE(is_hung_up_on(mallory));
  VdeClient alice = client();
  EXPECT_TRUE(take_in(alice));
}

TEST_F(VdeDoorTest, RequestMayComeInPieces) {
  VdeClient alice = client();
  StreamPeer peer(control_);
  const Request request = alice.request();
  const auto bytes = std::as_bytes(std::span(&request, 1));
  ASSERT_TRUE(peer.write(bytes.first(50)));
  work();
  ASSERT_TRUE(peer.write(bytes.subspan(50)));
  EXPECT_TRUE(next_guest());
}

TEST_F(VdeDoorTest, SocketThatIsNotThereIsRefused) {
  VdeClient alice = client();
  for (const char* path : {"/no/such/socket", "relative", "/etc/hostname", ""}) {
    StreamPeer peer(control_);
    Request request = alice.request();
    std::strncpy(request.address.sun_path, path, sizeof request.address.sun_path - 1);
    ASSERT_TRUE(peer.write(std::as_bytes(std::span(&request, 1))));
    EXPECT_TRUE(is_hung_up_on(peer)) << path;
  }
}

// Frames to it would come in by another guest, or this one, and so again without end.
TEST_F(VdeDoorTest, SocketOfTheSwitchItselfIsRefused) {
  VdeClient alice = client();
  const auto guest = take_in(alice);
  ASSERT_TRUE(guest);
  const std::string link = directory_.file("link");
  std::filesystem::create_hard_link(place_ + "/001.FD", link);
  // The paths are its own, that of another, and that of another by another name.
  for (const std::string& path : {place_ + "/002.FD", place_ + "/001.FD", link}) {
    StreamPeer peer(control_);
    Request request = alice.request();
    request.address.sun_path[path.copy(request.address.sun_path, path.size())] = '\0';
    ASSERT_TRUE(peer.write(std::as_bytes(std::span(&request, 1))));
    EXPECT_TRUE(is_hung_up_on(peer)) << path;
  }
  VdeClient bob = client();
  EXPECT_TRUE(take_in(bob));
}

// The daemon may send to any socket of the machine; who asks it may not have it do so.
TEST_F(VdeDoorTest, SocketOfAnotherUserIsRefused) {
  TAPSWITCH_REQUIRES_ROOT();
  constexpr gid_t group = 2345;
  open({.owner = {}, .group = group, .mode = {}});
  VdeClient root = client();
  const Request request = root.request();
  ASSERT_EQ(::chmod(std::filesystem::path(place_).parent_path().c_str(), 0755), 0);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(group, group, group) != 0 || ::setresuid(1234, 1234, 1234) != 0) {
      ::_exit(2);
    }
    StreamPeer mallory(control_);
    mallory.write(std::as_bytes(std::span(&request, 1)));
    const char is_connected = 1;
    (void)!::write(ends[1], &is_connected, 1);
    ::_exit(mallory.wait_for_end() ? 0 : 1);
  }
  ASSERT_TRUE(wait_until_readable(ends[0]));
  int status = -1;
  EXPECT_TRUE(wait_until([&] {
    work();
    return ::waitpid(child, &status, WNOHANG) == child;
  }));
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(VdeDoorTest, SilentCallersAreHungUpOnInTime) {
  StreamPeer silent(control_);
  work();
  EXPECT_TRUE(wait_until([&] {
    work();
    return silent.has_ended();
  }));
}

// However many say nothing, and come again as soon as they are hung up on.
TEST_F(VdeDoorTest, SilentCallersKeepNobodyWaiting) {
  std::deque<StreamPeer> silent;
  for (std::size_t i = 0; i < 4 * VdeDoor::max_callers; ++i) {
    silent.emplace_back(control_);
    work();
  }
  EXPECT_TRUE(silent.front().has_ended());
  EXPECT_FALSE(silent.back().has_ended());
  VdeClient alice = client();
  ASSERT_TRUE(alice.write(alice.request()));
  const auto begin = std::chrono::steady_clock::now();
  const auto guest = next_guest();
  EXPECT_TRUE(guest);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, VdeDoor::patience / 2);
  EXPECT_TRUE(alice.is_answered());
}

TEST_F(VdeDoorTest, DirectoryAndSocketsAreForWhomTheyAreMeantAndGoWithTheDoor) {
  const auto mode = [](const std::string& path) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return status.st_mode & 07777U;
  };
  EXPECT_EQ(mode(place_), 0700U);
  EXPECT_EQ(mode(place_ + "/ctl"), 0600U);
  open({.owner = {}, .group = ::getegid(), .mode = {}});
  EXPECT_EQ(mode(place_), 0770U);
  EXPECT_EQ(mode(place_ + "/ctl"), 0660U);
  // A user who may use the sockets may enter, and make his own; where that is everybody, as in
  // /tmp.
  open({.owner = {}, .group = {}, .mode = 0640});
  EXPECT_EQ(mode(place_), 0750U);
  EXPECT_EQ(mode(place_ + "/ctl"), 0640U);
  open({.owner = {}, .group = {}, .mode = 0622});
  EXPECT_EQ(mode(place_), 01733U);
  EXPECT_EQ(mode(place_ + "/ctl"), 0622U);
  door_.reset();
  EXPECT_FALSE(std::filesystem::exists(place_));
}

TEST_F(VdeDoorTest, GuestMayOutliveTheDoorAndTakesTheDirectoryWithIt) {
  VdeClient alice = client();
  auto guest = take_in(alice);
  ASSERT_TRUE(guest);
  door_.reset();
  EXPECT_FALSE(std::filesystem::exists(place_ + "/ctl"));
  ASSERT_TRUE(alice.send(FrameBuilder().build()));
  EXPECT_EQ(next(*guest), ReceiveStatus::received);
  guest.reset();
  EXPECT_FALSE(std::filesystem::exists(place_));
}

TEST_F(VdeDoorTest, DirectoryThatWasThereStays) {
  door_.reset();
  std::filesystem::create_directory(place_);
  open({});
  door_.reset();
  EXPECT_TRUE(std::filesystem::exists(place_));
  EXPECT_TRUE(std::filesystem::is_empty(place_));
}

TEST_F(VdeDoorTest, DoorThatNobodyFindsIsDown) {
  EXPECT_TRUE(door_->link().is_up);
  std::filesystem::rename(place_ + "/ctl", place_ + "/other");
  const auto is_up = [&] {
    door_->heed_changes();
    return door_->link().is_up;
  };
  EXPECT_TRUE(wait_until([&] { return !is_up(); }));
  EXPECT_EQ(door_->link().missing_file, place_ + "/ctl");
  std::filesystem::rename(place_ + "/other", place_ + "/ctl");
  EXPECT_TRUE(wait_until(is_up));
}

// A frame that another sends by its path would not come.
TEST_F(VdeDoorTest, GuestWhoseFileIsGoneSaysSo) {
  VdeClient alice = client();
  const auto guest = take_in(alice);
  ASSERT_TRUE(guest);
  EXPECT_EQ(guest->link().missing_file, "");
  std::filesystem::remove(place_ + "/001.FD");
  EXPECT_TRUE(wait_until([&] {
    guest->heed_changes();
    return guest->link().missing_file == place_ + "/001.FD";
  }));
  EXPECT_TRUE(guest->link().is_up);
}

TEST_F(VdeDoorTest, DirectoryInUseIsRefused) {
  const auto second = VdeDoor::open({.directory = place_, .access = {}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().number, EADDRINUSE);
}

}  // namespace vde_door_test
}  // namespace tapswitch::test
