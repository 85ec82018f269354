// SPDX-License-Identifier: Apache-2.0
// TAPs with several queues: how they are opened, and by which queue a flow comes.
#include <cerrno>
#include <map>

#include "switch/frame/frame_view.hpp"
#include "tests/ports/tap/tap_port_fixture.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"

namespace tapswitch {
namespace tap_queues_test {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint16_t ipv4 = 0x0800;
constexpr MacAddress station_mac{0x0200'0000'000a};
constexpr MacAddress other_mac{0x0200'0000'000b};
constexpr std::size_t flow_count = 64;

void put_16(std::vector<std::byte>& bytes, std::size_t at, std::size_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8);
  bytes[at + 1] = static_cast<std::byte>(value);
}

// A datagram of UDP over IPv4 of one of many flows, or an answer to it. Its checksums are left 0:
// nobody looks at them here.
std::vector<std::byte> datagram(std::size_t flow, bool is_answer = false) {
  constexpr std::size_t size = 46;
  std::vector<std::byte> payload(size);
  payload[0] = std::byte{0x45};
  put_16(payload, 2, size);
  payload[8] = std::byte{64};
  payload[9] = std::byte{17};
  put_16(payload, 12, 0x0a00);
  put_16(payload, 14, is_answer ? 2 : 1);
  put_16(payload, 16, 0x0a00);
  put_16(payload, 18, is_answer ? 1 : 2);
  put_16(payload, is_answer ? 22 : 20, 5'000 + flow);
  put_16(payload, is_answer ? 20 : 22, 53);
  put_16(payload, 24, size - 20);
  return test::FrameBuilder()
      .from(is_answer ? other_mac : station_mac)
      .to(is_answer ? station_mac : other_mac)
      .ether_type(ipv4)
      .payload(payload)
      .build();
}

class TapQueuesTest : public TapPortTest {
 protected:
  [[nodiscard]] TapOptions with_queues(std::size_t count) const {
    TapOptions options = in_lab();
    options.queues = count;
    return options;
  }

  // By which queue each flow comes now. Every flow must come, and by one queue.
  static std::map<std::size_t, std::size_t> queues_of_flows(test::RawStation& station,
                                                            TapPort& port) {
    for (std::size_t flow = 0; flow < flow_count; ++flow) {
      EXPECT_TRUE(station.send(datagram(flow)));
    }
    std::map<std::size_t, std::size_t> queues;
    FrameBuffer buffer;
    for (std::size_t queue = 0; queue < port.queue_count(); ++queue) {
      while (port.receive(queue, buffer) == ReceiveStatus::received) {
        const auto view = FrameView::parse(buffer.head());
        if (view && view->ether_type() == ipv4) {
          const auto low = std::to_integer<std::size_t>(buffer.head()[35]);
          const auto high = std::to_integer<std::size_t>(buffer.head()[34]);
          EXPECT_TRUE(queues.emplace(high * 256 + low - 5'000, queue).second);
        }
      }
    }
    EXPECT_THAT(queues, SizeIs(flow_count));
    return queues;
  }
};

TEST_F(TapQueuesTest, FlowsAreSpreadAndStayWithTheirQueueWhenAnswered) {
  auto port = open(with_queues(4));
  ASSERT_TRUE(port);
  test::RawStation station(*lab_, "tap0");
  const auto before = queues_of_flows(station, *port);
  std::map<std::size_t, std::size_t> sizes;
  for (const auto& [flow, queue] : before) {
    ++sizes[queue];
  }
  EXPECT_THAT(sizes, SizeIs(4));

  FrameBuffer buffer;
  for (std::size_t flow = 0; flow < flow_count; ++flow) {
    test::fill(buffer, datagram(flow, true));
    ASSERT_EQ(port->send(buffer), SendStatus::sent);
  }
  EXPECT_EQ(queues_of_flows(station, *port), before);
}

TEST_F(TapQueuesTest, EachQueueHasADescriptorThatTellsWhenTheInterfaceIsGone) {
  auto port = open(with_queues(3));
  ASSERT_TRUE(port);
  ip("link del tap0");
  FrameBuffer buffer;
  for (std::size_t queue = 0; queue < 3; ++queue) {
    EXPECT_TRUE(test::wait_until_readable(port->descriptor(queue)));
    EXPECT_EQ(port->receive(queue, buffer), ReceiveStatus::gone);
  }
  test::fill(buffer, datagram(0, true));
  EXPECT_EQ(port->send(buffer), SendStatus::gone);
}

TEST_F(TapQueuesTest, OffloadsAndNamespacesAreAsWithOneQueue) {
  auto one = open(in_lab("tap1"));
  auto several = open(with_queues(2));
  ASSERT_TRUE(one && several);
  EXPECT_EQ(several->offloads(), one->offloads());
  EXPECT_TRUE(in_lab_is("tap0")->is_up);
  TapOptions ours = in_ours();
  ours.queues = 2;
  EXPECT_TRUE(open(ours));
}

TEST_F(TapQueuesTest, TapMadeForSeveralIsAdoptedWithAnyNumber) {
  ip("tuntap add dev tap0 mode tap multi_queue");
  for (const std::size_t count : {1U, 3U}) {
    const auto port = open(with_queues(count));
    ASSERT_TRUE(port);
    EXPECT_EQ(port->queue_count(), count);
    EXPECT_EQ(in_lab_is("tap0")->tun->queue_count, count);
  }
}

TEST_F(TapQueuesTest, TapMadeForOneIsRefusedForTwo) {
  ip("tuntap add dev tap0 mode tap");
  const auto port = TapPort::open(with_queues(2));
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().number, EINVAL);
  EXPECT_THAT(port.error().message(), HasSubstr("it was made for one queue"));
}

TEST_F(TapQueuesTest, TapWhoseQueuesAnotherHasIsInUse) {
  const auto first = open(with_queues(2));
  ASSERT_TRUE(first);
  const auto second = TapPort::open(with_queues(2));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().number, EBUSY);
}

}  // namespace tap_queues_test
}  // namespace tapswitch
