// SPDX-License-Identifier: Apache-2.0
#include "control/server/hand_over_channel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <thread>
#include <utility>

namespace tapswitch::server {
namespace hand_over_channel_test {

using namespace std::chrono_literals;
using Broken = HandOverChannel::Broken;

class HandOverChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours_.reset(ends[0]);
    theirs_.reset(ends[1]);
    file_.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    other_.reset(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  }

  static bool is_same(const UniqueFd& left, const UniqueFd& right) {
    struct stat a {};
    struct stat b {};
    return fstat(left.get(), &a) == 0 && fstat(right.get(), &b) == 0 && a.st_rdev == b.st_rdev;
  }

  UniqueFd ours_;
  UniqueFd theirs_;
  UniqueFd file_;
  UniqueFd other_;
};

TEST_F(HandOverChannelTest, LinesComeInOrderEachWithItsDescriptors) {
  HandOverChannel from(std::move(ours_), 10s);
  HandOverChannel to(std::move(theirs_), 10s);
  from.send("first");
  from.send("second", std::array{file_.get(), other_.get()});
  from.send("third", std::array{other_.get()});
  const auto first = to.receive();
  const auto second = to.receive();
  const auto third = to.receive();
  EXPECT_EQ(first.line, "first");
  EXPECT_TRUE(first.descriptors.empty());
  EXPECT_EQ(second.line, "second");
  ASSERT_EQ(second.descriptors.size(), 2U);
  EXPECT_TRUE(is_same(second.descriptors[0], file_));
  EXPECT_TRUE(is_same(second.descriptors[1], other_));
  EXPECT_EQ(third.line, "third");
  ASSERT_EQ(third.descriptors.size(), 1U);
  EXPECT_TRUE(is_same(third.descriptors[0], other_));
  EXPECT_NE(fcntl(third.descriptors[0].get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(HandOverChannelTest, LongLineComesWholeWithAllThatALineMayHave) {
  HandOverChannel from(std::move(ours_), 10s);
  HandOverChannel to(std::move(theirs_), 10s);
  const std::string line(HandOverChannel::longest_line / 4, 'x');
  const std::vector<int> many(HandOverChannel::most_descriptors, file_.get());
  std::thread sender([&] { from.send(line, many); });
  const auto message = to.receive();
  sender.join();
  EXPECT_EQ(message.line, line);
  EXPECT_EQ(message.descriptors.size(), many.size());
}

TEST_F(HandOverChannelTest, EndOfTheOtherSideIsTold) {
  HandOverChannel to(std::move(theirs_), 10s);
  HandOverChannel(std::move(ours_), 10s).send("half a message, and then the end");
  EXPECT_EQ(to.receive().line, "half a message, and then the end");
  EXPECT_THROW((void)to.receive(), Broken);
  EXPECT_THROW(to.send("anybody there?"), Broken);
}

TEST_F(HandOverChannelTest, OneThatSaysNothingIsWaitedForNoLongerThanThat) {
  HandOverChannel to(std::move(theirs_), 10ms);
  EXPECT_THROW((void)to.receive(), Broken);
}

TEST_F(HandOverChannelTest, SilenceIsBorneForLessThanTheWhole) {
  HandOverChannel to(std::move(theirs_), 1h, 10ms);
  EXPECT_THROW((void)to.receive(), Broken);
}

TEST_F(HandOverChannelTest, OneThatTalksOnIsHeardNoLongerThanThat) {
  HandOverChannel from(std::move(ours_), 10s);
  std::optional<HandOverChannel> to(std::in_place, std::move(theirs_), 100ms);
  std::thread sender([&] {
    try {
      while (true) {
        from.send("busy");
      }
    } catch (const Broken&) {
      // Nobody hears it any more.
    }
  });
  const auto hear_all = [&to] {
    while (true) {
      (void)to->receive();
    }
  };
  EXPECT_THROW(hear_all(), Broken);
  to.reset();
  sender.join();
}

TEST_F(HandOverChannelTest, OneThatHearsNothingIsWaitedForNoLongerThanThat) {
  HandOverChannel from(std::move(ours_), 10ms);
  EXPECT_THROW(from.send(std::string(HandOverChannel::longest_line / 2, 'x')), Broken);
}

TEST_F(HandOverChannelTest, LineWithoutEndIsTakenOnlySoFar) {
  HandOverChannel from(std::move(ours_), 10s);
  std::optional<HandOverChannel> to(std::in_place, std::move(theirs_), 10s);
  std::thread sender([&] {
    try {
      from.send(std::string(2 * HandOverChannel::longest_line, 'x'));
    } catch (const Broken&) {
      // Nobody takes the rest.
    }
  });
  EXPECT_THROW((void)to->receive(), Broken);
  to.reset();
  sender.join();
}

}  // namespace hand_over_channel_test
}  // namespace tapswitch::server
