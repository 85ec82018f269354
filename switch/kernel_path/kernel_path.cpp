// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/kernel_path.hpp"

#include <algorithm>
#include <utility>

#include "switch/forwarding/fdb_mirror.hpp"
#include "switch/kernel_path/path_hook.hpp"
#include "switch/system/ingress_gate.hpp"

namespace tapswitch {
namespace {

// A tick looks at one port of so many.
constexpr std::size_t rounds_of_checks = 8;

const std::string at_rest = "another process may have the port";

// Why a port cannot be on the path, whatever the kernel says; empty: it can.
std::string_view refuse(const Picture& picture, const Picture::Slot& slot) {
  const PuntSet& punts = picture.snapshot->rule().punts;
  if (slot.state.link != PortLink::up) {
    return "its link is not up";
  }
  if (slot.observer != nullptr) {
    return "somebody looks at its frames";
  }
  if (!slot.offloads.takes_tcp()) {
    return "its far end is to get no offloads";
  }
  if (punts.igmp || punts.mld) {
    return "protocols of its switch hear frames";
  }
  return {};
}

}  // namespace

// Writes the stations of one switch down for the programs.
class KernelPath::Mirror final : public FdbMirror {
 public:
  Mirror(PathTables& tables, std::uint32_t number) : tables_(tables), number_(number) {}

  void put(Station station, PortIndex port, StationKind kind,
           std::uint32_t second) noexcept override {
    // Without room for it the station is known to the workers alone.
    (void)tables_.put_station(path_station_of(number_, station),
                              {.index = static_cast<std::uint32_t>(to_size(port)),
                               .is_fixed = kind == StationKind::static_entry ? 1U : 0U,
                               .heard = second,
                               .unused = 0});
  }
  void remove(Station station) noexcept override {
    tables_.remove_station(path_station_of(number_, station));
  }
  void set_ageing(std::uint32_t seconds) noexcept override {
    words_.ageing = seconds;
    write();
  }
  [[nodiscard]] std::optional<std::uint32_t> heard(Station station) const noexcept override {
    const auto known = tables_.find_station(path_station_of(number_, station));
    return known ? std::optional(known->heard) : std::nullopt;
  }

  void set_generation(std::uint64_t generation) noexcept {
    words_.generation = generation;
    write();
  }

 private:
  void write() noexcept { tables_.set_switch(number_, words_); }

  PathTables& tables_;
  const std::uint32_t number_;
  path_switch words_{};
};

KernelResult<std::unique_ptr<KernelPath>> KernelPath::open() {
  auto program = PathProgram::load();
  if (!program) {
    return program.error();
  }
  auto routes = RouteSocket::open();
  if (!routes) {
    return routes.error();
  }
  return std::unique_ptr<KernelPath>(new KernelPath(std::move(*program), std::move(*routes)));
}

KernelPath::KernelPath(PathProgram program, RouteSocket routes)
    : program_(std::move(program)),
      tables_(program_),
      routes_(std::move(routes)),
      places_(path_most_ports) {}

KernelPath::~KernelPath() = default;

void KernelPath::withdraw(SwitchId id) noexcept {
  if (const auto home = homes_.find(id); home != homes_.end()) {
    shut(home->second);
  }
}

void KernelPath::shut(Home& home) noexcept {
  if (home.mirror) {
    home.mirror->set_generation(0);
  }
}

void KernelPath::open(Home& home) {
  if (home.mirror && !is_at_rest_) {
    home.mirror->set_generation(home.generation);
  }
}

std::optional<std::uint32_t> KernelPath::free_number() const {
  std::vector<bool> taken(path_most_switches);
  for (const auto& [id, home] : homes_) {
    taken[home.number] = true;
  }
  const auto found = std::find(taken.begin(), taken.end(), false);
  return found == taken.end() ? std::nullopt
                              : std::optional(static_cast<std::uint32_t>(found - taken.begin()));
}

std::optional<std::uint32_t> KernelPath::take_place() {
  const auto found = std::find(places_.begin(), places_.end(), false);
  if (found == places_.end()) {
    return std::nullopt;
  }
  *found = true;
  const auto place = static_cast<std::uint32_t>(found - places_.begin());
  tables_.clear_port_counters(place);
  return place;
}

void KernelPath::adopt(SwitchId id, const std::shared_ptr<const Picture>& picture) {
  if (!picture) {
    forget(id);
    return;
  }
  const bool is_new = !homes_.contains(id);
  Home& home = homes_[id];
  if (is_new) {
    home.number = free_number().value_or(0);  // there are as many as a daemon has switches
  }
  home.picture = picture;
  adopt(home);
}

void KernelPath::adopt(Home& home) {
  drop_those_gone(home);
  if (is_at_rest_) {
    return;
  }
  ++home.generation;
  for (std::size_t i = 0; i < home.picture->slots.size(); ++i) {
    if (const Port* const port = home.picture->slots[i].port; port != nullptr) {
      bring(home, static_cast<PortIndex>(i));
    }
  }
  open(home);
}

void KernelPath::forget(SwitchId id) {
  const auto found = homes_.find(id);
  if (found == homes_.end()) {
    return;
  }
  Home& home = found->second;
  shut(home);
  for (auto& [index, member] : home.members) {
    leave(member);
  }
  if (home.mirror) {
    Fdb& fdb = *home.picture->fdb;
    fdb.set_mirror(nullptr);
    std::optional<std::size_t> cursor = 0;
    while (cursor) {
      const Fdb::Page page = fdb.page({}, *cursor, Fdb::page_slots, TimePoint{});
      for (const FdbEntry& entry : page.entries) {
        home.mirror->remove(entry.station);
      }
      cursor = page.next_cursor;
    }
    for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
      tables_.remove_vlan({.switch_number = home.number, .vid = vid});
    }
  }
  homes_.erase(found);
}

void KernelPath::drop_those_gone(Home& home) {
  const auto& slots = home.picture->slots;
  for (auto member = home.members.begin(); member != home.members.end();) {
    const std::size_t index = to_size(member->first);
    if (index < slots.size() && slots[index].port != nullptr) {
      ++member;
    } else {
      leave(member->second);
      member = home.members.erase(member);
    }
  }
}

void KernelPath::leave(Member& member) {
  detach(member);
  places_[member.words.counters] = false;
}

void KernelPath::take_off(Member& member) {
  if (std::exchange(member.is_on, false)) {
    tables_.remove_port(member.words);
  }
}

void KernelPath::detach(Member& member) {
  take_off(member);
  if (std::exchange(member.is_attached, false)) {
    take_off_path(routes_, static_cast<int>(member.words.ifindex), member.socket);
  }
}

void KernelPath::attach(Member& member) {
  const auto done =
      put_on_path(routes_, program_, static_cast<int>(member.words.ifindex), member.socket);
  member.is_attached = done.has_value();
  member.reason = done ? "" : done.error().message();
}

// Returns what is kept of the port at 'index'; null: it has no interface by which it could take
// part, or there are too many.
KernelPath::Member* KernelPath::find_or_enter(Home& home, PortIndex index) {
  Port& port = *home.picture->slot(index).port;
  const auto near = port.near_index();
  auto found = home.members.find(index);
  if (found == home.members.end()) {
    const auto place = near ? take_place() : std::nullopt;
    if (!place) {
      return nullptr;
    }
    found = home.members.try_emplace(index).first;
    found->second.words.counters = *place;
  }
  Member& member = found->second;
  if (member.port != &port) {
    // The other that was there is open still.
    detach(member);
    member.port = &port;
    member.socket = port.descriptor(0);
    member.words.ifindex = static_cast<std::uint32_t>(near.value_or(0));
  }
  if (!near) {
    detach(member);
    member.reason = "its interface is gone";
  } else if (!member.is_attached) {
    attach(member);
  }
  return &member;
}

// Writes down anew what is known of a port.
void KernelPath::bring(Home& home, PortIndex index) {
  Member* const member = find_or_enter(home, index);
  if (member == nullptr || !member->is_attached) {
    return;
  }
  if (!home.mirror) {
    home.mirror = std::make_unique<Mirror>(tables_, home.number);
    home.picture->fdb->set_mirror(home.mirror.get());
  }
  if (const auto refusal = refuse(*home.picture, home.picture->slot(index)); !refusal.empty()) {
    take_off(*member);
    member->reason = refusal;
    return;
  }
  put(home, index, *member);
}

bool KernelPath::is_far(int index) {
  const auto near = routes_.find(index);
  return near && near->veth && near->veth->name_space.has_value();
}

void KernelPath::put(Home& home, PortIndex index, Member& member) {
  const Picture::Slot& slot = home.picture->slot(index);
  const int near = static_cast<int>(member.words.ifindex);
  const bool far = member.is_on ? (member.words.flags & path_is_far) != 0 : is_far(near);
  path_port words = path_port_of(home.picture->snapshot->port(index));
  words.generation = home.generation;
  words.ifindex = member.words.ifindex;
  words.switch_number = home.number;
  words.index = static_cast<std::uint32_t>(to_size(index));
  words.counters = member.words.counters;
  words.mtu = slot.state.mtu;
  words.least_size = static_cast<std::uint32_t>(slot.least_frame_size);
  words.flags |= far ? std::uint32_t{path_is_far} : 0U;
  member.words = words;
  member.is_on = tables_.put_port(words);
  member.reason = member.is_on ? "" : "the path has no room for one more port";
}

void KernelPath::pause() noexcept {
  is_at_rest_ = true;
  for (auto& [id, home] : homes_) {
    shut(home);
    for (auto& [index, member] : home.members) {
      detach(member);
    }
  }
}

void KernelPath::resume() {
  if (!std::exchange(is_at_rest_, false)) {
    return;
  }
  for (auto& [id, home] : homes_) {
    adopt(home);
  }
}

void KernelPath::tick() {
  std::size_t number = checked_++;
  for (auto& [id, home] : homes_) {
    for (auto& [index, member] : home.members) {
      if (number++ % rounds_of_checks == 0 && member.is_on) {
        check(member);
      }
    }
  }
}

// Somebody may have removed the filter, or moved the far end.
void KernelPath::check(Member& member) {
  const int near = static_cast<int>(member.words.ifindex);
  if (!has_ingress_program(routes_, near)) {
    attach(member);
  }
  const std::uint32_t far = is_far(near) ? std::uint32_t{path_is_far} : 0U;
  if ((member.words.flags & path_is_far) != far) {
    member.words.flags ^= path_is_far;
    member.is_on = tables_.put_port(member.words);
  }
  if (!member.is_attached) {
    take_off(member);
  }
}

void KernelPath::add_totals(SwitchId id, PortIndex port, PortTotals& sum) const {
  const auto home = homes_.find(id);
  if (home == homes_.end()) {
    return;
  }
  if (const auto member = home->second.members.find(port); member != home->second.members.end()) {
    const path_port_counters counted = tables_.port_counters(member->second.words.counters);
    constexpr auto unicast = static_cast<std::size_t>(AddressKind::unicast);
    sum.in_octets += counted.in_octets;
    sum.in_frames[unicast] += counted.in_frames;
    sum.out_octets += counted.out_octets;
    sum.out_frames[unicast] += counted.out_frames;
  }
}

void KernelPath::add_totals(SwitchId id, VlanId vid, VlanTotals& sum) const {
  const auto home = homes_.find(id);
  if (home == homes_.end() || !home->second.mirror) {
    return;
  }
  const path_vlan_counters counted =
      tables_.vlan_counters({.switch_number = home->second.number, .vid = vid});
  sum.in_frames += counted.in_frames;
  sum.in_octets += counted.in_octets;
}

std::optional<std::string> KernelPath::refusal(SwitchId id, PortIndex port) const {
  const auto home = homes_.find(id);
  if (home != homes_.end()) {
    const auto member = home->second.members.find(port);
    if (member != home->second.members.end()) {
      const bool rests = is_at_rest_ && !member->second.is_on;
      return member->second.is_on ? std::nullopt
                                  : std::optional(rests ? at_rest : member->second.reason);
    }
  }
  return is_at_rest_ ? "another process may have the port"
                     : "a port of its kind does not take part";
}

}  // namespace tapswitch
