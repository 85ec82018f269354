// SPDX-License-Identifier: Apache-2.0
// The port for virtual machines by shared memory, with front ends and guests that lie: each is hung
// up on or loses its frame, and the next one is served.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "tests/ports/vhost_user/vhost_user_fixture.hpp"

namespace tapswitch::test {
namespace vhost_user_hostile_test {

using Bytes = std::vector<std::byte>;
using Region = VhostMessage::Region;

class VhostUserHostileTest : public VhostUserFixture {
 protected:
  // Whoever comes next is served as if nothing had been.
  void expect_service() {
    auto guest = plug_in_and_start();
    const Bytes frame = FrameBuilder().build();
    guest->put(frame);
    EXPECT_EQ(next_frame(), frame);
    EXPECT_EQ(send(frame), SendStatus::sent);
    EXPECT_EQ(guest->wait_for_frame(), frame);
    guest->close();
    expect_no_carrier();
  }
};

struct FrontEndCase {
  const char* name;
  std::function<void(FrontEnd&)> act;
};

void send_region(FrontEnd& guest, const Region& region, int file) {
  guest.send_memory(std::array{region}, std::array{file});
}

const FrontEndCase front_end_cases[] = {
    {"Garbage", [](FrontEnd& guest) { guest.send_bytes(Bytes(300, std::byte{0xa5})); }},
    {"UnknownRequest", [](FrontEnd& guest) { guest.send(VhostRequest{99}); }},
    {"UnofferedFeatures",
     [](FrontEnd& guest) { guest.send_number(VhostRequest::set_features, 1ULL << 34); }},
    {"UnofferedProtocolFeatures",
     [](FrontEnd& guest) { guest.send_number(VhostRequest::set_protocol_features, 1ULL << 12); }},
    {"ThirdRing", [](FrontEnd& guest) { guest.send_ring(VhostRequest::set_ring_size, 2, 256); }},
    {"FourBillionthRing",
     [](FrontEnd& guest) { guest.send_ring(VhostRequest::get_ring_base, 0xffff'ffff, 0); }},
    {"RingOfNoEntry", [](FrontEnd& guest) { guest.send_ring(VhostRequest::set_ring_size, 0, 0); }},
    {"RingOfThree", [](FrontEnd& guest) { guest.send_ring(VhostRequest::set_ring_size, 0, 3); }},
    {"RingOf65536",
     [](FrontEnd& guest) { guest.send_ring(VhostRequest::set_ring_size, 0, 65'536); }},
    {"CallThatIsNoEventfd",
     [](FrontEnd& guest) {
       const UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
       guest.send_number(VhostRequest::set_ring_call, 0, std::array{file.get()});
     }},
    {"KickThatIsAMemfd",
     [](FrontEnd& guest) {
       guest.send_number(VhostRequest::set_ring_kick, 0, std::array{guest.memory_file()});
     }},
    {"KickOfAThirdRing",
     [](FrontEnd& guest) {
       guest.send_number(VhostRequest::set_ring_kick, 2, std::array{guest.kick_descriptor(0)});
     }},
    {"MemoryThatIsNone",
     [](FrontEnd& guest) {
       const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
       send_region(guest, {0, 4'096, 0, 0}, file.get());
     }},
    {"MemoryThatOverlaps",
     [](FrontEnd& guest) {
       guest.send_memory(std::array{Region{0, 4'096, 0, 0}, Region{1, 4'096, 8'192, 0}},
                         std::array{guest.memory_file(), guest.memory_file()});
     }},
    {"MemoryThatWraps",
     [](FrontEnd& guest) {
       send_region(guest, {~0ULL - 5, 4'096, 0, 0}, guest.memory_file());
     }},
    {"MemoryBeyondItsFile",
     [](FrontEnd& guest) {
       send_region(guest, {0, FrontEnd::memory_size + 1, 0, 0}, guest.memory_file());
     }},
    {"MemoryOfMoreThanThereMayBe",
     [](FrontEnd& guest) {
       const UniqueFd file(::memfd_create("huge", MFD_CLOEXEC));
       EXPECT_EQ(::ftruncate(file.get(), 1LL << 41), 0);
       send_region(guest, {0, 1ULL << 41, 0, 0}, file.get());
     }},
    {"MemoryThatCannotBeWritten",
     [](FrontEnd& guest) {
       const UniqueFd file(::memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
       EXPECT_EQ(::ftruncate(file.get(), 4'096), 0);
       EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
       send_region(guest, {0, 4'096, 0, 0}, file.get());
     }},
};

TEST_F(VhostUserHostileTest, FrontEndThatSaysWhatCannotBeIsHungUpOn) {
  for (const FrontEndCase& each : front_end_cases) {
    SCOPED_TRACE(each.name);
    auto guest = plug_in();
    ASSERT_TRUE(guest->ask(VhostRequest::get_features)) << "descriptors are taken from here on";
    each.act(*guest);
    EXPECT_TRUE(guest->waits_for_end());
    EXPECT_NE(port_->fault(), "");
    expect_service();
  }
}

struct RingCase {
  const char* name;
  std::function<void(FrontEnd&, DriverRing&)> act;
};

using Descriptor = DriverRing::Descriptor;
constexpr std::uint64_t base = FrontEnd::guest_base;
constexpr std::uint64_t far = 0x1'0000'0000'0000;

void offer_descriptor(DriverRing& ring, const Descriptor& descriptor) {
  ring.descriptor(0) = descriptor;
  ring.offer(0);
}

// A table of indirect descriptors at 1 MiB of the guest's memory.
Descriptor* indirect_table(FrontEnd& guest) {
  return reinterpret_cast<Descriptor*>(guest.memory(0x10'0000));
}

const RingCase lies[] = {
    {"HeadOutsideTheRing", [](FrontEnd&, DriverRing& ring) { ring.offer(FrontEnd::ring_size); }},
    {"HeadFarOutside", [](FrontEnd&, DriverRing& ring) { ring.offer(0xffff); }},
    {"IndexFarAhead",
     [](FrontEnd&, DriverRing& ring) {
       ring.available_index() = static_cast<std::uint16_t>(ring.available_index() + 0x4000);
     }},
    {"LoopOfOne",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base, 100, DriverRing::has_next, 0});
     }},
    {"LoopOfTwo",
     [](FrontEnd&, DriverRing& ring) {
       ring.descriptor(1) = {base, 100, DriverRing::has_next, 0};
       offer_descriptor(ring, {base, 100, DriverRing::has_next, 1});
     }},
    {"LoopOfNothing",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base, 0, DriverRing::has_next, 0});
     }},
    {"NextOutsideTheRing",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base, 100, DriverRing::has_next, 0x8000});
     }},
    {"AddressOutsideTheMemory",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {far, 100, 0, 0});
     }},
    {"AddressOfNull",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {0, 100, 0, 0});
     }},
    {"EndOutsideTheMemory",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base + FrontEnd::memory_size - 50, 100, 0, 0});
     }},
    {"LengthOfFourGigabytes",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base, 0xffff'ffff, 0, 0});
     }},
    {"AddressThatWraps",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {~0ULL - 10, 100, 0, 0});
     }},
    {"IndirectOutsideTheMemory",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {far, 32, DriverRing::is_indirect, 0});
     }},
    {"IndirectOfNothing",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base, 0, DriverRing::is_indirect, 0});
     }},
    {"IndirectOfHalfADescriptor",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring, {base + 0x10'0000, 24, DriverRing::is_indirect, 0});
     }},
    {"IndirectThatGoesOn",
     [](FrontEnd&, DriverRing& ring) {
       offer_descriptor(ring,
                        {base + 0x10'0000, 16, DriverRing::is_indirect | DriverRing::has_next, 1});
     }},
    {"IndirectInIndirect",
     [](FrontEnd& guest, DriverRing& ring) {
       indirect_table(guest)[0] = {base + 0x10'0000, 16, DriverRing::is_indirect, 0};
       offer_descriptor(ring, {base + 0x10'0000, 16, DriverRing::is_indirect, 0});
     }},
    {"LoopInIndirect",
     [](FrontEnd& guest, DriverRing& ring) {
       indirect_table(guest)[0] = {base, 1, DriverRing::has_next, 1};
       indirect_table(guest)[1] = {base, 1, DriverRing::has_next, 0};
       offer_descriptor(ring, {base + 0x10'0000, 32, DriverRing::is_indirect, 0});
     }},
    {"NextOutsideIndirect",
     [](FrontEnd& guest, DriverRing& ring) {
       indirect_table(guest)[0] = {base, 1, DriverRing::has_next, 2};
       offer_descriptor(ring, {base + 0x10'0000, 32, DriverRing::is_indirect, 0});
     }},
};

TEST_F(VhostUserHostileTest, GuestThatSendsByWhatCannotBeIsHungUpOn) {
  for (const RingCase& each : lies) {
    SCOPED_TRACE(each.name);
    auto guest = plug_in_and_start();
    each.act(*guest, guest->ring(FrontEnd::from_guest));
    guest->kick(FrontEnd::from_guest);
    EXPECT_EQ(next(), ReceiveStatus::misframed);
    EXPECT_EQ(receive(), ReceiveStatus::empty);
    EXPECT_TRUE(guest->waits_for_end());
    port_->give_back(0);
    expect_service();
  }
}

TEST_F(VhostUserHostileTest, BufferToSendThatIsToBeWrittenIsALie) {
  auto guest = plug_in_and_start();
  offer_descriptor(guest->ring(FrontEnd::from_guest), {base, 100, DriverRing::is_written, 0});
  guest->kick(FrontEnd::from_guest);
  EXPECT_EQ(next(), ReceiveStatus::misframed);
  EXPECT_TRUE(guest->waits_for_end());
}

TEST_F(VhostUserHostileTest, FramesBeforeALieAreReceived) {
  auto guest = plug_in_and_start();
  const Bytes frame = FrameBuilder().build();
  guest->put(frame);
  guest->ring(FrontEnd::from_guest).offer(0xffff);
  EXPECT_EQ(next_frame(), frame);
  EXPECT_EQ(next(), ReceiveStatus::misframed);
}

TEST_F(VhostUserHostileTest, GuestThatReceivesByWhatCannotBeIsHungUpOn) {
  for (const RingCase& each : lies) {
    SCOPED_TRACE(each.name);
    auto guest = plug_in();
    guest->agree(FrontEnd::plain_features);
    guest->share_memory();
    for (const std::uint32_t ring : {FrontEnd::to_guest, FrontEnd::from_guest}) {
      guest->set_up_ring(ring);
      guest->send_ring(VhostRequest::enable_ring, ring, 1);
    }
    (void)guest->ask(VhostRequest::get_features);
    each.act(*guest, guest->ring(FrontEnd::to_guest));
    EXPECT_EQ(send(FrameBuilder().payload(1'000).build()), SendStatus::link_down);
    EXPECT_TRUE(guest->waits_for_end());
    expect_service();
  }
}

struct LossCase {
  const char* name;
  std::uint32_t size;
  std::byte kind;  // in the virtio-net header
  ReceiveStatus status;
};

// The frame alone is lost.
const LossCase losses[] = {
    {"ShorterThanItsHeader", 11, {}, ReceiveStatus::garbled},
    {"Nothing", 0, {}, ReceiveStatus::garbled},
    {"UnknownKind", 100, std::byte{2}, ReceiveStatus::garbled},
    {"Fragments", 100, std::byte{3}, ReceiveStatus::garbled},
    {"LongerThanAnyFrame", 12 + FrameBuffer::max_frame_size + 1, {}, ReceiveStatus::oversize},
    {"OneMegabyte", 1 << 20, {}, ReceiveStatus::oversize},
};

TEST_F(VhostUserHostileTest, FrameThatCannotBeIsLostAndItsBufferGoesBack) {
  auto guest = plug_in_and_start();
  std::uint16_t count = 0;
  for (const LossCase& each : losses) {
    SCOPED_TRACE(each.name);
    guest->memory(0x10'0000)[1] = each.kind;
    offer_descriptor(guest->ring(FrontEnd::from_guest), {base + 0x10'0000, each.size, 0, 0});
    guest->kick(FrontEnd::from_guest);
    EXPECT_EQ(next(), each.status);
    port_->give_back(0);
    EXPECT_TRUE(guest->waits_for_used(FrontEnd::from_guest, ++count));
  }
  const Bytes frame = FrameBuilder().build();
  guest->put(frame);
  EXPECT_EQ(next_frame(), frame);
}

TEST_F(VhostUserHostileTest, RingThatIsNotInTheMemoryWaitsForOtherAddresses) {
  auto guest = plug_in();
  guest->agree(FrontEnd::plain_features);
  guest->share_memory();
  guest->set_up_ring(FrontEnd::to_guest);
  guest->set_up_ring(FrontEnd::from_guest);
  guest->send_ring(VhostRequest::enable_ring, FrontEnd::to_guest, 1);
  guest->send_ring(VhostRequest::enable_ring, FrontEnd::from_guest, 1);
  const auto right = guest->ring(FrontEnd::from_guest).addresses(FrontEnd::user_base);
  for (const std::uint64_t off : {1ULL, 0x1000'0000ULL, ~0ULL}) {
    auto wrong = right;
    wrong.used += off;
    guest->send_addresses(FrontEnd::from_guest, wrong);
    ASSERT_TRUE(guest->ask(VhostRequest::get_features));
    EXPECT_FALSE(port_->link().has_carrier);
  }
  guest->send_addresses(FrontEnd::from_guest, right);
  ASSERT_TRUE(guest->ask(VhostRequest::get_features));
  EXPECT_TRUE(port_->link().has_carrier);
}

TEST_F(VhostUserHostileTest, PortWhoseGuestsMemoryIsTakenAwayIsLost) {
  auto guest = plug_in_and_start();
  guest->put(FrameBuilder().payload(1'400).build());
  ASSERT_TRUE(has_frame(next()));
  ASSERT_EQ(::ftruncate(guest->memory_file(), 0), 0);
  EXPECT_EQ(received().size(), 1'414U) << "what is left of it is zeros";
  (void)send(FrameBuilder().build());
  port_->give_back(0);
  EXPECT_EQ(next(), ReceiveStatus::gone);
  EXPECT_FALSE(port_->link().is_present);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  EXPECT_EQ(receive(), ReceiveStatus::gone);
}

TEST_F(VhostUserHostileTest, PortWhoseFrontEndHasUsWaitIsLost) {
  auto guest = plug_in_and_start();
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  const int call = guest->call_descriptor(FrontEnd::to_guest);
  (void)guest->calls(FrontEnd::to_guest);
  constexpr eventfd_t full = 0xffff'ffff'ffff'fffe;
  ASSERT_EQ(::eventfd_write(call, full), 0);
  ASSERT_EQ(::fcntl(call, F_SETFL, 0), 0);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
  EXPECT_EQ(next(), ReceiveStatus::gone);
  EXPECT_FALSE(port_->link().is_present);
}

// A guest that does not look for a long time is called as ever.
TEST_F(VhostUserHostileTest, CallsThatNobodyHeedsAreNoFault) {
  auto guest = plug_in_and_start();
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  constexpr eventfd_t full = 0xffff'ffff'ffff'fffe;
  ASSERT_EQ(::eventfd_write(guest->call_descriptor(FrontEnd::to_guest),
                            full - guest->calls(FrontEnd::to_guest)),
            0);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_TRUE(port_->link().is_present);
}

// Whatever is there at a moment, no frame is longer than any may be, and nothing outside is
// touched.
TEST_F(VhostUserHostileTest, RingsMayChangeWhileTheyAreRead) {
  auto guest = plug_in_and_start();
  std::atomic<bool> is_over = false;
  std::jthread scribbler([&] {
    std::uint32_t random = 1;
    while (!is_over) {
      random = random * 1'664'525U + 1'013'904'223U;
      const auto octet = static_cast<std::byte>(random >> 24);
      (void)!::pwrite(guest->memory_file(), &octet, 1, 0x1'0000 + random % 0x2000);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    const ReceiveStatus status = receive();
    if (has_frame(status)) {
      EXPECT_LE(buffer_.size(), FrameBuffer::max_frame_size);
      (void)received();
    }
    port_->give_back(0);
    if (!port_->link().has_carrier) {
      guest->close();
      is_over = true;
      break;
    }
  }
  is_over = true;
  scribbler.join();
  guest.reset();
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  expect_service();
}

}  // namespace vhost_user_hostile_test
}  // namespace tapswitch::test
