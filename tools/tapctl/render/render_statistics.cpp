// SPDX-License-Identifier: Apache-2.0
// render_statistics.cpp: the part of render.hpp that counts: stats.get and stats.rates.
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/api/results.hpp"
#include "tools/tapctl/render/render.hpp"
#include "tools/terminal/table.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {

namespace {

Cell count_cell(const Json& object, const std::string& key, const Style& style) {
  return {count_text(count_at(object, key), style.is_exact)};
}

Cell frames_cell(const Json& counts, const std::string& direction, const Style& style) {
  return {count_text(count_at(counts, direction + "_unicast") +
                         count_at(counts, direction + "_multicast") +
                         count_at(counts, direction + "_broadcast"),
                     style.is_exact)};
}

// Returns what the table of methods says of a reason; "-" of one that only a newer daemon knows.
std::string meaning_of(const std::string& reason) {
  for (const rpc::Field& field : api::port_statistics_schema().fields()) {
    if (field.name != "drops") {
      continue;
    }
    for (const rpc::Field& each : field.schema.fields()) {
      if (each.name == reason) {
        return each.description;
      }
    }
  }
  return "-";
}

// The reasons that occurred, most frequent first.
std::vector<std::pair<std::uint64_t, std::string>> ranked(const Json& drops) {
  std::vector<std::pair<std::uint64_t, std::string>> reasons;
  for (const auto& [reason, count] : drops.items()) {
    if (const auto number = count.get<std::uint64_t>(); number > 0) {
      reasons.emplace_back(number, reason);
    }
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  return reasons;
}

// Returns what the reasons that any port has mean; nothing if none has dropped anything.
std::string legend(const Json& ports, const Style& style) {
  std::set<std::string> reasons;
  for (const Json& counts : ports) {
    for (const auto& [count, reason] : ranked(counts.at("drops"))) {
      reasons.insert(reason);
    }
  }
  if (reasons.empty()) {
    return "";
  }
  Table table({{"DROP REASON"}, {"MEANING"}});
  for (const std::string& reason : reasons) {
    table.add({{printable(reason)}, {meaning_of(reason)}});
  }
  return '\n' + table.to_text(style);
}

std::string statistics_of_ports(const Json& ports, const Style& style) {
  Table table({{"PORT"},
               {"IN FRAMES", Column::right},
               {"IN OCTETS", Column::right},
               {"OUT FRAMES", Column::right},
               {"OUT OCTETS", Column::right},
               {"KERNEL DROPS", Column::right},
               {"DROPS"}});
  for (const auto& [name, counts] : ports.items()) {
    const std::uint64_t kernel_drops =
        count_at(counts, "ingress_kernel_drops") + count_at(counts, "egress_kernel_drops");
    table.add({{printable(name)},
               frames_cell(counts, "in", style),
               count_cell(counts, "in_octets", style),
               frames_cell(counts, "out", style),
               count_cell(counts, "out_octets", style),
               {count_text(kernel_drops, style.is_exact)},
               {drops_in_short(counts.at("drops"))}});
  }
  return table.to_text(style) + legend(ports, style);
}

std::string statistics_of_one_port(const std::string& name, const Json& counts,
                                   const Style& style) {
  Table table({{printable(name)}, {"IN", Column::right}, {"OUT", Column::right}});
  for (const char* kind : {"octets", "unicast", "multicast", "broadcast"}) {
    table.add({{kind},
               count_cell(counts, std::string("in_") + kind, style),
               count_cell(counts, std::string("out_") + kind, style)});
  }
  table.add({{"kernel drops"},
             count_cell(counts, "ingress_kernel_drops", style),
             count_cell(counts, "egress_kernel_drops", style)});
  const auto reasons = ranked(counts.at("drops"));
  if (reasons.empty()) {
    return table.to_text(style) + "\nno drops\n";
  }
  Table drops({{"DROPS", Column::right}, {"REASON"}, {"MEANING"}});
  for (const auto& [count, reason] : reasons) {
    drops.add({{count_text(count, style.is_exact)}, {printable(reason)}, {meaning_of(reason)}});
  }
  return table.to_text(style) + '\n' + drops.to_text(style);
}

std::string statistics_of_switches(const Json& switches, const Style& style) {
  constexpr std::array keys = {"stations",
                               "fdb_added",
                               "fdb_moved",
                               "fdb_aged",
                               "fdb_evicted",
                               "fdb_refused_table_full",
                               "fdb_refused_port_full"};
  Table table({{"SWITCH"},
               {"STATIONS", Column::right},
               {"LEARNED", Column::right},
               {"MOVED", Column::right},
               {"AGED", Column::right},
               {"EVICTED", Column::right},
               {"TABLE FULL", Column::right},
               {"PORT FULL", Column::right}});
  for (const auto& [name, counts] : switches.items()) {
    std::vector<Cell> cells = {{printable(name)}};
    for (const char* key : keys) {
      cells.push_back(count_cell(counts, key, style));
    }
    table.add(std::move(cells));
  }
  return table.to_text(style);
}

std::string statistics_of_vlan(const Json& by_switch, const Style& style) {
  Table table({{"SWITCH"}, {"IN FRAMES", Column::right}, {"IN OCTETS", Column::right}});
  for (const auto& [name, counts] : by_switch.items()) {
    table.add({{printable(name)},
               count_cell(counts, "in_frames", style),
               count_cell(counts, "in_octets", style)});
  }
  return table.to_text(style);
}

}  // namespace

std::string drops_in_short(const Json& drops) {
  std::uint64_t total = 0;
  std::string parts;
  for (const auto& [count, reason] : ranked(drops)) {
    total += count;
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, printable(reason));
  }
  return parts.empty() ? "0" : fmt::format("{} ({})", total, parts);
}

std::string render_statistics(const Json& params, const Json& result, const Style& style) {
  if (params.is_object() && params.contains("port")) {
    const auto name = params.at("port").get<std::string>();
    return statistics_of_one_port(name, result.at("ports").at(name), style);
  }
  std::string text;
  const auto add = [&](const char* key, const auto& table_of) {
    if (const auto found = result.find(key); found != result.end() && !found->empty()) {
      text += (text.empty() ? "" : "\n") + table_of(*found, style);
    }
  };
  add("ports", statistics_of_ports);
  add("switches", statistics_of_switches);
  add("vlans", statistics_of_vlan);
  return text.empty() ? "nothing to count\n" : text;
}

std::string render_rates(const Json& result, const Style& style) {
  if (result.at("ports").empty()) {
    return "no ports\n";
  }
  Table table({{"PORT"},
               {"RX"},
               {"TX"},
               {"RX FRAMES/S", Column::right},
               {"TX FRAMES/S", Column::right},
               {"DROPS/S", Column::right}});
  for (const auto& [name, rate] : result.at("ports").items()) {
    table.add({{printable(name)},
               {bit_rate(count_at(rate, "in_bits_per_second"))},
               {bit_rate(count_at(rate, "out_bits_per_second"))},
               count_cell(rate, "in_frames_per_second", style),
               count_cell(rate, "out_frames_per_second", style),
               count_cell(rate, "drops_per_second", style)});
  }
  return table.to_text(style);
}

}  // namespace tapswitch::tapctl
