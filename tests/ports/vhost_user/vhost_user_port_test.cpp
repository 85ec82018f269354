// SPDX-License-Identifier: Apache-2.0
// The port for virtual machines by shared memory, with a front end that does as it should.
#include "switch/ports/vhost_user/vhost_user_port.hpp"

#include <algorithm>
#include <filesystem>

#include "tests/ports/vhost_user/vhost_user_fixture.hpp"

namespace tapswitch::test {
namespace vhost_user_port_test {

using Bytes = std::vector<std::byte>;

class VhostUserPortTest : public VhostUserFixture {
 protected:
  static Bytes frame(std::size_t payload = 46) { return FrameBuilder().payload(payload).build(); }
};

TEST_F(VhostUserPortTest, HasACarrierWhileBothRingsRun) {
  EXPECT_TRUE(port_->link().is_present);
  EXPECT_FALSE(port_->link().has_carrier);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_EQ(send(frame()), SendStatus::link_down);
  auto guest = plug_in_and_start();
  EXPECT_EQ(guest->stop(FrontEnd::from_guest), 0);
  EXPECT_FALSE(port_->link().has_carrier);
  guest->set_up_ring(FrontEnd::from_guest);
  (void)guest->ask(VhostRequest::get_features);
  EXPECT_TRUE(port_->link().has_carrier) << "it is enabled still";
  guest->close();
  expect_no_carrier();
  EXPECT_FALSE(port_->link().has_carrier);
  EXPECT_TRUE(port_->link().is_present);
  EXPECT_EQ(send(frame()), SendStatus::link_down);
}

TEST_F(VhostUserPortTest, FramesOfAllSizesComeInAndGoBackToTheGuest) {
  auto guest = plug_in_and_start();
  std::uint16_t count = 0;
  for (const std::size_t size : {0U, 46U, 242U, 243U, 1'500U, 9'000U, 65'536U}) {
    for (const std::size_t parts : {1U, 2U, 3U, 7U}) {
      const Bytes sent = frame(size);
      if (sent.size() / parts > 60'000) {
        continue;
      }
      guest->put(sent, {}, parts);
      ASSERT_EQ(next_frame(), sent) << size << " in " << parts;
      ASSERT_TRUE(guest->waits_for_used(FrontEnd::from_guest, ++count));
    }
  }
}

TEST_F(VhostUserPortTest, FramesOfManyLeaveTogetherAndInOrder) {
  for (const std::uint64_t features : {std::uint64_t{0}, FrontEnd::event_index}) {
    auto guest = plug_in_and_start(FrontEnd::plain_features | features);
    for (std::size_t i = 0; i < 30; ++i) {
      guest->put(frame(46 + i));
    }
    for (std::size_t i = 0; i < 30; ++i) {
      ASSERT_TRUE(has_frame(next()));
      ASSERT_EQ(received(), frame(46 + i));
    }
    EXPECT_EQ(guest->ring(FrontEnd::from_guest).used_index(), 0) << "they are lent";
    port_->give_back(0);
    EXPECT_EQ(guest->ring(FrontEnd::from_guest).used_index(), 30);
    EXPECT_EQ(receive(), ReceiveStatus::empty);
    EXPECT_FALSE(is_readable());
    guest->close();
    expect_no_carrier();
  }
}

// A worker that is interrupted comes back as long as there is something.
TEST_F(VhostUserPortTest, DescriptorIsReadableUntilTheRingIsEmptyAndKicksAreWanted) {
  auto guest = plug_in_and_start();
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(is_readable());
  guest->put(frame());
  guest->put(frame());
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(receive(), ReceiveStatus::more);
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(receive(), ReceiveStatus::received);
  EXPECT_TRUE(is_readable());
  port_->give_back(0);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(is_readable());
  EXPECT_EQ(guest->ring(FrontEnd::from_guest).used_flags(), 0) << "it is to kick";
  guest->put(frame());
  EXPECT_TRUE(is_readable());
}

TEST_F(VhostUserPortTest, KickWithoutFramesIsHeardOnce) {
  auto guest = plug_in_and_start();
  for (int i = 0; i < 3; ++i) {
    guest->kick(FrontEnd::from_guest);
    EXPECT_TRUE(is_readable());
    EXPECT_EQ(receive(), ReceiveStatus::empty);
    EXPECT_FALSE(is_readable());
  }
}

TEST_F(VhostUserPortTest, FramesLeaveIntoTheBuffersOfTheGuest) {
  auto guest = plug_in_and_start(FrontEnd::plain_features | FrontEnd::merges_buffers);
  for (const std::size_t size : {0U, 46U, 1'500U, 9'000U, 65'536U}) {
    const Bytes sent = frame(size);
    ASSERT_EQ(send(sent), SendStatus::sent);
    EXPECT_EQ(guest->wait_for_frame(), sent);
  }
}

TEST_F(VhostUserPortTest, FrameThatIsLentLeavesOutOfTheOtherGuestsMemory) {
  auto guest = plug_in_and_start();
  guest->put(frame(1'400), {}, 3);
  ASSERT_TRUE(has_frame(next()));
  ASSERT_TRUE(buffer_.is_lent());
  ASSERT_EQ(port_->send(buffer_), SendStatus::sent);
  port_->flush();
  port_->give_back(0);
  EXPECT_EQ(guest->wait_for_frame(), frame(1'400));
}

TEST_F(VhostUserPortTest, GuestThatDoesNotMergeBuffersGetsWhatFitsIntoOne) {
  auto guest = plug_in_and_start();
  EXPECT_EQ(send(frame(2'048 - 12 - 14)), SendStatus::sent);
  EXPECT_EQ(send(frame(2'048 - 12 - 14 + 1)), SendStatus::too_long);
  EXPECT_EQ(guest->wait_for_frame(), frame(2'048 - 12 - 14));
}

TEST_F(VhostUserPortTest, FrameForWhichThereIsNoBufferIsBusy) {
  auto guest = plug_in_and_start();
  for (int i = 0; i < FrontEnd::ring_size / 2; ++i) {
    ASSERT_EQ(send(frame()), SendStatus::sent);
  }
  EXPECT_EQ(send(frame()), SendStatus::busy);
  guest->give_buffers(1);
  EXPECT_EQ(send(frame()), SendStatus::sent);
  EXPECT_EQ(send(frame()), SendStatus::busy);
}

TEST_F(VhostUserPortTest, GuestIsCalledOnceForABatchAndNotIfItDoesNotWantToBe) {
  auto guest = plug_in_and_start();
  (void)guest->calls(FrontEnd::to_guest);
  for (int i = 0; i < 3; ++i) {
    fill(buffer_, frame());
    ASSERT_EQ(port_->send(buffer_), SendStatus::sent);
  }
  EXPECT_FALSE(guest->next_frame()) << "nothing is to be seen before it is flushed";
  port_->flush();
  EXPECT_EQ(guest->calls(FrontEnd::to_guest), 1U);
  port_->flush();
  EXPECT_EQ(guest->calls(FrontEnd::to_guest), 0U);
  guest->ring(FrontEnd::to_guest).available_flags() = 1;
  ASSERT_EQ(send(frame()), SendStatus::sent);
  EXPECT_EQ(guest->calls(FrontEnd::to_guest), 0U);
}

TEST_F(VhostUserPortTest, WithEventIndicesTheGuestIsCalledWhenItsEntryIsPassed) {
  auto guest = plug_in_and_start(FrontEnd::plain_features | FrontEnd::event_index);
  (void)guest->calls(FrontEnd::to_guest);
  guest->ring(FrontEnd::to_guest).used_event() = 2;
  for (const std::uint64_t expected : {0U, 0U, 1U, 0U}) {
    ASSERT_EQ(send(frame()), SendStatus::sent);
    EXPECT_EQ(guest->calls(FrontEnd::to_guest), expected);
  }
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_EQ(guest->ring(FrontEnd::from_guest).available_event(), 0);
  guest->put(frame());
  EXPECT_TRUE(has_frame(next()));
  port_->give_back(0);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_EQ(guest->ring(FrontEnd::from_guest).available_event(), 1);
}

TEST_F(VhostUserPortTest, OffloadsAreThoseThatWereAgreed) {
  EXPECT_EQ(port_->offloads(), OffloadSet());
  auto guest = plug_in_and_start(FrontEnd::plain_features | FrontEnd::merges_buffers |
                                 FrontEnd::all_offloads_features);
  EXPECT_EQ(port_->offloads(),
            (OffloadSet{.checksum = true, .tso4 = true, .tso6 = true, .tso_ecn = true}));
  const Offload unfinished{.needs_checksum = true, .checksum_start = 34, .checksum_offset = 6};
  ASSERT_EQ(send(frame(60), unfinished), SendStatus::sent);
  EXPECT_EQ(guest->wait_for_frame(), frame(60));
  const std::byte header[] = {std::byte{1},  {}, {},           {}, {}, {},
                              std::byte{34}, {}, std::byte{6}, {}};
  EXPECT_TRUE(std::ranges::equal(guest->last_header().first<10>(), header));
  guest->put(frame(60), header);
  ASSERT_TRUE(has_frame(next()));
  EXPECT_EQ(buffer_.offload(), unfinished);
  guest->close();
  expect_no_carrier();
  EXPECT_EQ(port_->offloads(), OffloadSet());
}

TEST_F(VhostUserPortTest, GuestWithoutOffloadsIsGivenNothingUnfinished) {
  auto guest = plug_in_and_start();
  EXPECT_NE(send(frame(60), {.needs_checksum = true, .checksum_start = 34, .checksum_offset = 6}),
            SendStatus::sent);
  ASSERT_EQ(send(frame(60), {.is_verified = true}), SendStatus::sent);
  EXPECT_TRUE(guest->wait_for_frame());
  EXPECT_EQ(guest->last_header()[0], std::byte{0});
}

TEST_F(VhostUserPortTest, RingGoesOnWhereItWasStopped) {
  auto guest = plug_in_and_start();
  guest->put(frame(50));
  guest->put(frame(51));
  ASSERT_TRUE(has_frame(next()));
  ASSERT_TRUE(has_frame(receive()));
  EXPECT_EQ(guest->stop(FrontEnd::from_guest), 2);
  EXPECT_EQ(guest->ring(FrontEnd::from_guest).used_index(), 2) << "nothing stays lent";
  port_->give_back(0);
  EXPECT_EQ(guest->ring(FrontEnd::from_guest).used_index(), 2);
  guest->put(frame(52));
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  guest->set_up_ring(FrontEnd::from_guest, 2);
  EXPECT_EQ(next_frame(), frame(52));
}

// As DPDK does.
TEST_F(VhostUserPortTest, MemoryMayComeAnewWhileRingsRun) {
  auto guest = plug_in_and_start();
  guest->put(frame(50));
  ASSERT_EQ(next_frame(), frame(50));
  guest->put(frame(1'000));
  ASSERT_TRUE(has_frame(next()));
  guest->share_memory();
  (void)guest->ask(VhostRequest::get_features);
  EXPECT_EQ(received(), frame(1'000)) << "what is lent stays";
  port_->give_back(0);
  guest->put(frame(52));
  EXPECT_EQ(next_frame(), frame(52));
  EXPECT_EQ(send(frame(53)), SendStatus::sent);
  EXPECT_EQ(guest->wait_for_frame(), frame(53));
}

// As QEMU does before there is a driver.
TEST_F(VhostUserPortTest, RingThatIsEnabledFirstRunsOnceItIsSetUp) {
  auto guest = plug_in();
  guest->agree(FrontEnd::plain_features);
  guest->send_ring(VhostRequest::enable_ring, 0, 1);
  guest->send_ring(VhostRequest::enable_ring, 1, 1);
  guest->share_memory();
  guest->set_up_ring(1);
  guest->set_up_ring(0);
  (void)guest->ask(VhostRequest::get_features);
  EXPECT_TRUE(port_->link().has_carrier);
  guest->send_ring(VhostRequest::enable_ring, 1, 0);
  (void)guest->ask(VhostRequest::get_features);
  EXPECT_FALSE(port_->link().has_carrier);
}

TEST_F(VhostUserPortTest, DoesAndSaysSoWhereAReplyIsWanted) {
  auto guest = plug_in();
  EXPECT_EQ(guest->ask(VhostRequest::get_protocol_features).value_or(0) & 8U, 8U);
  guest->send_number(VhostRequest::set_protocol_features, 8);
  guest->send_number(VhostRequest::set_features, FrontEnd::plain_features, {}, 1 | 8);
  EXPECT_EQ(guest->answer(), 0U);
}

TEST_F(VhostUserPortTest, NextGuestComesWhenOneHasGone) {
  for (int i = 0; i < 3; ++i) {
    auto guest = plug_in_and_start();
    auto waiting = plug_in();
    guest->put(frame());
    EXPECT_EQ(next_frame(), frame());
    guest->close();
    EXPECT_TRUE(waiting->ask(VhostRequest::get_features));
    waiting->close();
  }
}

TEST_F(VhostUserPortTest, SocketGoesWithThePort) {
  auto guest = plug_in_and_start();
  port_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace vhost_user_port_test
}  // namespace tapswitch::test
