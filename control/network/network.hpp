// SPDX-License-Identifier: Apache-2.0
// network.hpp: the running network: what is configured, and the switches that do it.
//
// Each operation checks everything first, then takes effect whole or throws rpc::Error with nothing
// changed; then it publishes what has changed. In a composed change, which may last for many turns
// of the control thread, what runs is told as it is, but what is configured as it was before, and
// rules as long as frames are treated by them. Names of switches and of ports are unique in the
// daemon. Threads: the control thread alone. Limits: max_switches; max_ports on each.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/config/model.hpp"
#include "control/events/event_hub.hpp"
#include "control/network/flap_detector.hpp"
#include "control/network/open_end.hpp"
#include "control/network/reception.hpp"
#include "switch/engine/switch.hpp"
#include "switch/engine/worker_pool.hpp"
#include "switch/kernel_path/kernel_path.hpp"
#include "switch/system/bell.hpp"
#include "switch/system/link_monitor.hpp"
#include "switch/system/link_reader.hpp"

namespace tapswitch::network {

class Network {
 public:
  static constexpr std::size_t max_switches = config::NetworkSpec::max_switches;

  struct RunningSwitch {
    config::SwitchSpec spec;  // its ports are in ports()
    std::unique_ptr<Switch> engine;
    std::map<PortIndex, std::string> port_names;
    FdbCounters seen_counters = {};  // at the last tick
    // The FDB has news that is not told yet. A worker says so.
    std::shared_ptr<std::atomic<bool>> has_news = std::make_shared<std::atomic<bool>>(false);
    FlapDetector flaps = {};
    std::optional<SwitchRule> rule_before = {};  // of a composed change
    const KernelPath* path = nullptr;            // null: there is none

    // The rule by which frames are treated.
    [[nodiscard]] const SwitchRule& rule() const {
      return rule_before && engine->has_noted_rules() ? *rule_before : spec.rule;
    }
  };

  struct RunningPort {
    config::PortSpec spec;
    RunningSwitch* home = nullptr;
    PortIndex index{};
    Port* port = nullptr;                                        // owned by the switch
    std::unique_ptr<OpenEnd> end = std::make_unique<OpenEnd>();  // of 'port'
    std::string came_by = {};                                    // of a guest: the name of its door
    TimePoint added{};
    bool is_lost = false;
    bool is_held = false;             // has no carrier, for nobody is at the other end of its wire
    TimePoint reopen_after{};         // not tried before
    std::string reopen_refusal = {};  // why it could not be opened anew when last tried
    LinkStatus seen = {};             // as it was when we looked or heard of it last
    std::optional<LinkKey> link_key = {};  // where the monitor hears of it; nullopt: it does not
    std::optional<LinkKey> near_key = {};  // likewise of the interface by which the switch holds it
    std::vector<std::string> remarks = {};     // on its opening: what its user should know
    std::optional<PortRule> rule_before = {};  // of a composed change

    // The rule by which frames are treated.
    [[nodiscard]] const PortRule& rule() const {
      return rule_before && home->engine->has_noted_rules() ? *rule_before : spec.rule;
    }

    // Whether it came in by itself: then it is no part of the configuration.
    [[nodiscard]] bool is_guest() const { return !came_by.empty(); }
    [[nodiscard]] LinkStatus link(LinkReader& reader) const;
    // The same without a question to the kernel where the monitor hears of it. Requires: links have
    // been followed.
    [[nodiscard]] LinkStatus known_link(LinkReader& reader) const {
      return link_key ? seen : link(reader);
    }
    [[nodiscard]] KernelDrops drops(LinkReader& reader) const;
    // "up", "down", "no_carrier" or "lost", where 'link' is how its interface is.
    [[nodiscard]] std::string_view state(const LinkStatus& link) const;
    [[nodiscard]] PortTotals totals() const { return home->engine->totals(index); }
    // Why it is not on the kernel path; nullopt: it is.
    [[nodiscard]] std::optional<std::string> path_refusal() const;
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

  void tell_operator(const std::string& notice) const { notice_(notice); }
  [[nodiscard]] events::EventHub& events() { return events_; }
  [[nodiscard]] std::size_t worker_count() const { return pool_.count(); }
  // Returns those that TAPs have unless their user does not want them. Fewer once a TAP has been
  // opened on a kernel that knows fewer.
  [[nodiscard]] const OffloadSet& offloads() const { return offloads_; }
  [[nodiscard]] const Switches& switches() const { return switches_; }
  [[nodiscard]] const Ports& ports() const { return ports_; }

  // How many changes of the configuration there have been. One that is made of several counts as
  // one: whoever makes it says when it begins, and at its end which number it has.
  [[nodiscard]] std::uint64_t revision() const { return composed_from_.value_or(revision_); }
  // Rules of ports and switches then take effect together, with commit() or at the change's end.
  void begin_composed_change();
  // If it throws, they take effect with the next change.
  void commit();
  // Tells that some of the ports and switches have changed whose rules took effect by commit().
  // Returns whether there are more.
  [[nodiscard]] bool tell_some_changed();
  void set_revision(std::uint64_t revision);

  // Throws conflict unless 'expected', if it is given, is the revision.
  void check_revision(std::optional<std::int64_t> expected) const;

  // Returns those of 'home', in order of their names.
  [[nodiscard]] std::vector<const RunningPort*> ports_of(const RunningSwitch& home) const;

  // Throws not_found. Without a name: the only switch, or an error that asks which.
  [[nodiscard]] RunningSwitch& find_switch(const std::optional<std::string>& name);
  [[nodiscard]] RunningPort& find_port(const std::string& name);

  // The name of the port at 'index', or nullptr if none is there any more.
  [[nodiscard]] const std::string* port_name(const RunningSwitch& home, PortIndex index) const;

  // Each check_... throws what would go wrong; the others do it.
  void check_add_switch(const config::SwitchSpec& spec) const;
  RunningSwitch& add_switch(const config::SwitchSpec& spec);
  void check_set_switch(const RunningSwitch& home, const config::SwitchSpec& spec) const;
  void set_switch(RunningSwitch& home, const config::SwitchSpec& spec);
  void check_remove_switch(const RunningSwitch& home, bool force) const;
  // Gives back what was open.
  std::vector<std::unique_ptr<Port>> remove_switch(RunningSwitch& home, bool force);

  void check_add_port(const RunningSwitch& home, const config::PortSpec& spec) const;
  RunningPort& add_port(RunningSwitch& home, const config::PortSpec& spec);
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
  // Gives back what was open; it closes unless it is kept.
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

  // All that is configured; in a composed change, before it.
  [[nodiscard]] config::NetworkSpec configuration() const;

  // Opens ports anew whose device is gone, if they are to be and it can be had again: a few in a
  // turn of the control thread, and each at most once a second. To be called when interfaces have
  // changed.
  void reopen_lost(TimePoint now);

  // To be called about once a second: frees what has aged out, tells of limits, looks at the
  // interfaces that the monitor does not hear of, and opens lost ports anew.
  void tick(TimePoint now);

  // Readable when others have changed interfaces: then follow_links() is to be called. -1 if the
  // kernel does not tell.
  [[nodiscard]] int links_descriptor() const { return monitor_ ? monitor_->descriptor() : -1; }
  // Follows the news of links. News about 'except' is ignored, for what the caller will see of it
  // is newer.
  void follow_links(const RunningPort* except = nullptr);

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

  // The stations of 'home' as of now: all that became of them before has been published, and what
  // becomes of them later will be. For while stations are wanted. Throws limit_reached if they are
  // more than most_stations_a_snapshot.
  static constexpr std::size_t most_stations_a_snapshot = 65'536;
  [[nodiscard]] std::vector<FdbEntry> snapshot_stations(RunningSwitch& home);

 private:
  void check_attach_port(const RunningSwitch& home, const config::PortSpec& spec) const;
  // Takes what was opened only if it succeeds.
  RunningPort& attach(RunningSwitch& home, const config::PortSpec& spec, OpenedPort&& opened);
  RunningPort& attach_or_put_back(RunningSwitch& home, const config::PortSpec& spec,
                                  OpenedPort opened);
  void tell_remarks(const RunningPort& port);
  void check_worker(std::optional<std::size_t> worker) const;
  void check_claim(const config::PortSpec& spec) const;
  void take_claim(const RunningPort& port);
  void release_claim(const RunningPort& port);
  void follow_name(RunningPort& port);

  // network_patches.cpp: joins switches.
  void check_patch(const RunningSwitch& home, const config::PortSpec& spec) const;
  [[nodiscard]] RunningPort* opposite_of(const config::PortSpec& spec);

  void learn_offloads(const OffloadSet& granted);
  void on_port_news(const std::string& switch_name, PortIndex index);

  RunningPort& enter(RunningPort&& added, OpenedPort& opened);

  // network_plugs.cpp: unplugs ports.
  [[nodiscard]] OpenedPort open_or_leave_unplugged(const RunningSwitch& home,
                                                   const config::PortSpec& spec) const;
  void set_plugged(RunningPort& port, bool is_plugged);
  void plug_back(RunningPort& port);
  void unplug_again(RunningPort& port);
  void note_plug(RunningPort& port);
  void exchange(RunningPort& port, OpenedPort opened);

  // network_wires.cpp: lets the carriers of a wire's ends follow each other.
  [[nodiscard]] static bool is_there(const RunningPort& port);
  void follow_carriers(const RunningSwitch& home);
  void follow_all_carriers();
  void hold(RunningPort& port, bool is_held);

  // network_guests.cpp: sees to those who come in by a door.
  void attend_to(const std::string& name);
  [[nodiscard]] static PortRule rule_in_switch(const config::PortSpec& spec, const OpenEnd& end);
  void take_guests_in(RunningPort& door);
  [[nodiscard]] std::vector<RunningPort*> guests_of(const RunningPort& door);
  void bring_rule(const RunningPort& port);
  static void check_is_no_guest(const RunningPort& port);

  // network_links.cpp: how the interfaces are.
  void check_link(const RunningPort& added);
  void watch_link(RunningPort& port);
  [[nodiscard]] std::optional<int> listen_to_link(const RunningPort& port);
  void key_link(RunningPort& port, std::optional<int> name_space);
  [[nodiscard]] const std::string* user_of(const PassedEnd& passed) const;
  void unwatch_link(RunningPort& port);
  [[nodiscard]] static std::vector<LinkKey> keys_of(const RunningPort& port);
  void heed(const LinkMonitor::Notices& taken, const RunningPort* except);
  void look_at_unwatched_links();
  void look_again(RunningPort& port);
  void look_at(RunningPort& port);
  [[nodiscard]] std::string_view note_link(RunningPort& port, LinkStatus now);
  void lose_port(RunningPort& port);
  [[nodiscard]] static PortState state_in_switch(const RunningPort& port, PortState before);
  static void bring_state(const RunningPort& port);
  void bring_states();
  static void forget_learned(const RunningPort& port);
  void reopen(RunningPort& port);

  // network_events.cpp: publishes events.
  void on_configured();
  void tell_revision();
  void keep_rule(RunningSwitch& home);
  void keep_rule(RunningPort& port);
  void tell_changed(const RunningSwitch& home);
  void tell_changed(const RunningPort& port);
  void tell(const RunningSwitch& home, std::string_view event);
  void tell(const RunningPort& port, std::string_view event);
  void report_stations(RunningSwitch& home, bool is_wanted);
  void tell_all_stations();
  void tell_stations(RunningSwitch& home);
  void tell_stations(RunningSwitch& home, const FdbNewsBox::Contents& taken);
  void tell_station(RunningSwitch& home, const FdbNews& news, TimePoint now);
  void tell_limits(RunningSwitch& home);

  const Post post_;
  std::uint64_t revision_ = 0;
  // While a composed change is under way: what was before.
  std::optional<std::uint64_t> composed_from_;
  config::NetworkSpec configured_before_;
  std::deque<std::string> changed_switches_;  // and not told yet
  std::deque<std::string> changed_ports_;
  events::EventHub& events_;
  const Notice notice_;
  OffloadSet offloads_ = all_offloads;
  WorkerPool pool_;
  std::unique_ptr<KernelPath> path_;  // null: there is none
  std::optional<std::string> path_refusal_ = "tapswitchd was started without --kernel-path";
  Switches switches_;
  Ports ports_;
  bool has_let_go_ = false;
  std::optional<LinkMonitor> monitor_;
  std::map<LinkKey, std::string> port_at_;        // those that the monitor hears of
  std::map<std::string, std::string> port_with_;  // by what its far end takes for itself
  Reception reception_;
  SharedBell news_bell_;  // of all FDBs
  // Gone before 'this' is: tells tasks that are still posted.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace tapswitch::network
