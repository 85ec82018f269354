// SPDX-License-Identifier: Apache-2.0
// vlan.cpp: vlan.list and vlan.set.
#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/rpc/jsonrpc.hpp"

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
    const VlanRule& rule = port->rule().vlan;
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

struct Members {
  VlanId vid;
  Json tagged = Json::array();
  Json untagged = Json::array();
};

// Returns which of 'ports' are in which of 'vlans', by one pass over the ports and the words of
// their VLANs.
std::vector<Members> members_of(const PortList& ports, const std::vector<VlanId>& vlans) {
  std::array<std::uint64_t, VlanSet::word_count> wanted{};
  std::array<std::size_t, last_vlan + 1> places{};
  std::vector<Members> all;
  for (const VlanId vid : vlans) {
    wanted[vid / VlanSet::word_bits] |= std::uint64_t{1} << vid % VlanSet::word_bits;
    places[vid] = all.size();
    all.push_back({vid});
  }
  for (const RunningPort* port : ports) {
    const VlanRule& rule = port->rule().vlan;
    const auto add = [&](std::size_t vid) {
      Members& members = all[places[vid]];
      (rule.untagged_vid() == vid ? members.untagged : members.tagged).push_back(port->spec.name);
    };
    for (std::size_t word = 0; word < wanted.size(); ++word) {
      std::uint64_t bits = rule.mode == PortMode::trunk ? rule.allowed.words()[word] : 0;
      if (rule.pvid != no_vlan && rule.pvid / VlanSet::word_bits == word) {
        bits |= std::uint64_t{1} << rule.pvid % VlanSet::word_bits;
      }
      for (bits &= wanted[word]; bits != 0; bits &= bits - 1) {
        add(word * VlanSet::word_bits + static_cast<std::size_t>(std::countr_zero(bits)));
      }
    }
  }
  return all;
}

Json vlan_to_json(const RunningSwitch& home, const Members& members) {
  const auto name = home.spec.vlan_names.find(members.vid);
  const VlanTotals totals = home.engine->vlan_totals(members.vid);
  return {{"switch", home.spec.name},
          {"vid", members.vid},
          {"name", name != home.spec.vlan_names.end() ? Json(name->second) : Json()},
          {"tagged", members.tagged},
          {"untagged", members.untagged},
          {"stations", home.engine->fdb().count_in(members.vid)},
          {"in_frames", totals.in_frames},
          {"in_octets", totals.in_octets}};
}

// A cursor is the place of a VLAN among all there could be: 4,096 for each switch, in order of the
// names. Between two pages VLANs may come and go; if switches do, the next page may miss or repeat.
constexpr std::size_t vids_a_switch = 4096;

// One page of vlan.list, found a switch at a time, then written some VLANs at a time. It is bounded
// by how many VLANs and members it names.
class VlanPage final : public rpc::Work {
 public:
  VlanPage(Network& network, const Json& params)
      : network_(network),
        only_(optional_text(params, "switch")),
        begin_(static_cast<std::size_t>(rpc::integer_or(params, "cursor", 0))),
        limit_(static_cast<std::size_t>(rpc::integer_or(params, "limit", default_limit))) {
    if (only_) {
      (void)network.find_switch(only_);
    }
  }

  [[nodiscard]] std::optional<std::string> go_on() override {
    if (!is_found_) {
      find_some();
      return std::nullopt;
    }
    for (std::size_t count = 0; count < written_at_once && written_ < found_.size(); ++count) {
      write(found_[written_++]);
    }
    return written_ < found_.size()
               ? std::nullopt
               : std::optional(fmt::format(R"({{"vlans":[{}],"next_cursor":{}}})", text_,
                                           rpc::to_line(next_cursor_)));
  }

 private:
  static constexpr std::int64_t default_limit = 1000;
  static constexpr std::size_t written_at_once = 16;
  // Beyond it goes the last VLAN that the page has.
  static constexpr std::size_t most_members = 8'192;

  struct Found {
    std::string home;
    Members members;
  };

  void find_some() {
    const auto next = network_.switches().upper_bound(last_);
    if (next == network_.switches().end()) {
      is_found_ = true;
      return;
    }
    last_ = next->first;
    const std::size_t number = number_++;
    if ((!only_ || last_ == *only_) && (number + 1) * vids_a_switch > begin_) {
      find(next->second, number * vids_a_switch);
    }
  }

  // The VLANs of a switch whose places begin with 'first'.
  void find(const RunningSwitch& home, std::size_t first) {
    const PortList ports = network_.ports_of(home);
    std::vector<VlanId> vlans;
    for (const VlanId vid : vlans_in_use(home, ports)) {
      if (first + vid < begin_) {
        continue;
      }
      if (found_.size() + vlans.size() == limit_ || named_ >= most_members) {
        next_cursor_ = first + vid;
        is_found_ = true;
        break;
      }
      vlans.push_back(vid);
      named_ += home.engine->snapshot().flood_list(vid).size();
    }
    for (Members& members : members_of(ports, vlans)) {
      found_.push_back({home.spec.name, std::move(members)});
    }
  }

  void write(const Found& found) {
    const auto home = network_.switches().find(found.home);
    if (home != network_.switches().end()) {
      text_ += (text_.empty() ? "" : ",") + rpc::to_line(vlan_to_json(home->second, found.members));
    }
  }

  const Network& network_;
  const std::optional<std::string> only_;
  const std::size_t begin_;
  const std::size_t limit_;
  std::string last_;        // of the switches looked at; empty: none
  std::size_t number_ = 0;  // of the next
  std::size_t named_ = 0;   // members
  bool is_found_ = false;   // all that the page has
  std::vector<Found> found_;
  std::size_t written_ = 0;  // of them
  std::string text_;
  Json next_cursor_;
};

Json set_vlan(Network& network, const Json& params) {
  RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
  const auto vid = params.at("vid").get<VlanId>();
  const Json& name = params.at("name");
  if (is_dry_run(params)) {
    return plan("~ vlan " + std::to_string(vid) + " of switch " + home.spec.name);
  }
  network.name_vlan(home, vid, name.is_null() ? std::nullopt : std::optional<std::string>(name));
  return vlan_to_json(home, members_of(network.ports_of(home), {vid}).front());
}

}  // namespace

void add_vlan_handlers(Handlers& handlers, Network& network) {
  handlers["vlan.list"] = [&network](const Json& params, const rpc::Caller&) {
    return std::make_unique<VlanPage>(network, params);
  };
  handlers["vlan.set"] = [&network](const Json& params, const rpc::Caller&) {
    return set_vlan(network, params);
  };
}

}  // namespace tapswitch::api
