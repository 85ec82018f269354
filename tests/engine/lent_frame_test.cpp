// SPDX-License-Identifier: Apache-2.0
// Frames whose body stays in the memory of the port they came in by, until that is given it back:
// they fare as whole ones, whatever becomes of them. Those at the limits are in
// hostile_frames_test.cpp.
#include <gtest/gtest.h>

#include <latch>
#include <mutex>

#include "switch/ports/patch/patch_port.hpp"
#include "tests/engine/lan.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace lent_frame_test {

constexpr VlanId vlan = 10;

Bytes with_header(const Offload& offload, const Bytes& frame) {
  Bytes bytes(offload_header_size);
  write_offload(offload, std::span(bytes).first<offload_header_size>());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

SuperFrame between(MacAddress from, MacAddress to, SuperFrame frame) {
  to.write(frame.bytes.data());
  from.write(frame.bytes.data() + MacAddress::size);
  return frame;
}

// Stations at ports of every kind; that of the first lends, or does not.
class Neighbourhood {
 public:
  explicit Neighbourhood(bool lends) {
    plug_first(lends);
    for (const PortRule& rule : {access(vlan), trunk(), tunnel()}) {
      lan_.plug(rule, all_offloads);
      lan_.plug(rule, OffloadSet{.checksum = true});
      lan_.plug(rule);
    }
  }

  // Sends a frame by the first port and returns what comes out, port by port.
  std::vector<std::vector<Bytes>> send(const SuperFrame& frame) {
    EXPECT_TRUE(lan_.cable(0).send(with_header(frame.offload, frame.bytes)));
    lan_.settle();
    std::vector<std::vector<Bytes>> arrived(10);
    for (std::size_t cable = 0; cable < arrived.size(); ++cable) {
      while (const auto bytes = lan_.cable(cable).receive()) {
        arrived[cable].push_back(*bytes);
      }
    }
    return arrived;
  }

 private:
  static PortRule tunnel() {
    PortRule rule;
    rule.vlan = {.mode = PortMode::tunnel, .pvid = vlan};
    return rule;
  }

  void plug_first(bool lends) {
    SocketPortPair pair = make_socket_port(1 << 20, all_offloads);
    std::unique_ptr<Port> port = std::move(pair.port);
    if (lends) {
      port = std::make_unique<LendingPort>(std::move(port));
    }
    PortRule rule = trunk();
    rule.vlan.pvid = vlan;
    lan_.plug(rule, std::move(port), std::move(pair.cable));
  }

  Lan lan_;
};

std::vector<SuperFrame> frames_of_every_kind() {
  std::vector<SuperFrame> frames;
  for (const std::size_t size : {46U, 242U, 243U, 244U, 1'000U, 1'486U, 9'000U}) {
    frames.push_back({.bytes = FrameBuilder().payload(size).build(), .offload = {}, .headers = {}});
    frames.push_back({.bytes = FrameBuilder().tag({.vid = vlan}).payload(size).build(),
                      .offload = {},
                      .headers = {}});
  }
  for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
    for (const bool is_ipv6 : {false, true}) {
      for (const std::vector<VlanTag>& tags :
           {std::vector<VlanTag>{}, {{.vid = vlan}}, {{.vid = vlan}, {.vid = 7}}}) {
        frames.push_back(build({.is_ipv6 = is_ipv6,
                                .kind = kind,
                                .tags = tags,
                                .segment_size = 777,
                                .payload = noise(40'000)}));
        frames.push_back(without_segmentation(
            build({.is_ipv6 = is_ipv6, .kind = kind, .tags = tags, .payload = noise(1'201)})));
      }
    }
  }
  frames.push_back(build({.is_ipv6 = true, .extensions = {{60, 504}}, .payload = noise(5'000)}));
  // A checksum that stands where nobody would think, in the body.
  frames.push_back({.bytes = FrameBuilder().payload(1'400).build(),
                    .offload = {.needs_checksum = true, .checksum_start = 700},
                    .headers = {}});
  return frames;
}

TEST(LentFrame, FaresAsAWholeOne) {
  Neighbourhood whole(false);
  Neighbourhood lent(true);
  std::size_t count = 0;
  for (const MacAddress to : {everybody, bob}) {
    for (const SuperFrame& frame : frames_of_every_kind()) {
      const SuperFrame sent = between(alice, to, frame);
      const auto arrived = whole.send(sent);
      EXPECT_EQ(lent.send(sent), arrived) << "frame " << count;
      EXPECT_FALSE(arrived[1].empty() && sent.bytes.size() < 1'500) << "frame " << count;
      ++count;
    }
  }
}

class LentFrameTest : public testing::Test {
 protected:
  LentFrameTest() {
    SocketPortPair pair = make_socket_port();
    auto port = std::make_unique<LendingPort>(std::move(pair.port));
    lender_ = port.get();
    alices_ = lan_.plug(access(vlan), std::move(port), std::move(pair.cable));
    bobs_ = lan_.plug(access(vlan), all_offloads);
  }

  // Sends the frames so that they are there when the worker looks.
  void send_together(const std::vector<Bytes>& frames) {
    std::latch all_sent(1);
    lan_.pool().worker(0).post([&all_sent] { all_sent.wait(); });
    for (const Bytes& sent : frames) {
      EXPECT_TRUE(lan_.cable(0).send(sent));
    }
    all_sent.count_down();
    lan_.settle();  // so that the latch is waited for no more
  }

  Lan lan_;
  LendingPort* lender_ = nullptr;
  PortIndex alices_{};
  PortIndex bobs_{};
};

TEST_F(LentFrameTest, FramesAreGivenBackWhenTheyHaveLeft) {
  std::vector<Bytes> sent;
  for (std::size_t i = 0; i < Worker::batch_cost + 20; ++i) {
    sent.push_back(frame(alice, everybody).payload(1'000 + i).build());
  }
  send_together(sent);
  for (const Bytes& each : sent) {
    ASSERT_EQ(lan_.cable(1).wait_for_frame(), with_header({}, each));
  }
  lan_.settle();
  EXPECT_EQ(lender_->lent_count(), 0U);
}

// Notes how the frames come that it sends.
class NotingPort final : public Port {
 public:
  struct Sent {
    bool is_lent;            // its body is
    std::size_t lent_count;  // how many frames have not been given back
    Bytes bytes;
  };

  NotingPort(std::unique_ptr<Port> inner, const LendingPort& lender)
      : inner_(std::move(inner)), lender_(lender) {}

  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return inner_->descriptor(queue);
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override {
    return inner_->receive(queue, frame);
  }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    const std::lock_guard lock(mutex_);
    sent_.push_back({frame.is_lent(), lender_.lent_count(), bytes_of(frame)});
    return inner_->send(frame);
  }
  [[nodiscard]] LinkStatus link() const override { return inner_->link(); }

  [[nodiscard]] std::vector<Sent> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  std::unique_ptr<Port> inner_;
  const LendingPort& lender_;
  std::mutex mutex_;
  std::vector<Sent> sent_;
};

TEST_F(LentFrameTest, FrameToAKnownStationIsLentUntilItsEgressHasTakenIt) {
  SocketPortPair pair = make_socket_port();
  auto port = std::make_unique<NotingPort>(std::move(pair.port), *lender_);
  NotingPort& noting = *port;
  lan_.plug(access(vlan), std::move(port), std::move(pair.cable));
  const Bytes hello = frame(carol, everybody).build();
  ASSERT_TRUE(lan_.cable(2).send(hello));
  ASSERT_EQ(lan_.cable(0).wait_for_frame(), hello);
  ASSERT_EQ(lan_.cable(1).wait_for_frame(), with_header({}, hello));
  std::vector<Bytes> frames;
  for (const std::size_t size : {1'100U, 1'300U, 1'500U}) {
    frames.push_back(frame(alice, carol).payload(size).build());
    ASSERT_TRUE(lan_.cable(0).send(frames.back()));
    EXPECT_EQ(lan_.cable(2).wait_for_frame(), frames.back());
  }
  lan_.settle();
  const auto sent = noting.sent();
  ASSERT_EQ(sent.size(), frames.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_TRUE(sent[i].is_lent);
    EXPECT_GE(sent[i].lent_count, 1U);
    EXPECT_EQ(sent[i].bytes, frames[i]);
  }
  EXPECT_EQ(lender_->lent_count(), 0U);
  EXPECT_FALSE(lan_.cable(1).receive()) << "carol is known";
}

TEST_F(LentFrameTest, FrameThatIsDroppedIsGivenBack) {
  const Bytes refused = frame(alice, everybody).tag({.vid = 20}).payload(1'000).build();
  ASSERT_TRUE(lan_.cable(0).send(refused));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(alices_, DropReason::vlan_not_allowed) == 1; }));
  lan_.settle();
  EXPECT_EQ(lender_->lent_count(), 0U);
}

TEST_F(LentFrameTest, SegmentsAreJoined) {
  ASSERT_TRUE(lan_.cable(1).send(with_header({}, frame(bob, alice).build())));
  ASSERT_TRUE(lan_.cable(0).wait_for_frame());
  const SuperFrame stream =
      between(alice, bob, build({.segment_size = 1'001, .payload = noise(7'007)}));
  send_together(cut(stream.bytes, stream.offload));
  std::size_t payload_size = 0;
  for (const std::size_t count : {1U, 2U, 4U}) {
    const auto received = lan_.cable(1).wait_for_frame();
    ASSERT_TRUE(received);
    const std::span<const std::byte> bytes = std::span(*received).subspan(offload_header_size);
    const std::span<const std::byte> payload = bytes.subspan(stream.headers.payload);
    EXPECT_EQ(payload.size(), count * 1'001);
    EXPECT_TRUE(
        std::ranges::equal(payload, stream.payload().subspan(payload_size, payload.size())));
    payload_size += payload.size();
  }
}

TEST_F(LentFrameTest, PatchKeepsACopy) {
  WorkerPool others(1);
  Switch neighbour(others);
  auto near = PatchPort::open().value();
  auto far = PatchPort::open_opposite(*near);
  SocketPortPair carols = make_socket_port();
  ASSERT_TRUE(lan_.engine().add_port(std::move(near), access(vlan)));
  ASSERT_TRUE(neighbour.add_port(std::move(far), {}));
  ASSERT_TRUE(neighbour.add_port(std::move(carols.port), {}));

  std::latch is_given_back(1);
  others.worker(0).post([&] { is_given_back.wait(); });
  const Bytes sent = frame(alice, everybody).payload(1'400).build();
  ASSERT_TRUE(lan_.cable(0).send(sent));
  ASSERT_TRUE(lan_.cable(1).wait_for_frame());
  lan_.settle();
  EXPECT_EQ(lender_->lent_count(), 0U);
  is_given_back.count_down();
  EXPECT_EQ(carols.cable.wait_for_frame(), sent);
}

TEST_F(LentFrameTest, PuntedFrameIsHandedOverWhole) {
  lan_.engine().set_rule({.punts = {.reserved = 1}});
  const Bytes bpdu = frame(alice, MacAddress(0x0180'c200'0000)).payload(1'400).build();
  ASSERT_TRUE(lan_.cable(0).send(bpdu));
  std::optional<PuntedFrame> punted;
  ASSERT_TRUE(wait_until([&] { return (punted = lan_.engine().take_punted()).has_value(); }));
  EXPECT_EQ(punted->bytes, bpdu);
}

// Copies what it sees.
class Witness final : public PortObserver {
 public:
  std::optional<DropReason> received(std::size_t /*worker*/, const FrameBuffer& frame,
                                     VlanId /*vid*/, TimePoint /*now*/) noexcept override {
    note(frame);
    return std::nullopt;
  }
  void drops(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
             const Drop& /*drop*/) noexcept override {}
  void cuts(std::size_t /*worker*/, const FrameBuffer& /*frame*/) noexcept override {}
  void sends(std::size_t /*worker*/, const FrameBuffer& frame, VlanId /*vid*/) noexcept override {
    note(frame);
  }

  [[nodiscard]] std::vector<Bytes> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void note(const FrameBuffer& frame) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(bytes_of(frame));
  }

  std::mutex mutex_;
  std::vector<Bytes> seen_;
};

TEST_F(LentFrameTest, ObserversSeeHeadAndBody) {
  Witness at_alice;
  Witness at_bob;
  lan_.engine().observe(alices_, &at_alice);
  lan_.engine().observe(bobs_, &at_bob);
  const Bytes sent = frame(alice, everybody).payload(1'400).build();
  ASSERT_TRUE(lan_.cable(0).send(sent));
  ASSERT_TRUE(lan_.cable(1).wait_for_frame());
  EXPECT_EQ(at_alice.seen(), std::vector<Bytes>{sent});
  EXPECT_EQ(at_bob.seen(), std::vector<Bytes>{sent});
}

}  // namespace lent_frame_test
}  // namespace tapswitch::test
