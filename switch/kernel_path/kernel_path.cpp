// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/kernel_path.hpp"

#include <algorithm>
#include <utility>

#include "switch/system/tcx_link.hpp"

namespace tapswitch {
namespace {

// A tick looks at one port of so many.
constexpr std::size_t rounds_of_checks = 8;

// Why a port cannot be on the path, whatever the kernel says; empty: it can.
std::string_view refuse(const Picture& picture, PortIndex index) {
  const Picture::Slot& slot = picture.slot(index);
  const PuntSet& punts = picture.snapshot->rule().punts;
  if (!picture.snapshot->port(index).takes_kernel_path()) {
    return "its user keeps it off the path (kernel_path)";
  }
  if (slot.state.link != PortLink::up) {
    return "its link is not up";
  }
  if (!slot.state.forwards()) {
    return "the spanning tree does not let it forward";
  }
  if (slot.observer != nullptr) {
    return "somebody looks at its frames";
  }
  if (slot.mirroring != nullptr) {
    return slot.is_mirrored_to ? "it is the destination of a mirror" : "its frames are mirrored";
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

KernelResult<std::unique_ptr<KernelPath>> KernelPath::open() {
  auto program = PathProgram::load();
  if (!program) {
    return program.error();
  }
  auto queues = PathQueues::open(*program);
  if (!queues) {
    return queues.error();
  }
  auto routes = RouteSocket::open();
  if (!routes) {
    return routes.error();
  }
  const PathTables tables(*program);
  return std::unique_ptr<KernelPath>(new KernelPath({.program = std::move(*program),
                                                     .tables = tables,
                                                     .queues = std::move(*queues),
                                                     .routes = std::move(*routes)}));
}

KernelPath::KernelPath(PathTools tools) : tools_(std::move(tools)), places_(path_most_ports) {}

KernelPath::~KernelPath() = default;

bool KernelPath::goes_with_process() const {
  return has_tcx_links(tools_.program.program("path_do"));
}

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
  return static_cast<std::uint32_t>(found - places_.begin());
}

void KernelPath::adopt_all(std::span<const Adoption> all) {
  for (const Adoption& next : all) {
    adopt(next);
  }
}

void KernelPath::adopt(const Adoption& next) {
  if (!next.picture) {
    forget(next.id);
    return;
  }
  const bool is_new = !homes_.contains(next.id);
  Home& home = homes_[next.id];
  if (is_new) {
    home.number = free_number().value_or(0);  // there are as many as a daemon has switches
  }
  home.picture = next.picture;
  adopt(home);
}

void KernelPath::adopt(Home& home) {
  drop_those_gone(home);
  if (is_at_rest_) {
    return;
  }
  ++home.generation;
  for (std::size_t i = 0; i < home.picture->slots.size(); ++i) {
    if (home.picture->slots[i].port != nullptr) {
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
    forget_stations(home);
    for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
      tools_.tables.remove_vlan({.switch_number = home.number, .vid = vid});
    }
  }
  homes_.erase(found);
}

void KernelPath::forget_stations(Home& home) {
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

void KernelPath::leave(PathMember& member) {
  member.release();
  places_[member.place()] = false;
}

// Returns what is kept of the port at 'index'; null: it has no interface by which it could take
// part, or there are too many.
PathMember* KernelPath::find_or_enter(Home& home, PortIndex index) {
  Port& port = *home.picture->slot(index).port;
  auto found = home.members.find(index);
  if (found == home.members.end()) {
    const auto place = port.path_seat().interface != 0 ? take_place() : std::nullopt;
    if (!place) {
      return nullptr;
    }
    found = home.members.try_emplace(index, tools_, home.number, index, *place).first;
  }
  found->second.take(port);
  return &found->second;
}

// Writes down anew what is known of a port.
void KernelPath::bring(Home& home, PortIndex index) {
  PathMember* const member = find_or_enter(home, index);
  if (member == nullptr || !member->is_taken()) {
    return;
  }
  if (!home.mirror) {
    home.mirror = std::make_unique<PathMirror>(tools_.tables, home.number);
    home.picture->fdb->set_mirror(home.mirror.get());
  }
  if (const auto refusal = refuse(*home.picture, index); !refusal.empty()) {
    member->take_off(std::string(refusal));
    return;
  }
  const Picture::Slot& slot = home.picture->slot(index);
  path_port words = path_port_of(home.picture->snapshot->port(index));
  words.generation = home.generation;
  words.mtu = slot.state.mtu;
  words.least_size = static_cast<std::uint32_t>(slot.least_frame_size);
  member->bring(words);
}

void KernelPath::pause() noexcept {
  is_at_rest_ = true;
  for (auto& [id, home] : homes_) {
    shut(home);
    for (auto& [index, member] : home.members) {
      member.release();
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
      if (number++ % rounds_of_checks == 0 && member.is_taken()) {
        member.check();
      }
    }
  }
}

const PathMember* KernelPath::find(SwitchId id, PortIndex port) const {
  const auto home = homes_.find(id);
  if (home == homes_.end()) {
    return nullptr;
  }
  const auto member = home->second.members.find(port);
  return member == home->second.members.end() ? nullptr : &member->second;
}

void KernelPath::add_totals(SwitchId id, PortIndex port, PortTotals& sum) const {
  if (const PathMember* const member = find(id, port)) {
    const path_port_counters counted = tools_.tables.port_counters(member->place());
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
      tools_.tables.vlan_counters({.switch_number = home->second.number, .vid = vid});
  sum.in_frames += counted.in_frames;
  sum.in_octets += counted.in_octets;
}

bool KernelPath::knows(SwitchId id, Station station) const {
  const auto home = homes_.find(id);
  return home != homes_.end() &&
         tools_.tables.find_station(path_station_of(home->second.number, station)).has_value();
}

std::uint64_t KernelPath::lost(SwitchId id, PortIndex port) const {
  const PathMember* const member = find(id, port);
  return member == nullptr ? 0 : tools_.queues.lost(member->place());
}

std::optional<std::string> KernelPath::refusal(SwitchId id, PortIndex port) const {
  const PathMember* const member = find(id, port);
  if (member != nullptr && member->is_on()) {
    return std::nullopt;
  }
  if (is_at_rest_) {
    return "another process may have the port";
  }
  if (member != nullptr) {
    return member->reason();
  }
  const auto home = homes_.find(id);
  const Port* const open = home == homes_.end() ? nullptr : home->second.picture->slot(port).port;
  return open == nullptr ? "it is not there" : std::string(open->path_seat().refusal);
}

}  // namespace tapswitch
