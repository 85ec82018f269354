// SPDX-License-Identifier: Apache-2.0
// network.hpp: the running network: what is configured, and the switches that do it.
//
// Each operation checks everything first, then takes effect whole or throws rpc::Error with nothing
// changed. Names of switches and of ports are unique in the daemon.
// Threads: the control thread alone. Limits: max_switches; max_ports on each.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/config/model.hpp"
#include "switch/engine/switch.hpp"
#include "switch/engine/worker.hpp"
#include "switch/ports/link_reader.hpp"
#include "switch/ports/tap_port.hpp"

namespace tapswitch::api {

class Network {
 public:
  static constexpr std::size_t max_switches = 256;

  struct RunningSwitch {
    config::SwitchSpec spec;  // its ports are in ports()
    std::unique_ptr<Switch> engine;
    std::map<PortIndex, std::string> port_names;
  };

  struct RunningPort {
    config::PortSpec spec;
    RunningSwitch* home = nullptr;
    PortIndex index{};
    TapPort* tap = nullptr;  // owned by the switch
    TimePoint added{};
    bool is_lost = false;
    std::uint64_t seen_mtu_drops = 0;  // at the last tick

    [[nodiscard]] LinkStatus link(LinkReader& reader) const;
    [[nodiscard]] PortTotals totals() const { return home->engine->totals(index); }
  };

  using Switches = std::map<std::string, RunningSwitch>;
  using Ports = std::map<std::string, RunningPort>;
  // Runs a task on the control thread, soon; may be called by any thread.
  using Post = std::function<void(std::function<void()>)>;

  // Told, in a sentence, what whoever runs the daemon should know.
  using Notice = std::function<void(const std::string&)>;

  struct Threads {
    std::size_t worker_count = 1;
    std::chrono::microseconds busy_poll{};  // see WorkerPool
  };

  Network(
      const Threads& threads, Post post, Notice notice = [](const std::string&) {});
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();

  [[nodiscard]] std::size_t worker_count() const { return pool_.count(); }
  // Those that TAPs have unless their user does not want them. Fewer once a TAP has been opened on
  // a kernel that knows fewer.
  [[nodiscard]] const OffloadSet& offloads() const { return offloads_; }
  [[nodiscard]] const Switches& switches() const { return switches_; }
  [[nodiscard]] const Ports& ports() const { return ports_; }

  // Those of 'home', in order of their names.
  [[nodiscard]] std::vector<const RunningPort*> ports_of(const RunningSwitch& home) const;

  // Throws not_found. Without a name: the only switch, or an error that asks which.
  [[nodiscard]] RunningSwitch& find_switch(const std::optional<std::string>& name);
  [[nodiscard]] RunningPort& find_port(const std::string& name);

  // The name of the port at 'index', or nullptr if none is there any more.
  [[nodiscard]] const std::string* port_name(const RunningSwitch& home, PortIndex index) const;

  // What would go wrong is checked by each check_..., and thrown; the others do it.
  void check_add_switch(const config::SwitchSpec& spec) const;
  RunningSwitch& add_switch(const config::SwitchSpec& spec);
  void check_set_switch(const RunningSwitch& home, const config::SwitchSpec& spec) const;
  void set_switch(RunningSwitch& home, const config::SwitchSpec& spec);
  void check_remove_switch(const RunningSwitch& home, bool force) const;
  void remove_switch(RunningSwitch& home, bool force);

  void check_add_port(const RunningSwitch& home, const config::PortSpec& spec) const;
  RunningPort& add_port(RunningSwitch& home, const config::PortSpec& spec);
  // 'spec' is how the port is to be, 'change' what of it is about the interface. Static entries in
  // VLANs that the port does not carry any more go.
  void check_set_port(const RunningPort& port, const config::PortSpec& spec,
                      const config::TapChange& change) const;
  void set_port(RunningPort& port, const config::PortSpec& spec, const config::TapChange& change);
  void remove_port(RunningPort& port);

  static void check_add_static(const RunningPort& port, Station station);
  void add_static(RunningPort& port, Station station);
  static void check_remove_station(const RunningSwitch& home, Station station);
  void remove_station(RunningSwitch& home, Station station);
  std::size_t flush(RunningSwitch& home, const Fdb::Filter& filter);

  // The configuration of one switch, whole.
  [[nodiscard]] config::SwitchSpec spec_of(const RunningSwitch& home) const;

  // To be called about once a second: frees what has aged out, and follows what others have done
  // to the interfaces.
  void tick(TimePoint now);

 private:
  void check_worker(std::optional<std::size_t> worker) const;
  void learn_offloads(const OffloadSet& granted);
  void on_port_lost(const std::string& switch_name, PortIndex index);

  // Others may change the MTU of an interface at any time. A frame that was too long for the one we
  // know is the occasion to look again.
  static void follow_mtu(RunningPort& port);
  static void forget_static_beyond_vlans(RunningPort& port);

  const Post post_;
  const Notice notice_;
  OffloadSet offloads_ = all_offloads;
  WorkerPool pool_;
  Switches switches_;
  Ports ports_;
  // Gone before 'this' is: tells tasks that are still posted.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace tapswitch::api
