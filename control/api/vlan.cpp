// SPDX-License-Identifier: Apache-2.0
// vlan.cpp: vlan.list and vlan.set.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/network/port_round.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::api {
namespace {

using RunningPort = Network::RunningPort;
using RunningSwitch = Network::RunningSwitch;

// The VLANs of a switch that a user has said something about: by name, as a PVID, or one by one on
// a trunk. A trunk of all VLANs says nothing about any of them.
class VlansInUse {
 public:
  void enter(const VlanRule& rule) {
    static const VlanSet all = VlanSet::all();
    enter(rule.pvid);
    if (rule.mode == PortMode::trunk && rule.allowed != all) {
      // By words of VLANs: thousands of ports may have thousands of them.
      std::ranges::transform(words_, rule.allowed.words(), words_.begin(), std::bit_or<>());
    }
  }

  void enter(VlanId vid) {
    words_[vid / VlanSet::word_bits] |= std::uint64_t{1} << vid % VlanSet::word_bits;
  }

  [[nodiscard]] bool has(VlanId vid) const {
    return (words_[vid / VlanSet::word_bits] >> vid % VlanSet::word_bits & 1) != 0;
  }

 private:
  std::array<std::uint64_t, VlanSet::word_count> words_{};  // "no VLAN" among them
};

// A VLAN with its members: their names in quotes, with commas between.
struct Members {
  VlanId vid;
  std::string tagged;
  std::string untagged;
};

// Some VLANs of a switch, in order of their ids, and who is in them.
class Membership {
 public:
  explicit Membership(const std::vector<VlanId>& vlans) {
    for (const VlanId vid : vlans) {
      wanted_[vid / VlanSet::word_bits] |= std::uint64_t{1} << vid % VlanSet::word_bits;
      vlans_.push_back({.vid = vid, .tagged = {}, .untagged = {}});
    }
  }

  [[nodiscard]] const std::vector<Members>& vlans() const { return vlans_; }

  // Enters 'port' where it is a member, by the words of its VLANs.
  void enter(const RunningPort& port) {
    const VlanRule& rule = port.rule().vlan;
    const std::string name = rpc::to_line(port.spec.name);
    for (std::size_t word = 0; word < wanted_.size(); ++word) {
      std::uint64_t bits = rule.mode == PortMode::trunk ? rule.allowed.words()[word] : 0;
      if (rule.pvid != no_vlan && rule.pvid / VlanSet::word_bits == word) {
        bits |= std::uint64_t{1} << rule.pvid % VlanSet::word_bits;
      }
      for (bits &= wanted_[word]; bits != 0; bits &= bits - 1) {
        const std::size_t vid =
            word * VlanSet::word_bits + static_cast<std::size_t>(std::countr_zero(bits));
        Members& members = *std::ranges::lower_bound(vlans_, vid, {}, &Members::vid);
        std::string& names = rule.untagged_vid() == vid ? members.untagged : members.tagged;
        names += (names.empty() ? "" : ",") + name;
      }
    }
  }

 private:
  std::array<std::uint64_t, VlanSet::word_count> wanted_{};
  std::vector<Members> vlans_;
};

std::string vlan_to_text(const RunningSwitch& home, const Members& members) {
  const auto name = home.spec.vlan_names.find(members.vid);
  const VlanTotals totals = home.engine->vlan_totals(members.vid);
  return fmt::format(
      R"({{"switch":{},"vid":{},"name":{},"tagged":[{}],"untagged":[{}],"stations":{},)"
      R"("in_frames":{},"in_octets":{}}})",
      rpc::to_line(home.spec.name), members.vid,
      name != home.spec.vlan_names.end() ? rpc::to_line(name->second) : "null", members.tagged,
      members.untagged, home.engine->fdb().count_in(members.vid), totals.in_frames,
      totals.in_octets);
}

// A cursor is the place of a VLAN among all there could be: 4,096 for each switch, in order of the
// names. Between two pages VLANs may come and go; if switches do, the next page may miss or repeat.
constexpr std::size_t vids_a_switch = 4096;

// One page of vlan.list: some ports at a time are asked for VLANs, its VLANs are found a switch at
// a time, then their members some ports at a time, then it is written some VLANs at a time. It is
// bounded by how many VLANs and members it names.
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
    if (!is_gathered_) {
      gather_some();
    } else if (!is_found_) {
      find_some();
    } else if (!is_asked_) {
      ask_some();
    } else if (!parts_.empty()) {
      write_some();
    }
    if (!is_asked_ || !parts_.empty()) {
      return std::nullopt;
    }
    return fmt::format(R"({{"vlans":[{}],"next_cursor":{}}})", text_, rpc::to_line(next_cursor_));
  }

 private:
  static constexpr std::int64_t default_limit = 1000;
  static constexpr std::size_t asked_at_once = 256;
  static constexpr std::size_t written_at_once = 16;
  // Beyond it goes the last VLAN that the page has.
  static constexpr std::size_t most_members = 8'192;

  // Asks some ports for the VLANs that their switches have.
  void gather_some() {
    is_gathered_ = !gathering_.go_on(network_.ports(), asked_at_once, [&](const RunningPort& port) {
      if (!only_ || port.home->spec.name == *only_) {
        in_use_[port.home->spec.name].enter(port.rule().vlan);
      }
    });
  }

  void find_some() {
    const auto next = network_.switches().upper_bound(last_switch_);
    if (next == network_.switches().end()) {
      is_found_ = true;
      return;
    }
    last_switch_ = next->first;
    const std::size_t number = number_++;
    if ((!only_ || last_switch_ == *only_) && (number + 1) * vids_a_switch > begin_) {
      find(next->second, number * vids_a_switch);
    }
  }

  // The VLANs of a switch whose places begin with 'first'.
  void find(const RunningSwitch& home, std::size_t first) {
    VlansInUse& in_use = in_use_[home.spec.name];
    for (const auto& [vid, name] : home.spec.vlan_names) {
      in_use.enter(vid);
    }
    std::vector<VlanId> vlans;
    for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
      if (first + vid < begin_ || !in_use.has(vid)) {
        continue;
      }
      if (listed_ == limit_ || named_ >= most_members) {
        next_cursor_ = first + vid;
        is_found_ = true;
        break;
      }
      vlans.push_back(vid);
      ++listed_;
      named_ += home.engine->snapshot().flood_list(vid).size();
    }
    if (!vlans.empty()) {
      parts_.emplace(home.spec.name, vlans);
    }
  }

  // Asks some ports in which of the VLANs they are.
  void ask_some() {
    is_asked_ = !asking_.go_on(network_.ports(), asked_at_once, [&](const RunningPort& port) {
      const auto part = parts_.find(port.home->spec.name);
      if (part != parts_.end()) {
        part->second.enter(port);
      }
    });
  }

  void write_some() {
    const auto part = parts_.begin();
    const auto home = network_.switches().find(part->first);
    const std::vector<Members>& vlans = part->second.vlans();
    const std::size_t end = home == network_.switches().end()
                                ? written_
                                : std::min(written_ + written_at_once, vlans.size());
    for (; written_ < end; ++written_) {
      text_ += (text_.empty() ? "" : ",") + vlan_to_text(home->second, vlans[written_]);
    }
    if (home == network_.switches().end() || written_ == vlans.size()) {
      parts_.erase(part);
      written_ = 0;
    }
  }

  const Network& network_;
  const std::optional<std::string> only_;
  const std::size_t begin_;
  const std::size_t limit_;
  network::PortRound gathering_;
  bool is_gathered_ = false;                  // from every port
  std::map<std::string, VlansInUse> in_use_;  // by switch
  std::string last_switch_;                   // of those looked at; empty: none
  std::size_t number_ = 0;                    // of the next
  std::size_t listed_ = 0;                    // VLANs
  std::size_t named_ = 0;                     // members
  bool is_found_ = false;                     // all that the page has
  network::PortRound asking_;
  bool is_asked_ = false;                    // every port
  std::map<std::string, Membership> parts_;  // by switch; those that are not written yet
  std::size_t written_ = 0;                  // of the first
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
  Membership membership({vid});
  for (const RunningPort* port : network.ports_of(home)) {
    membership.enter(*port);
  }
  return Json::parse(vlan_to_text(home, membership.vlans().front()));
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
