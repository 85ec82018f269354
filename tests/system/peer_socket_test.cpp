// SPDX-License-Identifier: Apache-2.0
#include "switch/system/peer_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <vector>

#include "switch/system/descriptor_message.hpp"
#include "switch/system/slow_close.hpp"
#include "tests/support/slow_descriptor.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {
namespace peer_socket_test {

using test::SlowDescriptor;
using Clock = std::chrono::steady_clock;

// Far less than a slow descriptor takes, far more than a busy machine.
constexpr std::chrono::seconds soon{30};

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

Ends connected() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool pass(const UniqueFd& socket, UniqueFd fd) {
  return send_with_descriptors(socket.get(), "x", std::array{fd.get()}, 0) == 1;
}

// Whether all is closed but 'count'.
void wait_until_unclosed(std::size_t count) {
  EXPECT_TRUE(test::wait_until([count] { return !is_close_behind(count + 1); }));
}

TEST(SlowClose, DescriptorIsClosed) {
  Ends ends = connected();
  close_slowly(std::move(ends.ours));
  char octet = 0;
  EXPECT_EQ(::recv(ends.theirs.get(), &octet, 1, 0), 0);
  wait_until_unclosed(0);
}

TEST(SlowClose, NobodyWaitsForMoreThanThereAreThreads) {
  std::vector<SlowDescriptor> slow(most_close_threads + 4);
  const auto began = Clock::now();
  for (SlowDescriptor& one : slow) {
    close_slowly(one.take());
  }
  EXPECT_LT(Clock::now() - began, soon);
  EXPECT_TRUE(is_close_behind(slow.size()));
  slow.clear();
  wait_until_unclosed(0);
}

TEST(SlowClose, NothingIsNoDescriptor) {
  close_slowly(UniqueFd());
  EXPECT_FALSE(is_close_behind(1));
}

TEST(PeerSocket, DescriptorsAreRefusedIfTheKernelCan) {
  Ends ends = connected();
  refuse_descriptors(ends.ours.get());
  const bool is_refused = !may_bring_descriptors(ends.ours.get());
  UniqueFd any(::dup(0));
  EXPECT_EQ(pass(ends.theirs, std::move(any)), !is_refused);
  if (is_refused) {
    EXPECT_EQ(errno, EPERM);
  }
}

TEST(PeerSocket, DescriptorsThatCameBeforeAreClosedByOthers) {
  Ends ends = connected();
  SlowDescriptor slow;
  ASSERT_TRUE(pass(ends.theirs, slow.take()));
  const PeerSocket socket(std::move(ends.ours));
  const auto began = Clock::now();
  std::array<std::byte, 16> space;
  EXPECT_EQ(socket.receive(space), 1);
  EXPECT_LT(Clock::now() - began, soon);
  EXPECT_TRUE(is_close_behind(1));
  slow = SlowDescriptor();
  wait_until_unclosed(0);
}

TEST(PeerSocket, EndDoesNotWaitForWhatIsUnread) {
  Ends ends = connected();
  SlowDescriptor slow;
  ASSERT_TRUE(pass(ends.theirs, slow.take()));
  PeerSocket socket(std::move(ends.ours));
  const auto began = Clock::now();
  socket.reset();
  // And the other side is told at once.
  char octet = 0;
  const ssize_t told = ::recv(ends.theirs.get(), &octet, 1, 0);
  // A reset: the end that is closed behind, with something unread, was faster than the news of it.
  EXPECT_TRUE(told == 0 || (told < 0 && errno == ECONNRESET)) << told << ", errno " << errno;
  EXPECT_LT(Clock::now() - began, soon);
  slow = SlowDescriptor();
  wait_until_unclosed(0);
}

// The kernel drops an urgent byte that is passed over, with what came with it.
TEST(PeerSocket, UrgentByteIsReadLikeAnyOther) {
  Ends ends = connected();
  const PeerSocket socket(UniqueFd(::dup(ends.ours.get())));
  constexpr int on = 1;
  ::setsockopt(ends.ours.get(), SOL_SOCKET, 83 /* SO_PASSRIGHTS */, &on, sizeof on);
  SlowDescriptor slow;
  {
    const UniqueFd passed = slow.take();
    if (send_with_descriptors(ends.theirs.get(), "x", std::array{passed.get()}, MSG_OOB) != 1) {
      return;  // a kernel without urgent bytes on Unix sockets
    }
  }
  ASSERT_EQ(::send(ends.theirs.get(), "y", 1, 0), 1);
  const auto began = Clock::now();
  std::array<std::byte, 16> space;
  EXPECT_EQ(socket.receive(space), 1);
  EXPECT_EQ(space[0], std::byte{'x'});
  EXPECT_EQ(socket.receive(space), 1);
  EXPECT_LT(Clock::now() - began, soon);
  slow = SlowDescriptor();
  wait_until_unclosed(0);
}

TEST(PeerSocket, EndOfAnEmptyOneIsAtOnce) {
  Ends ends = connected();
  PeerSocket socket(std::move(ends.ours));
  const int number = socket.get();
  socket.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(PeerSocket, NetworkBringsNone) {
  const PeerSocket tcp = PeerSocket::open(AF_INET, SOCK_STREAM);
  EXPECT_FALSE(may_bring_descriptors(tcp.get()));
  EXPECT_FALSE(tcp.is_held_up());
}

TEST(PeerSocket, ReadsLikeAnyOther) {
  Ends ends = connected();
  const PeerSocket socket(std::move(ends.ours));
  std::array<std::byte, 16> space;
  EXPECT_EQ(socket.receive(space), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(::send(ends.theirs.get(), "ab", 2, 0), 2);
  EXPECT_EQ(socket.receive(space), 2);
  ends.theirs.reset();
  EXPECT_EQ(socket.receive(space), 0);
}

TEST(PeerSocket, GroupsOfThePeerAreKnown) {
  const Ends ends = connected();
  EXPECT_TRUE(is_peer_in_group(ends.ours.get(), ::getegid()));
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ASSERT_GE(::getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  for (const gid_t group : groups) {
    EXPECT_TRUE(is_peer_in_group(ends.ours.get(), group)) << group;
  }
  EXPECT_FALSE(is_peer_in_group(ends.ours.get(), 4'000'000'000));
  EXPECT_FALSE(is_peer_in_group(-1, ::getegid()));
}

}  // namespace peer_socket_test
}  // namespace tapswitch
