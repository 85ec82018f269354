// SPDX-License-Identifier: Apache-2.0
// vlan.cpp: vlan.list and vlan.set.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <vector>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/document.hpp"

namespace tapswitch::api {
namespace {

using RunningPort = Network::RunningPort;
using RunningSwitch = Network::RunningSwitch;

using PortList = std::vector<const RunningPort*>;

// The VLANs that a user has said something about: by name, as a PVID, or one by one on a trunk.
// A trunk of all VLANs says nothing about any of them.
std::vector<VlanId> vlans_in_use(const RunningSwitch& home, const PortList& ports) {
  std::bitset<last_vlan + 1> in_use;
  for (const auto& [vid, name] : home.spec.vlan_names) {
    in_use.set(vid);
  }
  // By words of VLANs: thousands of ports may have thousands of them.
  std::array<std::uint64_t, VlanSet::word_count> allowed{};
  const VlanSet all = VlanSet::all();
  for (const RunningPort* port : ports) {
    const VlanRule& rule = port->spec.rule.vlan;
    in_use.set(rule.pvid);
    if (rule.mode == PortMode::trunk && rule.allowed != all) {
      std::ranges::transform(allowed, rule.allowed.words(), allowed.begin(), std::bit_or<>());
    }
  }
  std::vector<VlanId> vlans;
  for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
    const bool is_allowed =
        (allowed[vid / VlanSet::word_bits] >> vid % VlanSet::word_bits & 1) != 0;
    if (is_allowed || in_use.test(vid)) {
      vlans.push_back(vid);
    }
  }
  return vlans;
}

Json vlan_to_json(const RunningSwitch& home, const PortList& ports, VlanId vid) {
  Json tagged = Json::array();
  Json untagged = Json::array();
  for (const RunningPort* port : ports) {
    const VlanRule& rule = port->spec.rule.vlan;
    if (rule.carries(vid)) {
      (rule.untagged_vid() == vid ? untagged : tagged).push_back(port->spec.name);
    }
  }
  const auto name = home.spec.vlan_names.find(vid);
  const VlanTotals totals = home.engine->vlan_totals(vid);
  return {{"switch", home.spec.name},
          {"vid", vid},
          {"name", name != home.spec.vlan_names.end() ? Json(name->second) : Json()},
          {"tagged", tagged},
          {"untagged", untagged},
          {"stations", home.engine->fdb().count_in(vid)},
          {"in_frames", totals.in_frames},
          {"in_octets", totals.in_octets}};
}

// A cursor is the place of a VLAN among all there could be: 4,096 for each switch, in order of the
// names. Between two pages VLANs may come and go; if switches do, the next page may miss or repeat.
constexpr std::size_t vids_a_switch = 4096;

// One page of vlan.list. It takes the control thread a few milliseconds at most: it is bounded by
// how many VLANs and members it names, and by how many ports it looks at for that.
class VlanPage {
 public:
  explicit VlanPage(const Json& params)
      : begin_(static_cast<std::size_t>(rpc::integer_or(params, "cursor", 0))),
        limit_(static_cast<std::size_t>(rpc::integer_or(params, "limit", default_limit))) {}

  // The VLANs of the switch that is the 'number'-th. False: the page is full.
  bool add(const Network& network, const RunningSwitch& home, std::size_t number) {
    if ((number + 1) * vids_a_switch <= begin_) {
      return true;
    }
    const PortList ports = network.ports_of(home);
    looks_ += ports.size();
    for (const VlanId vid : vlans_in_use(home, ports)) {
      const std::size_t place = number * vids_a_switch + vid;
      if (place < begin_) {
        continue;
      }
      if (vlans_.size() == limit_ || members_ >= most_members || looks_ >= most_looks) {
        next_cursor_ = place;
        return false;
      }
      vlans_.push_back(vlan_to_json(home, ports, vid));
      looks_ += ports.size();
      members_ += vlans_.back()["tagged"].size() + vlans_.back()["untagged"].size();
    }
    return true;
  }

  [[nodiscard]] Json to_result() {
    return {{"vlans", std::move(vlans_)}, {"next_cursor", next_cursor_}};
  }

 private:
  static constexpr std::int64_t default_limit = 1000;
  // Beyond both goes the last VLAN that the page has.
  static constexpr std::size_t most_members = 8'192;
  static constexpr std::size_t most_looks = 131'072;

  std::size_t begin_;
  std::size_t limit_;
  Json vlans_ = Json::array();
  std::size_t members_ = 0;
  std::size_t looks_ = 0;
  Json next_cursor_;
};

Json list_vlans(Network& network, const Json& params) {
  const auto only = optional_text(params, "switch");
  if (only) {
    (void)network.find_switch(only);
  }
  VlanPage page(params);
  std::size_t number = 0;
  for (const auto& [name, running] : network.switches()) {
    if ((!only || name == *only) && !page.add(network, running, number)) {
      break;
    }
    ++number;
  }
  return page.to_result();
}

Json set_vlan(Network& network, const Json& params) {
  RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
  const auto vid = params.at("vid").get<VlanId>();
  const Json& name = params.at("name");
  if (is_dry_run(params)) {
    return plan("~ vlan " + std::to_string(vid) + " of switch " + home.spec.name);
  }
  network.name_vlan(home, vid, name.is_null() ? std::nullopt : std::optional<std::string>(name));
  return vlan_to_json(home, network.ports_of(home), vid);
}

}  // namespace

void add_vlan_handlers(Handlers& handlers, Network& network) {
  handlers["vlan.list"] = [&network](const Json& params, const rpc::Caller&) {
    return list_vlans(network, params);
  };
  handlers["vlan.set"] = [&network](const Json& params, const rpc::Caller&) {
    return set_vlan(network, params);
  };
}

}  // namespace tapswitch::api
