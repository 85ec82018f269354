// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/tapctl/render/render_graph.hpp"
#include "tools/tapctl/render/render_plan.hpp"
#include "tools/tapctl/render/render_tree.hpp"
#include "tools/terminal/table.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {

namespace {

std::string render_switches(const Json& result, const Style& style) {
  if (result.at("switches").empty()) {
    return "no switches\n";
  }
  Table table({{"SWITCH"},
               {"PORTS", Column::right},
               {"STATIONS", Column::right},
               {"CAPACITY", Column::right},
               {"AGEING", Column::right},
               {"FORWARDS RESERVED"}});
  for (const Json& each : result.at("switches")) {
    const Json& fdb = each.at("fdb");
    table.add({{text_at(each, "name")},
               {text_at(each, "ports")},
               {text_at(fdb, "stations")},
               {text_at(fdb, "capacity")},
               {text_at(fdb, "ageing_seconds") + " s"},
               {text_at(each, "forward_reserved")}});
  }
  return table.to_text(style);
}

std::string render_captures(const Json& result, const Style& style) {
  if (result.at("captures").empty()) {
    return "no captures\n";
  }
  Table table({{"CAPTURE", Column::right},
               {"SWITCH"},
               {"PORTS"},
               {"DIRECTION"},
               {"FRAMES", Column::right},
               {"OCTETS", Column::right},
               {"MISSED", Column::right},
               {"FILTER"}});
  for (const Json& each : result.at("captures")) {
    table.add({{text_at(each, "capture")},
               {each.at("switch").is_null() ? "all" : text_at(each, "switch")},
               {each.at("ports").empty() ? "all" : text_at(each, "ports")},
               {text_at(each, "direction")},
               {text_at(each, "frames")},
               {text_at(each, "octets")},
               {text_at(each, "missed")},
               {each.at("filter") == "" ? "-" : text_at(each, "filter")}});
  }
  return table.to_text(style);
}

std::string render_mirrors(const Json& result, const Style& style) {
  if (result.at("mirrors").empty()) {
    return "no mirrors\n";
  }
  Table table({{"MIRROR"}, {"SWITCH"}, {"FROM"}, {"VLAN"}, {"DIRECTION"}, {"TO"}, {"FILTER"}});
  for (const Json& each : result.at("mirrors")) {
    table.add({{text_at(each, "name")},
               {text_at(each, "switch")},
               {each.at("from_port").empty() ? "all" : text_at(each, "from_port")},
               {each.at("from_vlan") == "" ? "all" : text_at(each, "from_vlan")},
               {text_at(each, "direction")},
               {text_at(each, "to_port")},
               {each.at("filter") == "" ? "-" : text_at(each, "filter")}});
  }
  return table.to_text(style);
}

std::string sflow_line(const Json& result) {
  return fmt::format("sends sflow to {}\n", text_at(result, "collectors"));
}

std::string render_sflow(const Json& result) {
  return result.at("collectors").empty() ? "no sflow\n" : render_members(result);
}

// A name or a dash: of a VLAN "none" could be taken for its name.
std::string name_or_dash(const Json& vlan) {
  return vlan.at("name").is_null() ? "-" : text_at(vlan, "name");
}

std::string render_vlans(const Json& result, const Style& style) {
  if (result.at("vlans").empty()) {
    return "no VLANs\n";
  }
  const Json& vlans = result.at("vlans");
  const bool has_several_switches = std::any_of(vlans.begin(), vlans.end(), [&](const Json& each) {
    return each.at("switch") != vlans.front().at("switch");
  });
  std::vector<Column> columns = {
      {"VLAN", Column::right},  {"NAME"}, {"UNTAGGED"}, {"TAGGED"}, {"STATIONS", Column::right},
      {"FRAMES", Column::right}};
  if (has_several_switches) {
    columns.insert(columns.begin(), {"SWITCH"});
  }
  const auto names_or_dash = [](const Json& names) { return names.empty() ? "-" : text_of(names); };
  Table table(columns);
  for (const Json& vlan : vlans) {
    std::vector<Cell> cells = {{text_at(vlan, "vid")},
                               {name_or_dash(vlan)},
                               {names_or_dash(vlan.at("untagged"))},
                               {names_or_dash(vlan.at("tagged"))},
                               {text_at(vlan, "stations")},
                               {count_text(count_at(vlan, "in_frames"), style.is_exact)}};
    if (has_several_switches) {
      cells.insert(cells.begin(), {text_at(vlan, "switch")});
    }
    table.add(std::move(cells));
  }
  return table.to_text(style);
}

std::string render_stations(const Json& result, const Style& style) {
  if (result.at("entries").empty()) {
    return "no stations\n";
  }
  Table table({{"MAC"}, {"VLAN", Column::right}, {"PORT"}, {"KIND"}, {"AGE", Column::right}});
  for (const Json& entry : result.at("entries")) {
    const bool ages = entry.at("kind") != "static";
    table.add({{text_at(entry, "mac")},
               {text_at(entry, "vlan")},
               {text_at(entry, "port")},
               {text_at(entry, "kind")},
               {ages ? duration(count_at(entry, "age_seconds")) : "-"}});
  }
  return table.to_text(style);
}

std::string render_plan(const Json& plan) {
  std::string text = plan.empty() ? "nothing would change\n" : "";
  for (const Json& step : plan) {
    text += "would do: " + text_of(step) + '\n';
  }
  return text;
}

std::string port_line(const char* did, const Json& port) {
  const std::string vlan = vlan_in_short(port.at("vlan"));
  const bool is_access = port.at("vlan").at("mode") == "access";
  return fmt::format("{} port {} ({}, {})\n{}", did, text_at(port, "name"), text_at(port, "state"),
                     is_access ? "VLAN " + vlan : vlan, warning_lines(port));
}

std::string vlan_line(const Json& vlan) {
  return fmt::format(
      "VLAN {} {}\n", text_at(vlan, "vid"),
      vlan.at("name").is_null() ? "has no name now" : "is called " + text_at(vlan, "name"));
}

std::string station_line(const Json& entry) {
  return fmt::format("added {} in VLAN {} on port {} ({})\n", text_at(entry, "mac"),
                     text_at(entry, "vlan"), text_at(entry, "port"), text_at(entry, "kind"));
}

std::string flush_line(const Json& result) {
  return fmt::format("removed {}\n", counted(count_at(result, "removed"), "entry", "entries"));
}

// The members of 'object' and of the objects in it, as pairs of a name and a text.
void collect_members(std::vector<std::pair<std::string, std::string>>& lines,
                     const std::string& prefix, const Json& object) {
  for (const auto& [key, value] : object.items()) {
    std::string name = prefix + printable(key);
    std::replace(name.begin(), name.end(), '_', ' ');
    if (value.is_object() && !is_choice(value)) {
      collect_members(lines, name + ' ', value);
    } else {
      lines.emplace_back(std::move(name), text_of(value));
    }
  }
}

std::string render_log(const Json& result) {
  std::string text;
  for (const Json& line : result.at("lines")) {
    text += fmt::format("{} {} {}\n", local_time(text_at(line, "time")), text_at(line, "level"),
                        text_at(line, "text"));
  }
  return text;
}

struct Context {
  const Json& params;
  const Json& result;
  const Style& style;
};

using Renderer = std::function<std::string(const Context&)>;

const std::map<std::string, Renderer>& renderers() {
  static const std::map<std::string, Renderer> all = {
      {"system.info", [](const Context& c) { return render_members(c.result); }},
      {"system.shutdown", [](const Context&) { return "the daemon shuts down\n"; }},
      {"switch.add",
       [](const Context& c) {
         return fmt::format("added switch {}\n", text_at(c.result, "name"));
       }},
      {"switch.set",
       [](const Context& c) {
         return fmt::format("changed switch {}\n", text_at(c.result, "name"));
       }},
      {"switch.remove",
       [](const Context& c) {
         return fmt::format("removed switch {}\n", text_at(c.params, "name"));
       }},
      {"switch.list", [](const Context& c) { return render_switches(c.result, c.style); }},
      {"switch.get", [](const Context& c) { return render_members(c.result); }},
      {"port.add", [](const Context& c) { return port_line("added", c.result); }},
      {"port.set", [](const Context& c) { return port_line("changed", c.result); }},
      {"port.get", [](const Context& c) { return render_members(c.result); }},
      {"port.remove",
       [](const Context& c) {
         return fmt::format("removed port {}\n", text_at(c.params, "name"));
       }},
      {"vlan.list", [](const Context& c) { return render_vlans(c.result, c.style); }},
      {"vlan.set", [](const Context& c) { return vlan_line(c.result); }},
      {"fdb.list", [](const Context& c) { return render_stations(c.result, c.style); }},
      {"fdb.add", [](const Context& c) { return station_line(c.result); }},
      {"fdb.remove",
       [](const Context& c) {
         return fmt::format("removed {} from VLAN {}\n", text_at(c.params, "mac"),
                            text_at(c.params, "vlan"));
       }},
      {"fdb.flush", [](const Context& c) { return flush_line(c.result); }},
      {"stats.get",
       [](const Context& c) { return render_statistics(c.params, c.result, c.style); }},
      {"stats.rates", [](const Context& c) { return render_rates(c.result, c.style); }},
      {"log.set",
       [](const Context& c) { return "logs from level " + text_at(c.result, "level") + " on\n"; }},
      {"log.tail", [](const Context& c) { return render_log(c.result); }},
      {"mirror.add",
       [](const Context& c) {
         return fmt::format("mirrors to {}\n", text_at(c.result, "to_port"));
       }},
      {"mirror.list", [](const Context& c) { return render_mirrors(c.result, c.style); }},
      {"mirror.remove",
       [](const Context& c) {
         return fmt::format("removed mirror {}\n", text_at(c.params, "name"));
       }},
      {"sflow.set", [](const Context& c) { return sflow_line(c.result); }},
      {"sflow.get", [](const Context& c) { return render_sflow(c.result); }},
      {"sflow.clear", [](const Context&) { return std::string("no sflow any more\n"); }},
      {"stp.get", [](const Context& c) { return render_tree(c.result, c.style); }},
      {"capture.list", [](const Context& c) { return render_captures(c.result, c.style); }},
      {"capture.stop",
       [](const Context& c) { return fmt::format("stops {}\n", text_at(c.params, "capture")); }},
      {"config.diff", [](const Context& c) { return render_steps(c.result, c.style); }},
      {"config.apply", [](const Context& c) { return render_apply(c.params, c.result, c.style); }},
      {"config.save",
       [](const Context& c) { return fmt::format("saved to {}\n", text_at(c.result, "path")); }},
      {"graph", [](const Context& c) { return render_graph(c.result); }},
      {"frame.trace", [](const Context& c) { return render_trace(c.result, c.style); }},
  };
  return all;
}

}  // namespace

std::string render(const std::string& method, const Json& params, const Json& result,
                   const Style& style) {
  if (result.is_object() && result.size() == 1 && result.contains("plan")) {
    return render_plan(result.at("plan"));
  }
  if (const auto found = renderers().find(method); found != renderers().end()) {
    return found->second({params, result, style});
  }
  // Documents are meant to be kept in files, so they are JSON for people too.
  return json_text(result, 2);
}

std::string render_members(const Json& object) {
  std::vector<std::pair<std::string, std::string>> lines;
  collect_members(lines, "", object);
  std::size_t width = 0;
  for (const auto& [name, text] : lines) {
    width = std::max(width, width_of(name));
  }
  std::string text;
  for (const auto& [name, value] : lines) {
    text += fmt::format("{}:{:{}} {}\n", name, "", width - width_of(name), value);
  }
  return text;
}

void sort_stations(Json& entries) {
  const auto key = [](const Json& entry) {
    return std::tuple(entry.at("vlan").get<int>(), entry.at("mac").get<std::string>());
  };
  std::sort(entries.begin(), entries.end(),
            [&](const Json& one, const Json& other) { return key(one) < key(other); });
}

}  // namespace tapswitch::tapctl
