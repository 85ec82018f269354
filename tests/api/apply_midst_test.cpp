// SPDX-License-Identifier: Apache-2.0
// config.apply in its midst: what is told meanwhile, and that it comes to one of its two ends.
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "tests/api/apply_fixture.hpp"

namespace tapswitch::test {
namespace apply_midst_test {

// An apply that is gone on with by hand.
class ApplyInItsMidst : public ApplyApi {
 protected:
  void begin(const Json& wanted) {
    line_ = Json{{"jsonrpc", "2.0"},
                 {"id", 1},
                 {"method", "config.apply"},
                 {"params", {{"config", wanted}}}}
                .dump();
    applying_ = dispatcher_.begin(line_);
  }

  // Goes on until 'is_there', or to its end.
  template <class Condition>
  bool go_on_until(const Condition& is_there) {
    while (!applying_->is_over()) {
      if (is_there()) {
        return true;
      }
      said_ += applying_->go_on({});
    }
    return false;
  }

  Json end() {
    EXPECT_FALSE(go_on_until([] { return false; }));
    return Json::parse(said_);
  }

  // Returns how many pictures are drawn of the switch by an apply of 'wanted'.
  std::size_t pictures_of(const Json& wanted) {
    const Switch& engine = *network_.switches().at("sw0").engine;
    const Picture* last = &engine.picture();
    std::size_t drawn = 0;
    begin(wanted);
    said_.clear();
    while (!applying_->is_over()) {
      said_ += applying_->go_on({});
      const Picture* const now = &engine.picture();
      drawn += std::exchange(last, now) != now ? 1U : 0U;
    }
    EXPECT_TRUE(Json::parse(said_).contains("result")) << said_;
    return drawn;
  }

  bool has_port(const std::string& name) { return network_.ports().contains(name); }

  std::string line_;
  std::unique_ptr<rpc::Answering> applying_;
  std::string said_;
};

TEST_F(ApplyInItsMidst, WhatIsConfiguredIsToldAsItWasBefore) {
  add_port("alice");
  const Json before = document();
  Json wanted = with("bob", port());
  wanted["switches"]["sw0"]["vlans"] = {{"10", {{"name", "office"}}}};
  begin(wanted);
  ASSERT_TRUE(go_on_until([this] { return has_port("bob"); }));
  EXPECT_EQ(document(), before);
  EXPECT_EQ(call("system.info")["revision"], before["revision"]);
  EXPECT_EQ(texts(call("config.diff", {{"config", wanted}})),
            Json::array({"+ port bob", "+ name office of vlan 10"}));
  EXPECT_EQ(call("port.get", {{"name", "bob"}})["state"], "up");  // what runs is told as it is
  EXPECT_TRUE(end().contains("result"));
  EXPECT_EQ(call("config.diff", {{"config", wanted}})["plan"], Json::array());
  EXPECT_EQ(document()["revision"], before["revision"].get<int>() + 1);
}

TEST_F(ApplyInItsMidst, RulesAreToldAsFramesAreTreated) {
  const Json old_vlan = {{"mode", "access"}, {"pvid", 10}};
  const Json new_vlan = {{"mode", "access"}, {"pvid", 20}};
  add_port("alice", {{"vlan", old_vlan}});
  add_port("bob", {{"vlan", old_vlan}});
  add_port("carol", {{"vlan", old_vlan}});
  Json wanted = document();
  wanted["switches"]["sw0"]["forward_reserved"] = {"lldp"};
  for (const char* name : {"alice", "bob", "carol"}) {
    wanted["switches"]["sw0"]["ports"][name]["vlan"] = new_vlan;
  }
  const auto pvid_of = [this](const char* name) {
    return call("port.get", {{"name", name}})["vlan"]["pvid"];
  };
  const auto traced_vlan = [this] {
    const Json frame = {{"src", "02:00:00:00:00:01"}, {"dst", "02:00:00:00:00:02"}};
    return call("frame.trace", {{"port", "alice"}, {"frame", frame}})["vlan"];
  };
  begin(wanted);
  const auto& ports = network_.ports();
  ASSERT_TRUE(go_on_until([&] { return ports.at("bob").spec.rule.vlan.pvid == 20; }));
  EXPECT_EQ(pvid_of("alice"), 10);
  EXPECT_EQ(traced_vlan(), 10);
  EXPECT_EQ(call("vlan.list")["vlans"].size(), 1U);
  EXPECT_EQ(call("port.list", {{"vlan", 10}})["ports"].size(), 3U);
  EXPECT_EQ(call("switch.get", {{"name", "sw0"}})["forward_reserved"], Json::array());
  EXPECT_TRUE(end().contains("result"));
  EXPECT_EQ(pvid_of("alice"), 20);
  EXPECT_EQ(traced_vlan(), 20);
  EXPECT_EQ(call("port.list", {{"vlan", 20}})["ports"].size(), 3U);
  EXPECT_EQ(call("switch.get", {{"name", "sw0"}})["forward_reserved"], Json::array({"lldp"}));
}

TEST_F(ApplyInItsMidst, RulesThatAPictureHasBroughtAreToldThen) {
  add_port("alice", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  add_port("bob");
  Json wanted = document();
  wanted["switches"]["sw0"]["ports"]["alice"]["vlan"]["pvid"] = 20;
  wanted["switches"]["sw0"]["ports"].erase("bob");
  begin(wanted);
  ASSERT_TRUE(go_on_until([this] { return !has_port("bob"); }));
  const network::Network::RunningPort& port = network_.ports().at("alice");
  EXPECT_EQ(call("port.get", {{"name", "alice"}})["vlan"]["pvid"],
            port.home->engine->snapshot().port(port.index).pvid());
  EXPECT_TRUE(end().contains("result"));
  EXPECT_EQ(call("port.get", {{"name", "alice"}})["vlan"]["pvid"], 20);
}

TEST_F(ApplyInItsMidst, PortsThatComeTakeOnePictureTogetherAndSoDoThoseThatGo) {
  add_port("alice");
  constexpr std::size_t count = 200;
  const Json before = document();
  Json wanted = before;
  Json elsewhere = before;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "p" + std::to_string(i);
    wanted["switches"]["sw0"]["ports"][name] = port();
    elsewhere["switches"]["sw0"]["ports"][name] = port({{"interface", "other" + name}});
  }
  EXPECT_EQ(pictures_of(wanted), 1U);
  EXPECT_EQ(network_.ports().size(), count + 1);
  EXPECT_EQ(pictures_of(elsewhere), 2U) << "each goes for another in its place";
  EXPECT_EQ(network_.ports().size(), count + 1);
  EXPECT_EQ(pictures_of(before), 1U);
  EXPECT_EQ(network_.ports().size(), 1U);
}

TEST_F(ApplyInItsMidst, PortThatWasToGoStaysAsItWasWhereTheApplyIsDropped) {
  add_port("alice", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  add_port("bob");
  add_port("carol");
  const auto added = network_.ports().at("bob").added;
  const Json before = document();
  Json wanted = before;
  wanted["switches"]["sw0"]["ports"] = {{"alice", port()}};
  begin(wanted);
  const network::RunningPort& changed = network_.ports().at("alice");
  ASSERT_TRUE(go_on_until([&] { return changed.spec.rule.vlan.pvid != 10; }));
  said_ += applying_->go_on({});  // bob is to go
  applying_.reset();
  EXPECT_EQ(document(), before);
  EXPECT_TRUE(changed.home->engine->is_in_force(network_.ports().at("bob").index));
  EXPECT_EQ(network_.ports().at("bob").added, added);
  EXPECT_EQ(texts(call("config.apply", {{"config", wanted}})).size(), 3U);
  EXPECT_EQ(network_.ports().size(), 1U);
}

TEST_F(ApplyInItsMidst, NoFrameIsTracedThroughAPortThatComes) {
  add_port("alice");
  begin(with("bob", port()));
  ASSERT_TRUE(go_on_until([this] { return has_port("bob"); }));
  const Json frame = {{"src", "02:00:00:00:00:01"}, {"dst", "02:00:00:00:00:02"}};
  EXPECT_EQ(refuse("frame.trace", {{"port", "bob"}, {"frame", frame}})["data"]["kind"], "conflict");
  EXPECT_EQ(call("frame.trace", {{"port", "alice"}, {"frame", frame}})["egress"], Json::array());
  EXPECT_TRUE(end().contains("result"));
  EXPECT_EQ(call("frame.trace", {{"port", "alice"}, {"frame", frame}})["egress"][0]["port"], "bob");
}

TEST_F(ApplyInItsMidst, RefusalUndoesBitByBit) {
  add_port("alice");
  const Json before = document();
  Json wanted = document();
  wanted["switches"]["sw0"]["ports"] = {{"bob", port()}, {"zzz", port({{"interface", "lo"}})}};
  begin(wanted);
  ASSERT_TRUE(go_on_until([this] { return has_port("bob"); }));
  ASSERT_TRUE(go_on_until([this] { return !has_port("bob"); }));
  EXPECT_EQ(said_, "");
  EXPECT_EQ(document(), before);
  EXPECT_EQ(end()["error"]["data"]["kind"], "kernel_refused");
  EXPECT_EQ(document(), before);
}

TEST_F(ApplyInItsMidst, ThatIsDroppedIsUndone) {
  add_port("alice", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  const Json before = document();
  const std::string interfaces_before = interfaces();
  Json wanted = with("bob", port());
  wanted["switches"]["sw0"]["ports"]["alice"]["vlan"]["pvid"] = 20;
  begin(wanted);
  ASSERT_TRUE(go_on_until([this] { return has_port("bob"); }));
  applying_.reset();
  EXPECT_EQ(document(), before);
  EXPECT_EQ(interfaces(), interfaces_before);
  EXPECT_EQ(call("port.get", {{"name", "alice"}})["vlan"]["pvid"], 10);
  call("config.apply", {{"config", wanted}});
  EXPECT_EQ(call("port.get", {{"name", "alice"}})["vlan"]["pvid"], 20);
}

}  // namespace apply_midst_test
}  // namespace tapswitch::test
