// SPDX-License-Identifier: Apache-2.0
#include "control/config/stp.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/config/members.hpp"
#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace {

using protocols::RstpSettings;
using rpc::Field;
using rpc::Schema;
using std::chrono::seconds;

constexpr unsigned bridge_priority_step = 4'096;
constexpr unsigned port_priority_step = 16;
constexpr std::int64_t most_path_cost = 200'000'000;

[[noreturn]] void refuse_stp(const char* member, std::string problem, std::string allowed) {
  throw rpc::invalid_params(
      {{fmt::format("stp.{}", member), std::move(problem), std::move(allowed)}});
}

unsigned read_priority(const Json& json, unsigned step, unsigned before) {
  const auto found = json.find("priority");
  if (found == json.end()) {
    return before;
  }
  const auto priority = found->get<unsigned>();
  if (priority % step != 0) {
    const unsigned below = priority / step * step;
    refuse_stp("priority", fmt::format("{} is no multiple of {}", priority, step),
               fmt::format("{} or {}", below, below + step));
  }
  return priority;
}

void read_seconds(const Json& json, const char* key, seconds& target) {
  target = seconds(json.value(key, target.count()));
}

// [802.1D-2004 17.14]: others must hear of a change before they act by it.
void check_times(const RstpSettings& settings) {
  const auto most = 2 * (settings.forward_delay - seconds(1));
  const auto least = 2 * (settings.hello + seconds(1));
  if (settings.max_age > most || settings.max_age < least) {
    refuse_stp("max_age_seconds",
               fmt::format("{} does not go with a hello of {} and a forward delay of {}",
                           settings.max_age.count(), settings.hello.count(),
                           settings.forward_delay.count()),
               most < least
                   ? std::string("a longer forward_delay_seconds or a shorter hello_seconds")
                   : fmt::format("{} to {}, as 2 * (hello + 1) <= max age <= "
                                 "2 * (forward delay - 1)",
                                 least.count(), most.count()));
  }
}

Schema object_or_null(std::vector<Field> fields, std::string allowed) {
  return Schema::any_of({Schema::object(std::move(fields)), Schema::null()}, std::move(allowed));
}

Schema auto_or(Schema schema, std::string allowed) {
  return Schema::any_of({std::move(schema), Schema::word({"auto"})}, std::move(allowed));
}

// As "auto" or a value.
template <typename T>
void read_or_auto(const Json& json, const char* key, std::optional<T>& target) {
  if (const auto found = json.find(key); found != json.end()) {
    target = found->is_string() ? std::nullopt : std::optional(found->get<T>());
  }
}

std::string stp_in_short(const Json& json) {
  std::string text;
  for (const auto& [name, value] : json.items()) {
    const std::string separator = text.empty() ? "" : ", ";
    if (name == "mode") {
      text += separator + value.get<std::string>();
    } else if (value == true) {
      text += separator + name;
    } else {
      text += fmt::format("{}{} {}", separator, name,
                          value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return text;
}

}  // namespace

std::string StpSpec::mode() const { return !is_on ? "off" : settings.is_rapid ? "rstp" : "stp"; }

std::uint32_t path_cost_of(std::uint32_t speed) {
  constexpr std::uint32_t at_one_megabit = 20'000'000;
  return std::clamp<std::uint32_t>(at_one_megabit / std::max(speed, 1U), 1, at_one_megabit);
}

Schema stp_schema() {
  return object_or_null(
      {{"mode", Schema::word({"off", "rstp", "stp"}),
        "rstp: Rapid Spanning Tree of 802.1D-2004; stp: the older one of 802.1D; off: BPDUs are as "
        "any other reserved address, and nothing ends a ring",
        false, "off"},
       {"priority", Schema::integer(0, 61'440),
        "of all bridges the one of least priority is the root; in steps of 4096", false, 32'768},
       {"hello_seconds", Schema::integer(1, 10), "how often a BPDU leaves", false, 2},
       {"max_age_seconds", Schema::integer(6, 40), "how far, in hops, a BPDU goes from the root",
        false, 20},
       {"forward_delay_seconds", Schema::integer(4, 30),
        "how long a port waits where no neighbour agrees", false, 15},
       {"hold_count", Schema::integer(1, 10), "the most BPDUs that leave by a port in a second",
        false, 6},
       {"address",
        Schema::text("mac", "a unicast address, as 02:00:00:00:00:01",
                     [](std::string_view text) {
                       const auto mac = MacAddress::parse(text);
                       return mac && !mac->is_group() && !mac->is_zero();
                     }),
        "of the bridge, by which others know it; default: made up when the switch is made"}},
      "an object of mode and more, or null for off");
}

Schema port_stp_schema() {
  return object_or_null(
      {{"priority", Schema::integer(0, 240),
        "of ports that are as good as one another the one of least priority is taken; in steps of "
        "16",
        false, 128},
       {"path_cost", auto_or(Schema::integer(1, most_path_cost), "1 to 200000000, or \"auto\""),
        "what the way by it costs; auto: by its speed, 2000 where nobody knows that", false,
        "auto"},
       {"admin_edge", Schema::boolean(),
        "there is no bridge: the port forwards at once, until it hears a BPDU", false, false},
       {"auto_edge", Schema::boolean(), "the same where none is heard for 3 s", false, true},
       {"point_to_point", auto_or(Schema::boolean(), "true, false, or \"auto\""),
        "two bridges at most are on its link, and may agree; auto: so it is", false, "auto"},
       {"bpdu_guard", Schema::boolean(),
        "a BPDU shuts the port until its link goes and comes, or the guard is taken off", false,
        false},
       {"root_guard", Schema::boolean(),
        "the way to the root is never here, whatever is heard; 802.1D's restrictedRole", false,
        false},
       {"restricted_tcn", Schema::boolean(), "changes behind it flush no other port", false, false},
       {"bpdu_filter", Schema::boolean(),
        "the port takes no part: it sends and heeds no BPDU, and forwards; a ring by it is not "
        "ended",
        false, false}},
      "an object, or null for what it was made with");
}

void change(StpSpec& spec, const Json& json) {
  StpSpec changed = json.is_null() ? StpSpec() : spec;
  if (json.is_object()) {
    if (const auto mode = json.find("mode"); mode != json.end()) {
      changed.is_on = *mode != "off";
      changed.settings.is_rapid = *mode != "stp";
    }
    RstpSettings& settings = changed.settings;
    settings.priority =
        static_cast<std::uint16_t>(read_priority(json, bridge_priority_step, settings.priority));
    read_seconds(json, "hello_seconds", settings.hello);
    read_seconds(json, "max_age_seconds", settings.max_age);
    read_seconds(json, "forward_delay_seconds", settings.forward_delay);
    read(json, "hold_count", settings.hold_count);
    read(json, "address", changed.address);
    check_times(settings);
  }
  spec = changed;
}

void change(PortStp& spec, const Json& json) {
  PortStp changed = json.is_null() ? PortStp() : spec;
  if (json.is_object()) {
    changed.priority =
        static_cast<std::uint8_t>(read_priority(json, port_priority_step, changed.priority));
    read_or_auto(json, "path_cost", changed.path_cost);
    read(json, "admin_edge", changed.admin_edge);
    read(json, "auto_edge", changed.auto_edge);
    read_or_auto(json, "point_to_point", changed.point_to_point);
    read(json, "bpdu_guard", changed.bpdu_guard);
    read(json, "root_guard", changed.root_guard);
    read(json, "restricted_tcn", changed.restricted_tcn);
    read(json, "bpdu_filter", changed.bpdu_filter);
  }
  spec = changed;
}

Json to_json(const StpSpec& spec) {
  constexpr auto format = Format::minimal;
  const StpSpec defaults;
  Json json = Json::object();
  if (spec == defaults) {
    return json;
  }
  json["mode"] = spec.mode();
  const RstpSettings& settings = spec.settings;
  const RstpSettings& usual = defaults.settings;
  write(json, "priority", settings.priority, usual.priority, format);
  write(json, "hello_seconds", settings.hello.count(), usual.hello.count(), format);
  write(json, "max_age_seconds", settings.max_age.count(), usual.max_age.count(), format);
  write(json, "forward_delay_seconds", settings.forward_delay.count(), usual.forward_delay.count(),
        format);
  write(json, "hold_count", settings.hold_count, usual.hold_count, format);
  if (spec.address) {
    json["address"] = spec.address->to_string();
  }
  return json;
}

Json to_json(const PortStp& spec) {
  constexpr auto format = Format::minimal;
  const PortStp defaults;
  Json json = Json::object();
  write(json, "priority", spec.priority, defaults.priority, format);
  write(json, "path_cost", spec.path_cost);
  write(json, "admin_edge", spec.admin_edge, defaults.admin_edge, format);
  write(json, "auto_edge", spec.auto_edge, defaults.auto_edge, format);
  write(json, "point_to_point", spec.point_to_point);
  write(json, "bpdu_guard", spec.bpdu_guard, defaults.bpdu_guard, format);
  write(json, "root_guard", spec.root_guard, defaults.root_guard, format);
  write(json, "restricted_tcn", spec.restricted_tcn, defaults.restricted_tcn, format);
  write(json, "bpdu_filter", spec.bpdu_filter, defaults.bpdu_filter, format);
  return json;
}

std::string in_short(const StpSpec& spec) {
  const std::string text = stp_in_short(to_json(spec));
  return text.empty() ? "off" : text;
}

std::string in_short(const PortStp& spec) {
  const std::string text = stp_in_short(to_json(spec));
  return text.empty() ? "none" : text;
}

}  // namespace tapswitch::config
