// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/decide.hpp"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "switch/frame/frame_buffer.hpp"
#include "tests/forwarding/decide_cases.hpp"

namespace tapswitch::test {
namespace decide_test {

constexpr std::chrono::seconds ageing{300};

PortIndex index_of(int port) { return static_cast<PortIndex>(port); }

// The frame with its tags, then EtherType 0x88b5 and a little payload.
void write_frame(FrameBuffer& buffer, const Sent& sent) {
  std::byte* const octets = buffer.space().data();
  std::fill_n(octets, 60, std::byte{0});
  sent.to.write(octets);
  sent.from.write(octets + MacAddress::size);
  octets[FrameView::ether_type_offset] = std::byte{0x88};
  octets[FrameView::ether_type_offset + 1] = std::byte{0xb5};
  buffer.assign(60);
}

// The bytes of 'sent'.
std::vector<std::byte> bytes_of(const Sent& sent) {
  FrameBuffer buffer;
  write_frame(buffer, sent);
  std::vector<std::byte> bytes(buffer.head().begin(), buffer.head().end());
  for (auto tag = sent.tags.rbegin(); tag != sent.tags.rend(); ++tag) {
    buffer.assign(bytes.size());
    std::copy(bytes.begin(), bytes.end(), buffer.space().begin());
    buffer.push_tag(*tag);
    bytes.assign(buffer.head().begin(), buffer.head().end());
  }
  bytes.resize(std::min(bytes.size(), sent.cut_to));
  return bytes;
}

std::string drop(DropReason reason) { return fmt::format("drop {}", text_of(reason).name); }

// A switch with the ports of a case, which tells in words where a frame goes.
class Bridge {
 public:
  explicit Bridge(const Case& a_case)
      : snapshot_(a_case.rule, rules_of(a_case)), fdb_(100, ageing, 1) {
    for (const Known& known : a_case.known) {
      const Station station{known.vid, known.mac};
      if (known.kind == StationKind::static_entry) {
        EXPECT_TRUE(fdb_.add_static(station, index_of(known.port)));
      } else {
        fdb_.learn(station, index_of(known.port), 0, now_);
      }
    }
    now_ += std::chrono::seconds(a_case.seconds_later);
  }

  std::string send(const Sent& sent) {
    const auto bytes = bytes_of(sent);
    const auto view = FrameView::parse(bytes);
    if (!view) {
      return drop(view.error() == FrameFault::runt ? DropReason::runt : DropReason::tag_truncated);
    }
    const PortIndex ingress = index_of(sent.in);
    const auto classification = classify(snapshot_, ingress, *view);
    if (!classification) {
      return drop(classification.error());
    }
    const VlanId vid = classification->tag.vid;
    const PortView& port = snapshot_.port(ingress);
    if (port.learning()) {
      fdb_.learn({vid, view->source()}, ingress, port.fdb_limit(), now_);
    }
    const Decision decision = decide(snapshot_, fdb_, ingress, *view, *classification, now_);
    switch (decision.kind) {
      case Decision::Kind::drop:
        return drop(decision.reason);
      case Decision::Kind::unicast:
        return name_of(decision.egress, vid);
      case Decision::Kind::flood:
        break;
    }
    return flood(decision, ingress, vid);
  }

 private:
  static std::vector<std::optional<PortRule>> rules_of(const Case& a_case) {
    return {a_case.ports.begin(), a_case.ports.end()};
  }

  std::string flood(const Decision& decision, PortIndex ingress, VlanId vid) {
    std::string text = "flood";
    bool is_sent = false;
    for (const PortIndex member : decision.members) {
      if (floods_to(snapshot_, ingress, member, decision.flood_kind)) {
        text += ' ' + name_of(member, vid);
        is_sent = true;
      }
    }
    return is_sent ? text : drop(DropReason::no_egress);
  }

  std::string name_of(PortIndex egress, VlanId vid) const {
    const std::string name = fmt::format("p{}", to_size(egress));
    return snapshot_.port(egress).sends_tagged(vid) ? fmt::format("{}:{}", name, vid) : name;
  }

  Snapshot snapshot_;
  Fdb fdb_;
  TimePoint now_{std::chrono::hours(1)};
};

class Forwarding : public testing::TestWithParam<Case> {};

TEST_P(Forwarding, Case) {
  Bridge bridge(GetParam());
  EXPECT_EQ(bridge.send(GetParam().frame), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Rules, Forwarding,
                         testing::ValuesIn(decide_cases().begin(), decide_cases().end()),
                         [](const auto& a_case) { return std::string(a_case.param.name); });

TEST(ForwardingCases, NamesAreDistinct) {
  std::set<std::string> names;
  for (const Case& a_case : decide_cases()) {
    EXPECT_TRUE(names.insert(a_case.name).second) << a_case.name;
  }
}

// Whoever learns a batch of frames before deciding on it gets this wrong.
TEST(ForwardingCases, AnswerInTheSameBatchFindsItsStation) {
  const MacAddress alice(0x02'00'00'00'00'0a);
  const MacAddress bob(0x02'00'00'00'00'0b);
  Bridge bridge({.name = "", .ports = {{}, {}, {}}, .known = {}, .frame = {}, .expected = ""});
  EXPECT_EQ(bridge.send({.in = 0, .to = bob, .from = alice}), "flood p1 p2");
  EXPECT_EQ(bridge.send({.in = 1, .to = alice, .from = bob}), "p0");
  EXPECT_EQ(bridge.send({.in = 0, .to = bob, .from = alice}), "p1");
}

}  // namespace decide_test
}  // namespace tapswitch::test
