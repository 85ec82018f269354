// SPDX-License-Identifier: Apache-2.0
// switch.hpp: one Ethernet switch: its ports, its FDB, and the picture of both that it draws anew
// after each change and hands to the workers, and to whoever takes frames off them (adopters.hpp).
//
// Threads: everything here belongs to the control thread, but for on_news. A call that changes
// something returns when every worker forwards by the new picture, so that its effect holds for
// each frame received after it; the workers never wait for the control thread. In a composed change
// that holds of commit(), for what was noted: rules, ports that come, and ports that go.
// Limits: max_ports ports; as many stations as the options say. What the kernel, want of memory or
// an adopter refuses leaves all as it was; the last two throw.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "switch/engine/counters.hpp"
#include "switch/engine/mirroring.hpp"
#include "switch/engine/picture.hpp"
#include "switch/engine/worker_pool.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/port_rule.hpp"
#include "switch/forwarding/zeroed_array.hpp"
#include "switch/ports/port.hpp"

namespace tapswitch {

struct SwitchOptions {
  static constexpr std::size_t default_fdb_capacity = 16'384;
  static constexpr std::size_t max_fdb_capacity = 1'048'576;
  static constexpr std::chrono::seconds default_ageing{300};  // [802.1Q 8.8.3]

  std::size_t fdb_capacity = default_fdb_capacity;
  std::chrono::seconds ageing = default_ageing;
  SwitchRule rule;
};

class Switch {
 public:
  // The most frames of send() that may be on their way to the workers.
  static constexpr std::size_t most_unsent = 256;

  // The pool must outlive the switch. 'on_news' is called by a worker's thread when a port's other
  // end has come, has gone, or is gone for good: it must not call the switch, only pass the word
  // on. A port whose other end is gone for good stays, dead, until it is removed. 'on_punt' is
  // called so when there is something for take_punted().
  explicit Switch(
      WorkerPool& pool, const SwitchOptions& options = {},
      Worker::PortNews on_news = [](PortIndex) {}, std::function<void()> on_punt = [] {});
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;
  ~Switch();

  // EMFILE if there are max_ports ports already. 'worker' is to receive from it, or by the first of
  // its queues, those after it by the further ones; nullopt: the one that has least to do. Takes
  // 'port' only if it succeeds. In a composed change the port is noted: no worker knows it yet.
  [[nodiscard]] KernelResult<PortIndex> add_port(std::unique_ptr<Port>&& port, const PortRule& rule,
                                                 std::optional<std::size_t> worker = {},
                                                 const PortState& state = {});

  // Forgets the stations of the port and gives it back once no worker knows it any more. Also in a
  // composed change, where that takes a picture unless the port is not in force.
  std::unique_ptr<Port> remove_port(PortIndex index);

  // Notes that the port goes: the next picture is without it, and then remove_port() takes none.
  // Until that it has its index, counters and rule. Requires: a composed change is under way.
  void dismiss_port(PortIndex index) { noted_.going.set(to_size(index)); }
  // Takes that back; a port that is not in force any more comes anew.
  [[nodiscard]] KernelResult<void> keep_port(PortIndex index);
  // Whether workers forward the frames of the port.
  [[nodiscard]] bool is_in_force(PortIndex index) const {
    return picture_->snapshot->has_port(index);
  }

  // Takes all ports out, once no worker knows the switch any more. Afterwards it is good for
  // nothing but its end.
  [[nodiscard]] std::vector<std::unique_ptr<Port>> take_ports();

  // Ports that are added are sent to, but nothing is received until begin_receiving(): so that no
  // frame is taken in before all are there by which it may leave.
  void receive_later() { is_receiving_ = false; }
  // Begins by those ports that the kernel lets; returns the first refusal.
  [[nodiscard]] KernelResult<void> begin_receiving();

  // Returns when all that was received is forwarded, and nothing more is received until
  // begin_receiving().
  void stop_receiving();

  // Puts another port in the place of one, with its rule, counters and workers, and leaves the old
  // one in 'port'. What was learned there stays. If nothing can be received by the new one, the old
  // one is back in its place.
  [[nodiscard]] KernelResult<void> replace_port(PortIndex index, std::unique_ptr<Port>& port);

  // Has another worker receive from the port, or by its first queue. Its frames stay in order.
  [[nodiscard]] KernelResult<void> move_port(PortIndex index, std::size_t worker);

  // Says what bring_all() could not do: 'error' is why nothing can be received by that port.
  struct Refusal {
    KernelError error;
    const Switch* home = nullptr;
    PortIndex port{};
  };

  // Begins a composed change: rules that are set, and ports that are added or dismissed, are noted,
  // and take effect together, by one picture, with commit() or bring_all(). The first change that
  // needs a picture of its own brings them too, but for what is received by ports that come.
  void begin_change() { is_composed_ = true; }
  void end_change() { is_composed_ = false; }
  // Ends it and brings what was noted. What it throws or returns leaves that noted: it takes effect
  // with the next change.
  [[nodiscard]] KernelResult<void> commit();
  // Brings what is noted on several switches of one pool into force, all or nothing. Workers are
  // waited for twice at most. Nullopt: it is done.
  [[nodiscard]] static std::optional<Refusal> bring_all(std::span<Switch* const> switches);
  // Whether there are rules that are set and not in force yet.
  [[nodiscard]] bool has_noted_rules() const { return noted_.is_any_rule; }

  // Stations learned on the port in VLANs that it carries no more are forgotten.
  void set_port_rule(PortIndex index, const PortRule& rule);
  void set_rule(const SwitchRule& rule);
  // Has these mirrors copy frames, and no others. A destination carries no VLAN and no other frame,
  // whatever its rule says, and what was learned there is forgotten. The port that goes leaves
  // them: one whose destination it is goes too. Requires: they are max_mirrors at most, and no port
  // of 'from' is a destination.
  void set_mirrors(MirrorRules mirrors);

  // Stations learned on a port that loses its link, or is to discard, are forgotten. States take
  // effect at once, in a composed change too, and bring no rules.
  void set_port_state(PortIndex index, const PortState& state);
  // From now on they are noted, and take effect together with bring_states() or with the first
  // change that needs a picture of its own.
  void gather_states() { is_gathering_ = true; }
  // If it throws, they take effect with the next change.
  void bring_states();

  // Has workers go by the offloads that the port takes over now, if they are others than before.
  void follow_offloads(PortIndex index);

  // Has 'observer' look at the frames of the port; null: nobody. Whoever looked before does so no
  // more when this returns. The observer must outlive the port, or be taken away before.
  void observe(PortIndex index, PortObserver* observer);
  // The same for several ports at once.
  void observe(std::span<const std::pair<PortIndex, PortObserver*>> observers);

  // Sends a frame by the port as it is, after what the port's worker sends just now. False: it is
  // not sent, for most_unsent frames wait already, or it is shorter than a header or longer than
  // FrameBuffer::max_frame_size.
  bool send(PortIndex index, std::span<const std::byte> frame);

  // The oldest frame that the rule has punted; nullopt if there is none. A port that has been
  // removed since may be named, and another may have its index.
  [[nodiscard]] std::optional<PuntedFrame> take_punted() { return punts_.pop(); }

  // How many frames there was no room for in the queue that take_punted() empties.
  [[nodiscard]] std::uint64_t punts_refused() const { return punts_.refused(); }

  // 'index' must be that of a port, here and below.
  [[nodiscard]] Port& port(PortIndex index) const { return *entry(index).port; }
  [[nodiscard]] const PortRule& port_rule(PortIndex index) const { return *rules_[to_size(index)]; }
  [[nodiscard]] const PortState& port_state(PortIndex index) const { return entry(index).state; }
  [[nodiscard]] std::size_t worker_of(PortIndex index) const { return entry(index).worker; }
  [[nodiscard]] PortTotals totals(PortIndex index) const;
  // Returns how many frames of each class storm control has dropped that came in by it; the totals
  // have them too.
  [[nodiscard]] std::array<std::uint64_t, flood_kind_count> storm_drops(PortIndex index) const;

  // 'vid' is 1 to 4094.
  [[nodiscard]] VlanTotals vlan_totals(VlanId vid) const;

  // Names it among those of its adopters.
  [[nodiscard]] SwitchId id() const { return id_; }

  [[nodiscard]] Fdb& fdb() { return fdb_; }
  [[nodiscard]] const Fdb& fdb() const { return fdb_; }
  [[nodiscard]] const Snapshot& snapshot() const { return *picture_->snapshot; }
  [[nodiscard]] const Picture& picture() const { return *picture_; }

 private:
  // Keeps what is set and what the picture does not have yet.
  struct Noted {
    using PortSet = std::bitset<max_ports>;

    bool is_any_rule = false;
    bool is_any_state = false;
    PortSet other_vlans;  // ports that have another VLAN rule
    PortSet link_lost;    // or learns no more
    PortSet coming;       // nothing is received by them yet
    PortSet going;        // no further picture has them; until they are removed
  };

  struct Entry {
    std::unique_ptr<Port> port;
    std::unique_ptr<PortCounters[]> counters;  // one a worker
    std::size_t worker = 0;                    // who receives by the first queue
    PortObserver* observer = nullptr;
    PortState state = {};
  };

  [[nodiscard]] const Entry& entry(PortIndex index) const { return entries_[to_size(index)]; }
  [[nodiscard]] std::optional<PortIndex> free_index();
  // Takes what is there out of the tables. Requires: no worker knows it.
  std::unique_ptr<Port> take_out(PortIndex index);

  // Returns the rules that are set, without those of ports that go; destinations carry no VLAN.
  [[nodiscard]] std::vector<std::optional<PortRule>> coming_rules() const;
  // By the rules that are set, or by those of 'snapshot', with the ports that have one there.
  [[nodiscard]] std::shared_ptr<const Picture> draw();
  [[nodiscard]] std::shared_ptr<const Picture> draw(std::shared_ptr<const Snapshot> snapshot);
  void set_storm_gates(Picture& picture) const;
  void hand_over(std::shared_ptr<const Picture> picture);
  // The same for one with the rules that are in force.
  void hand_over_state(std::shared_ptr<const Picture> picture);
  // All have adopted 'picture', which has what is noted; or of that only the states.
  void settle(std::shared_ptr<const Picture> picture);
  void settle_state(std::shared_ptr<const Picture> picture);
  // Puts back the picture before the last one, with what was noted then.
  void hand_back(std::shared_ptr<const Picture> picture, const Noted& noted);
  template <class TakeBack>
  void apply_rules(const TakeBack& take_back);
  void leave_mirrors(PortIndex index);
  [[nodiscard]] bool is_destination(PortIndex index) const;
  // By rules, and ports that go, only if they are in force.
  void forget_what_changed(bool has_rules);

  [[nodiscard]] bool has_noted() const;
  [[nodiscard]] std::optional<Refusal> bring();
  [[nodiscard]] static std::optional<Refusal> attach_coming(std::span<Switch* const> switches);
  [[nodiscard]] std::optional<Refusal> attach_coming_to(Worker& worker) const;
  void detach_coming() noexcept;
  // Has ports heard again that a picture which was taken back was without.
  void attach_going() noexcept;

  // Returns who receives by a queue of a port.
  [[nodiscard]] std::size_t worker_of(const Entry& entry, std::size_t queue) const;
  // Keep count of the queues that each worker has.
  void engage_workers(const Entry& entry);
  void release_workers(const Entry& entry);
  [[nodiscard]] KernelResult<void> attach(PortIndex index);
  void detach(PortIndex index);

  WorkerPool& pool_;
  const SwitchId id_;
  const Worker::PortNews on_news_;
  Fdb fdb_;
  SwitchRule rule_;
  bool is_receiving_ = true;
  bool is_composed_ = false;
  bool is_gathering_ = false;
  Noted noted_;
  PuntQueue punts_;
  // Shared with the tasks that send, which may be done a moment later than anybody asks.
  const std::shared_ptr<std::atomic<std::size_t>> unsent_;
  // By PortIndex, of one length; null and nullopt where no port is.
  std::vector<Entry> entries_;
  std::vector<std::optional<PortRule>> rules_;
  MirrorRules mirrors_;
  std::shared_ptr<MirrorBuffers> mirror_buffers_;         // null: there never was a mirror
  std::vector<ZeroedArray<VlanCounters>> vlan_counters_;  // one array a worker
  std::shared_ptr<const Picture> picture_;
};

}  // namespace tapswitch
