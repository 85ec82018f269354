// SPDX-License-Identifier: Apache-2.0
// network.hpp: the running network: what is configured, and the switches that do it.
//
// Each operation checks everything first, then takes effect whole or throws rpc::Error with nothing
// changed; then it publishes what has changed. In a composed change, which may last for many turns
// of the control thread, what runs is told as it is, but what is configured as it was before, and
// rules as long as frames are treated by them. Names of switches and of ports are unique in the
// daemon.
// The network is composed of parts, each of which has what it remembers to itself, and is given the
// parts that it works with (docs/architecture.md).
// Threads: the control thread alone. Limits: max_switches; max_ports on each.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/config/model.hpp"
#include "control/events/event_hub.hpp"
#include "control/network/announcer.hpp"
#include "control/network/changes.hpp"
#include "control/network/claims.hpp"
#include "control/network/conditioning.hpp"
#include "control/network/guests.hpp"
#include "control/network/inventory.hpp"
#include "control/network/link_watch.hpp"
#include "control/network/links.hpp"
#include "control/network/mirrors.hpp"
#include "control/network/onlookers.hpp"
#include "control/network/open_end.hpp"
#include "control/network/plugs.hpp"
#include "control/network/port_numbers.hpp"
#include "control/network/punts.hpp"
#include "control/network/reception.hpp"
#include "control/network/reopening.hpp"
#include "control/network/running_port.hpp"
#include "control/network/running_switch.hpp"
#include "control/network/sampling.hpp"
#include "control/network/station_news.hpp"
#include "control/network/storms.hpp"
#include "control/network/trees.hpp"
#include "control/network/wires.hpp"
#include "switch/engine/switch.hpp"
#include "switch/engine/worker_pool.hpp"
#include "switch/kernel_path/kernel_path.hpp"

namespace tapswitch::network {

class Undo;

class Network {
 public:
  static constexpr std::size_t max_switches = config::NetworkSpec::max_switches;

  using RunningSwitch = network::RunningSwitch;
  using RunningPort = network::RunningPort;
  using Switches = network::Switches;
  using Ports = network::Ports;
  // Runs a task on the control thread, soon; may be called by any thread.
  using Post = std::function<void(std::function<void()>)>;

  using Notice = Announcer::Notice;

  struct Threads {
    std::size_t worker_count = 1;
    std::chrono::microseconds busy_poll{};  // see WorkerPool
  };

  // The hub must outlive the network.
  Network(
      const Threads& threads, Post post, events::EventHub& events,
      Notice notice = [](const std::string&) {});
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();

  // From now on 'path' takes frames off the workers; it is at rest until own_ends(). Or says why
  // there is no such path. Requires: there is no switch yet.
  void use_path(KernelResult<std::unique_ptr<KernelPath>> path);
  // Why there is no kernel path; nullopt: there is one.
  [[nodiscard]] const std::optional<std::string>& path_refusal() const { return path_refusal_; }

  void tell_operator(const std::string& notice) const { announcer_.tell_operator(notice); }
  [[nodiscard]] events::EventHub& events() { return announcer_.events(); }
  [[nodiscard]] std::size_t worker_count() const { return pool_.count(); }
  // Returns those that TAPs have unless their user does not want them. Fewer once a TAP has been
  // opened on a kernel that knows fewer.
  [[nodiscard]] const OffloadSet& offloads() const { return offloads_; }
  [[nodiscard]] const Switches& switches() const { return inventory_.switches(); }
  [[nodiscard]] const Ports& ports() const { return inventory_.ports(); }

  // How many changes of the configuration there have been. One that is made of several counts as
  // one: whoever makes it says when it begins, and at its end which number it has.
  [[nodiscard]] std::uint64_t revision() const { return changes_.revision(); }
  // Rules of ports and switches then take effect together, with commit() or at the change's end, as
  // do ports that come and ports that are dismissed.
  void begin_composed_change() { changes_.begin(); }
  // Brings what is noted so far into force. Throws as commit().
  void bring() { changes_.bring(); }
  // Throws rpc::Error, with the port that it is about as "object": then it takes effect with the
  // next change.
  void commit() { changes_.commit(); }
  // Tells that some of the ports and switches have changed whose rules took effect by commit().
  // Returns whether there are more.
  [[nodiscard]] bool tell_some_changed() { return changes_.tell_some(); }
  void set_revision(std::uint64_t revision);

  // Throws conflict unless 'expected', if it is given, is the revision.
  void check_revision(std::optional<std::int64_t> expected) const {
    changes_.check_revision(expected);
  }

  // Returns those of 'home', in order of their names.
  [[nodiscard]] std::vector<const RunningPort*> ports_of(const RunningSwitch& home) const {
    return inventory_.ports_of(home);
  }

  // Throws not_found. Without a name: the only switch, or an error that asks which.
  [[nodiscard]] RunningSwitch& find_switch(const std::optional<std::string>& name) {
    return inventory_.find_switch(name);
  }
  [[nodiscard]] RunningPort& find_port(const std::string& name) {
    return inventory_.find_port(name);
  }

  // The name of the port at 'index', or nullptr if none is there any more.
  [[nodiscard]] const std::string* port_name(const RunningSwitch& home, PortIndex index) const {
    return home.port_name(index);
  }

  // Each check_... throws what would go wrong; the others do it.
  void check_add_switch(const config::SwitchSpec& spec) const;
  RunningSwitch& add_switch(const config::SwitchSpec& spec);
  void check_set_switch(const RunningSwitch& home, const config::SwitchSpec& spec) const;
  void set_switch(RunningSwitch& home, const config::SwitchSpec& spec);
  void check_remove_switch(const RunningSwitch& home, bool force) const;
  // Gives back what was open.
  std::vector<std::unique_ptr<Port>> remove_switch(RunningSwitch& home, bool force);

  void check_add_port(const RunningSwitch& home, const config::PortSpec& spec) const;
  // Throws rpc::Error if this daemon has not the workers that such a port needs.
  void check_here(const config::PortSpec& spec) const;
  RunningPort& add_port(RunningSwitch& home, const config::PortSpec& spec);
  // The same, but a far end that cannot be opened now is awaited: the port is lost until it can be,
  // of which the operator is told. Throws what check_add_port() throws.
  RunningPort& add_port_or_await(RunningSwitch& home, const config::PortSpec& spec);
  // Adds one that is awaited; 'refusal' says why it is not open.
  RunningPort& add_awaited(RunningSwitch& home, const config::PortSpec& spec, std::string refusal);
  // The same where somebody has passed the far end to us: 'fd' tells what is in 'passed'.
  void check_add_passed(const RunningSwitch& home, const config::PortSpec& spec,
                        const PassedEnd& passed) const;
  RunningPort& add_passed(RunningSwitch& home, const config::PortSpec& spec,
                          const PassedEnd& passed, UniqueFd fd);
  // The same with a port that is open already.
  RunningPort& attach_port(RunningSwitch& home, const config::PortSpec& spec, OpenedPort opened);
  // 'spec' is how the port is to be, 'change' what of it the far end is to be told. Static entries
  // in VLANs that the port does not carry any more stay without effect.
  void check_set_port(const RunningPort& port, const config::PortSpec& spec,
                      const config::FarEndChange& change) const;
  void set_port(RunningPort& port, const config::PortSpec& spec,
                const config::FarEndChange& change);
  // In a composed change: the port goes with what bring() or commit() brings, and is to be removed
  // then, which takes no further picture; with a door those go that came in by it.
  void dismiss_port(const RunningPort& port);
  // Takes that back. Throws kernel_refused.
  void keep_port(const RunningPort& port);
  // Throws in_use if a mirror names it.
  static void check_remove_port(const RunningPort& port) { Mirrors::check_remove(port); }
  // Gives back what was open; it closes unless it is kept. A mirror that names it has it again when
  // it comes back.
  OpenedPort remove_port(RunningPort& port);
  // The same for a port whose opening is taken back: its far end is as it was, or gone. Throws
  // rpc::Error with what the kernel refuses; the port is removed in any case.
  void take_back_port(RunningPort& port);
  // Makes the far end as it was. Throws rpc::Error with what the kernel refuses.
  void restore_end(RunningPort& port, const EndMemory& before);

  // Nullopt takes the name away.
  void name_vlan(RunningSwitch& home, VlanId vid, const std::optional<std::string>& name);

  // A station may be in a VLAN that the port does not carry; then the entry has no effect.
  static void check_add_static(const RunningPort& port, Station station);
  void add_static(RunningPort& port, Station station);
  static void check_remove_station(const RunningSwitch& home, Station station);
  void remove_station(RunningSwitch& home, Station station);
  std::size_t flush(RunningSwitch& home, const Fdb::Filter& filter);

  // Throws not_found, or returns the switch that has it.
  [[nodiscard]] RunningSwitch& find_mirror(const std::string& name) {
    return mirrors_.home_of(name);
  }
  RunningSwitch& check_add_mirror(const config::MirrorSpec& spec) {
    return mirrors_.check_add(spec);
  }
  // Adds it, or changes the one of its name. Requires: it goes together with what is wanted of its
  // switch.
  void set_mirror(RunningSwitch& home, const config::MirrorSpec& spec);
  void remove_mirror(RunningSwitch& home, const std::string& name);

  // Nullopt: there is no sFlow.
  [[nodiscard]] const std::optional<config::SflowSpec>& sflow() const { return inventory_.sflow(); }
  [[nodiscard]] Sampling& sampling() { return sampling_; }

  // Returns the part that runs the spanning trees.
  [[nodiscard]] Trees& trees() { return trees_; }
  [[nodiscard]] const Trees& trees() const { return trees_; }

  // Returns the part that knows who looks at the frames of ports.
  [[nodiscard]] Onlookers& onlookers() { return onlookers_; }
  [[nodiscard]] PortNumbers& port_numbers() { return port_numbers_; }
  [[nodiscard]] const PortNumbers& port_numbers() const { return port_numbers_; }

  // All that is configured; in a composed change, before it.
  [[nodiscard]] config::NetworkSpec configuration() const { return changes_.configuration(); }

  // Opens ports anew whose device is gone, if they are to be and it can be had again: a few in a
  // turn of the control thread, and each at most once a second. To be called when interfaces have
  // changed.
  void reopen_lost(TimePoint now);

  // To be called about once a second: frees what has aged out, tells of limits and storms, looks at
  // the interfaces that the monitor does not hear of, and opens lost ports anew; what is long in
  // turns of the control thread.
  void tick(TimePoint now);

  // Readable when others have changed interfaces: then follow_links() is to be called. -1 if the
  // kernel does not tell.
  [[nodiscard]] int links_descriptor() const { return link_watch_.descriptor(); }
  // Follows the news of links.
  void follow_links() { links_.follow(); }

  // Readable when there is something for attend() to do: at the sockets of ports, or news of an
  // FDB.
  [[nodiscard]] int reception_descriptor() const { return reception_.descriptor(); }
  void attend();

  // Another process has all of this from now on: nothing is received and nothing opened any more.
  void let_go();
  // The other process has not taken it after all.
  void hold_on();
  // The process that had what was inherited has let go: from now on it is this one's alone, and
  // goes with it. Until then nothing does.
  void own_ends();

  // See StationNews.
  [[nodiscard]] std::vector<FdbEntry> snapshot_stations(RunningSwitch& home) {
    return station_news_.snapshot(home);
  }

 private:
  // network_opening.cpp: opens ports and puts them on their switches.
  void check_attach_port(const RunningSwitch& home, const config::PortSpec& spec) const;
  [[nodiscard]] OpenedPort open(const RunningSwitch& home, const config::PortSpec& spec) const;
  // Requires: check_add_port() has passed.
  RunningPort& open_and_attach(RunningSwitch& home, const config::PortSpec& spec);
  // Takes what was opened only if it succeeds.
  RunningPort& attach(RunningSwitch& home, const config::PortSpec& spec, OpenedPort&& opened);
  RunningPort& attach_or_put_back(RunningSwitch& home, const config::PortSpec& spec,
                                  OpenedPort opened);
  RunningPort& enter(RunningPort&& added, OpenedPort& opened);
  void mirror(const RunningPort& added) const;
  void answer_at(int bell, const std::string& name, Undo& undo);
  void attend_to(const std::string& name);
  void learn_offloads(const OffloadSet& granted);
  // network_ports.cpp: changes and closes them.
  void make_as_wanted(RunningPort& port, const config::PortSpec& spec,
                      const config::FarEndChange& change);
  void exchange(RunningPort& port, OpenedPort& opened);
  // Calls 'some' now and in further turns of the control thread for as long as it returns that
  // there is more to do and the ports are ours.
  void in_turns(std::function<bool()> some);
  void set_conditions(RunningPort& port, const PortConditions& wanted);
  void set_in_tree(RunningPort& port);

  const Post post_;
  const Announcer announcer_;
  OffloadSet offloads_ = all_tap_offloads;
  WorkerPool pool_;
  std::unique_ptr<KernelPath> path_;  // null: there is none
  std::optional<std::string> path_refusal_ = "tapswitchd was started without --kernel-path";
  Inventory inventory_;
  Conditioning conditioning_;
  Changes changes_;
  Claims claims_;
  bool has_let_go_ = false;
  Reception reception_;
  StationNews station_news_;
  LinkWatch link_watch_;
  Wires wires_;
  Trees trees_;
  Punts punts_;
  Links links_;
  Guests guests_;
  Plugs plugs_;
  Reopening reopening_;
  Mirrors mirrors_;
  Storms storms_;
  PortNumbers port_numbers_;
  Onlookers onlookers_;
  Sampling sampling_;
  // Gone before 'this' is: tells tasks that are still posted.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace tapswitch::network
