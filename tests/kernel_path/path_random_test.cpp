// SPDX-License-Identifier: Apache-2.0
// Random rules, stations and frames: the kernel path against a worker.
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/kernel_path/path_twin.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/root.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace path_random_test {

constexpr MacAddress alice(0x0200'0000'000a);
constexpr MacAddress bob(0x0200'0000'000b);
constexpr MacAddress group(0x01'00'5e'00'00'01);

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t count) { return engine_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class Value>
  Value one_of(std::initializer_list<Value> values) {
    return *(values.begin() + below(values.size()));
  }

  VlanId vid() { return one_of<VlanId>({1, 1, 1, 64, 4094}); }
  MacAddress station() { return MacAddress(0x0200'0000'0000 + 1 + below(3)); }
  TagType type() {
    return one_in(8) ? one_of({TagType::vendor_9100, TagType::vendor_9200})
                     : one_of({TagType::customer, TagType::service});
  }

 private:
  std::mt19937_64 engine_;
};

VlanRule any_vlan_rule(Dice& dice) {
  VlanRule rule;
  rule.mode = dice.one_of({PortMode::access, PortMode::trunk, PortMode::trunk, PortMode::tunnel});
  rule.pvid = dice.vid();
  rule.tunnel_type = dice.type();
  if (rule.mode == PortMode::trunk) {
    rule.pvid = dice.one_in(3) ? no_vlan : rule.pvid;
    rule.native_tagged = dice.one_in(3);
    rule.allowed = !dice.one_in(4) ? VlanSet::all() : VlanSet();
    rule.vendor_type = dice.one_in(6) ? TagType::vendor_9100 : TagType::customer;
    for (std::size_t i = dice.below(5); i > 0; --i) {
      rule.allowed.insert(dice.vid());
    }
  }
  rule.acceptable = dice.one_in(6)
                        ? dice.one_of({AcceptableFrames::tagged, AcceptableFrames::untagged})
                        : AcceptableFrames::all;
  return rule;
}

std::vector<PortRule> any_ports(Dice& dice) {
  std::vector<PortRule> rules(2 + dice.below(4));
  for (PortRule& rule : rules) {
    rule.vlan = any_vlan_rule(dice);
    rule.isolated = dice.one_in(4);
    rule.hairpin = dice.one_in(4);
    rule.learning = !dice.one_in(6);
    rule.fdb_limit = dice.one_in(8) ? 1 : 0;
  }
  return rules;
}

Incoming any_incoming(Dice& dice, std::size_t port_count) {
  std::vector<VlanTag> tags;
  for (std::size_t i = dice.below(4); i > 1; --i) {
    const bool is_named = !dice.one_in(5);
    tags.push_back({.type = dice.type(),
                    .priority = static_cast<std::uint8_t>(dice.below(8)),
                    .drop_eligible = dice.one_in(4),
                    .vid = dice.one_in(16) ? reserved_vlan
                           : is_named      ? dice.vid()
                                           : no_vlan});
  }
  Incoming incoming{.port = static_cast<PortIndex>(dice.below(port_count)), .bytes = {}};
  const bool is_super_frame = dice.one_in(4);
  if (is_super_frame) {
    const SuperFrame frame =
        build({.is_ipv6 = dice.one_in(2),
               .kind = dice.one_in(3) ? TransportKind::udp : TransportKind::tcp,
               .tags = tags,
               .ipv4_option_size = dice.one_in(4) ? 8U : 0U,
               .tcp_option_size = dice.one_in(2) ? 12U : 0U,
               .segment_size = dice.one_of<std::uint16_t>({1000, 1428, 1448}),
               .payload = noise(2'800)});
    incoming.bytes = frame.bytes;
    incoming.offload = frame.offload;
  } else {
    FrameBuilder builder;
    for (const VlanTag& tag : tags) {
      builder.tag(tag);
    }
    incoming.bytes =
        builder.payload(dice.one_in(4) ? 1380 + dice.below(140) : dice.below(100)).build();
  }
  const auto put = [&](MacAddress mac, std::size_t offset) {
    mac.write(incoming.bytes.data() + offset);
  };
  put(dice.one_in(16) ? dice.one_of({group, MacAddress()}) : dice.station(), 0);
  put(dice.one_in(24) ? dice.one_of({group, MacAddress()}) : dice.station(), MacAddress::size);
  if (dice.one_in(40) && !is_super_frame) {
    incoming.bytes.resize(std::min(incoming.bytes.size(), 12 + dice.below(12)));
  }
  return incoming;
}

std::size_t rounds() {
  const char* const wanted = std::getenv("TAPSWITCH_PATH_ROUNDS");
  return wanted == nullptr ? 600 : std::strtoul(wanted, nullptr, 10);
}

class KernelPathProperty : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    twin_.emplace();
  }

  // Some stations are known beforehand, others have been silent for too long.
  void know_some(Dice& dice, std::size_t port_count) {
    for (std::size_t i = 10 + dice.below(20); i > 0; --i) {
      twin_->know({dice.vid(), dice.station()}, static_cast<PortIndex>(dice.below(port_count + 1)),
                  dice.one_in(6) ? StationKind::static_entry : StationKind::dynamic_entry,
                  std::chrono::seconds(dice.one_of({0, 0, 100, 290, 310})));
    }
  }

  // Returns whether the frame took the path.
  bool compare(const Incoming& incoming) {
    const auto decided = twin_->by_path(incoming);
    const auto walked = twin_->by_worker(incoming);
    if (decided) {
      EXPECT_EQ(walked.exits, Exits{*decided});
      EXPECT_FALSE(walked.is_news);
    }
    return decided.has_value();
  }

  std::optional<PathTwin> twin_;
};

// TAPSWITCH_PATH_ROUNDS is how often rules are thrown; ten frames come in by each.
TEST_F(KernelPathProperty, PathDoesWhatAWorkerWouldDo) {
  const std::uint64_t seed = std::random_device()();
  Dice dice(seed);
  std::size_t decided = 0;
  std::size_t frames = 0;
  for (std::size_t round = 0; round < rounds() && !HasFailure(); ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    const auto ports = any_ports(dice);
    twin_->set_ports(ports, {}, dice.one_of<std::uint32_t>({1400, 1454, 1500}));
    know_some(dice, ports.size());
    for (int i = 0; i < 10 && !HasFailure(); ++i, ++frames) {
      decided += compare(any_incoming(dice, ports.size())) ? 1U : 0U;
    }
  }
  RecordProperty("decided", std::to_string(decided));
  EXPECT_GT(decided, frames / 50);
}

TEST_F(KernelPathProperty, CountersAreThoseOfAWorker) {
  constexpr PortIndex in{0};
  constexpr PortIndex out{1};
  twin_->set_ports({{.vlan = {.mode = PortMode::access, .pvid = 77}}, {}});
  twin_->know({77, alice}, in, StationKind::dynamic_entry, {});
  twin_->know({77, bob}, out, StationKind::dynamic_entry, {});
  const auto before = twin_->vlan_counters(77);
  const Incoming there{.port = in, .bytes = FrameBuilder().from(alice).to(bob).build()};
  const Incoming back{.port = out,
                      .bytes = FrameBuilder().from(bob).to(alice).tag({.vid = 77}).build()};
  ASSERT_TRUE(twin_->by_path(there));
  ASSERT_TRUE(twin_->by_path(there));
  ASSERT_TRUE(twin_->by_path(back));
  const auto at_alice = twin_->counters(in);
  EXPECT_EQ(at_alice.in_frames, 2U);
  EXPECT_EQ(at_alice.in_octets, 2 * 60U);
  EXPECT_EQ(at_alice.out_frames, 1U);
  EXPECT_EQ(at_alice.out_octets, 60U);
  const auto at_bob = twin_->counters(out);
  EXPECT_EQ(at_bob.in_frames, 1U);
  EXPECT_EQ(at_bob.in_octets, 64U);
  EXPECT_EQ(at_bob.out_frames, 2U);
  EXPECT_EQ(at_bob.out_octets, 2 * 64U);
  const auto after = twin_->vlan_counters(77);
  EXPECT_EQ(after.in_frames - before.in_frames, 3U);
  EXPECT_EQ(after.in_octets - before.in_octets, 2 * 60U + 64U);
}

// A frame that must be filled up before it leaves is a worker's.
TEST_F(KernelPathProperty, ShortFrameIsLeftToAWorker) {
  twin_->set_ports({{}, {}}, {}, 1500, 60);
  twin_->know({1, alice}, PortIndex{0}, StationKind::dynamic_entry, {});
  twin_->know({1, bob}, PortIndex{1}, StationKind::dynamic_entry, {});
  const auto sized = [](std::size_t payload) {
    return Incoming{.port = PortIndex{0},
                    .bytes = FrameBuilder().from(alice).to(bob).payload(payload).build()};
  };
  EXPECT_FALSE(twin_->by_path(sized(45)));
  EXPECT_TRUE(twin_->by_path(sized(46)));
}

TEST_F(KernelPathProperty, OneStoreMakesAllPortsStale) {
  twin_->set_ports({{}, {}});
  twin_->know({1, alice}, PortIndex{0}, StationKind::dynamic_entry, {});
  twin_->know({1, bob}, PortIndex{1}, StationKind::dynamic_entry, {});
  const Incoming frame{.port = PortIndex{0}, .bytes = FrameBuilder().from(alice).to(bob).build()};
  ASSERT_TRUE(twin_->by_path(frame));
  twin_->make_stale();
  EXPECT_FALSE(twin_->by_path(frame));
}

}  // namespace path_random_test
}  // namespace tapswitch::test
