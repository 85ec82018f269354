// SPDX-License-Identifier: Apache-2.0
#include "control/config/difference.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "control/config/conditions.hpp"
#include "control/config/document.hpp"
#include "control/config/storm_control.hpp"

namespace tapswitch::config {
namespace {

// A change of these costs no frame. Of all else that there is and will be, it must be thought so.
constexpr std::array<std::string_view, 18> harmless = {
    "description",      "persist", "owner",        "group",     "worker",
    "learning",         "hairpin", "kernel_path",  "fdb_limit", "fdb.ageing_seconds",
    "forward_reserved", "reopen",  "from_port",    "from_vlan", "direction",
    "snaplen",          "filter",  "storm_control"};

bool disturbs(std::string_view member) {
  return !member.starts_with("flood.") &&
         std::find(harmless.begin(), harmless.end(), member) == harmless.end();
}

std::string text_of(const Json* value) {
  if (value == nullptr) {
    return "as it is";
  }
  if (value->is_array()) {
    std::string texts;
    for (const Json& item : *value) {
      texts += (texts.empty() ? "" : ",") + text_of(&item);
    }
    return texts.empty() ? "none" : texts;
  }
  return value->is_string() && !value->get_ref<const std::string&>().empty()
             ? value->get<std::string>()
             : value->dump();
}

const Json* find_member(const Json& json, const std::string& key) {
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

// Compares member by member, in the order of the full document.
class Comparison {
 public:
  explicit Comparison(std::string owner) : owner_(std::move(owner)) {}

  void compare(const Json& running, const Json& wanted, const std::string& prefix = {}) {
    for (const auto& [key, value] : wanted.items()) {
      compare_member(prefix + key, find_member(running, key), &value);
    }
    for (const auto& [key, value] : running.items()) {
      if (!wanted.contains(key)) {
        compare_member(prefix + key, &value, nullptr);
      }
    }
  }

  void add(const std::string& member, const std::string& from, const std::string& to) {
    lines_.push_back(
        {fmt::format("~ {} of {}: {} -> {}", member, owner_, from, to), disturbs(member)});
  }

  [[nodiscard]] std::vector<PlanLine> take() { return std::move(lines_); }

 private:
  void compare_member(const std::string& member, const Json* running, const Json* wanted) {
    if (running != nullptr && wanted != nullptr && *running == *wanted) {
      return;
    }
    if (running != nullptr && wanted != nullptr && running->is_object() && wanted->is_object()) {
      compare(*running, *wanted, member + '.');
      return;
    }
    add(member, text_of(running), text_of(wanted));
  }

  std::string owner_;
  std::vector<PlanLine> lines_;
};

Json without(Json json, const char* key) {
  json.erase(key);
  return json;
}

}  // namespace

std::string in_short(const VlanRule& rule) {
  switch (rule.mode) {
    case PortMode::access:
      return fmt::format("{}", rule.pvid);
    case PortMode::tunnel:
      return fmt::format("tunnel {}", rule.pvid);
    case PortMode::trunk:
      break;
  }
  std::string text = "trunk ";
  if (rule.allowed == VlanSet::all()) {
    text += "all";
  } else {
    text += rule.allowed == VlanSet() ? "none" : rule.allowed.to_string();
  }
  if (rule.pvid != VlanRule().pvid) {
    text += rule.pvid == no_vlan ? " without native" : fmt::format(" native {}", rule.pvid);
  }
  return text;
}

std::vector<PlanLine> differences(const PortSpec& running, const PortSpec& wanted) {
  Comparison comparison(running.name);
  const std::string from = in_short(running.rule.vlan);
  const std::string to = in_short(wanted.rule.vlan);
  Json old = to_json(running, Format::full);
  Json now = to_json(wanted, Format::full);
  if (from != to) {
    comparison.add("vlan", from, to);
    old.erase("vlan");
    now.erase("vlan");
  }
  if (running.conditions != wanted.conditions) {
    comparison.add("conditions", in_short(running.conditions), in_short(wanted.conditions));
    old.erase("conditions");
    now.erase("conditions");
  }
  if (running.rule.storm != wanted.rule.storm) {
    comparison.add("storm_control", in_short(running.rule.storm), in_short(wanted.rule.storm));
    old.erase("storm_control");
    now.erase("storm_control");
  }
  if (running.stp != wanted.stp) {
    comparison.add("stp", in_short(running.stp), in_short(wanted.stp));
    old.erase("stp");
    now.erase("stp");
  }
  comparison.compare(old, now);
  return comparison.take();
}

std::vector<PlanLine> differences(const MirrorSpec& running, const MirrorSpec& wanted) {
  // A mirror that names none is of all.
  const auto of_itself = [](const MirrorSpec& spec) {
    Json json = to_json(spec, Format::full);
    for (const char* member : {"from_port", "from_vlan"}) {
      if (json[member].empty() || json[member] == "") {
        json[member] = "all";
      }
    }
    return json;
  };
  Comparison comparison("mirror " + running.name);
  comparison.compare(of_itself(running), of_itself(wanted));
  return comparison.take();
}

// No frame is lost by what is told of it.
std::vector<PlanLine> differences(const SflowSpec& running, const SflowSpec& wanted) {
  Comparison comparison("sflow");
  comparison.compare(to_json(running, Format::full), to_json(wanted, Format::full));
  std::vector<PlanLine> lines = comparison.take();
  std::ranges::for_each(lines, [](PlanLine& line) { line.disturbs = false; });
  return lines;
}

std::vector<PlanLine> differences(const SwitchSpec& running, const SwitchSpec& wanted) {
  Comparison comparison("switch " + running.name);
  const auto of_itself = [](const SwitchSpec& spec) {
    SwitchSpec bare;
    bare.fdb_capacity = spec.fdb_capacity;
    bare.ageing = spec.ageing;
    bare.rule = spec.rule;
    bare.is_wire = spec.is_wire;
    return without(without(to_json(bare, Format::full), "ports"), "vlans");
  };
  comparison.compare(of_itself(running), of_itself(wanted));
  if (running.stp != wanted.stp) {
    comparison.add("stp", in_short(running.stp), in_short(wanted.stp));
  }
  return comparison.take();
}

}  // namespace tapswitch::config
