// SPDX-License-Identifier: Apache-2.0
// stage.hpp: a fixture for tests of one part of a network, with all that parts work on: switches
// that run, and ports without interfaces, whose links are as the test says; and with somebody who
// hears what is told. No root.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/events/event_hub.hpp"
#include "control/network/announcer.hpp"
#include "control/network/inventory.hpp"
#include "control/rpc/outlet.hpp"
#include "switch/engine/worker_pool.hpp"

namespace tapswitch::test {

// A port by which no frame comes or leaves.
class ScriptedPort final : public Port {
 public:
  [[nodiscard]] std::size_t queue_count() const noexcept override { return 0; }
  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override { return -1; }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/,
                                      FrameBuffer& /*frame*/) noexcept override {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override {
    return SendStatus::link_down;
  }
  [[nodiscard]] LinkStatus link() const override { return status; }

  LinkStatus status = up();

 private:
  static LinkStatus up() {
    LinkStatus link;
    link.is_present = true;
    link.is_up = true;
    link.has_carrier = true;
    return link;
  }
};

// An end that keeps how it was plugged.
class ScriptedEnd final : public network::OpenEnd {
 public:
  void set_plugged(bool is_plugged) override { plugged.push_back(is_plugged); }

  std::vector<bool> plugged;
};

class Stage : public testing::Test, protected rpc::Outlet {
 protected:
  bool offer(std::string_view line) override {
    const Json event = Json::parse(line)["params"];
    std::string told = event["topic"].get<std::string>() + ' ' + event["event"].get<std::string>();
    const Json& data = event["data"];
    if (data.contains("name") && data["name"].is_string()) {
      told += ' ' + data["name"].get<std::string>();
    } else if (data.contains("revision")) {
      told += ' ' + data["revision"].dump();
    } else if (data.contains("mac")) {
      told += ' ' + data["mac"].get<std::string>();
    }
    heard_.push_back(std::move(told));
    return true;
  }
  void engage(std::unique_ptr<Speaker> speaker) override { speaker_ = std::move(speaker); }

  void TearDown() override { speaker_.reset(); }  // before the hub

  void subscribe(std::initializer_list<events::Topic> topics) {
    events::Wish wish;
    for (const events::Topic topic : topics) {
      wish.topics.set(events::to_size(topic));
    }
    events_.subscribe(*this, wish);
  }

  // Returns what was told since the last call: topic, event, and what it is about.
  std::vector<std::string> heard() { return std::exchange(heard_, {}); }
  std::vector<std::string> notices() { return std::exchange(notices_, {}); }

  network::RunningSwitch& add_switch(const std::string& name, bool is_wire = false) {
    network::RunningSwitch& added = inventory_.switches()[name];
    added.spec.name = name;
    added.spec.is_wire = is_wire;
    added.engine = std::make_unique<Switch>(pool_);
    return added;
  }

  // A port that is up; its far end is a TAP by the name of the port.
  network::RunningPort& add_port(network::RunningSwitch& home, const std::string& name) {
    auto port = std::make_unique<ScriptedPort>();
    network::RunningPort& running = inventory_.ports()[name];
    running.home = &home;
    running.port = port.get();
    running.spec.name = name;
    config::TapSpec tap;
    tap.interface = name;
    running.spec.far_end = std::move(tap);
    running.seen = port->link();
    running.end = std::make_unique<ScriptedEnd>();
    running.index = *home.engine->add_port(std::move(port), running.spec.rule);
    home.port_names[running.index] = name;
    return running;
  }

  static LinkStatus& status_of(network::RunningPort& port) {
    return dynamic_cast<ScriptedPort&>(*port.port).status;
  }
  static std::vector<bool>& plugs_of(network::RunningPort& port) {
    return dynamic_cast<ScriptedEnd&>(*port.end).plugged;
  }

  WorkerPool pool_{1};
  events::EventHub events_;
  std::vector<std::string> notices_;
  const network::Announcer announcer_{
      events_, [this](const std::string& notice) { notices_.push_back(notice); }};
  network::Inventory inventory_;

 private:
  std::vector<std::string> heard_;
  std::unique_ptr<Speaker> speaker_;
};

}  // namespace tapswitch::test
