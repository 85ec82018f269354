// SPDX-License-Identifier: Apache-2.0
#include "control/config/storm_control.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/config/tc_values.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace {

using rpc::Field;
using rpc::Schema;
using StormUnit = StormLimit::Unit;

constexpr std::string_view rates_allowed =
    "1pps to 1000mpps, 1kbit to 1tbit, or 0.001% to 100% of the link's speed";

std::optional<StormLimit> limit_if(StormUnit unit, double rate, double least, double most) {
  return rate >= least && rate <= most ? std::optional(StormLimit{.unit = unit, .rate = rate})
                                       : std::nullopt;
}

std::optional<StormLimit> read_limit(std::string_view text) {
  if (const auto frames = read_frame_rate(text)) {
    return limit_if(StormUnit::frames, static_cast<double>(*frames), 1, StormLimit::most_frames);
  }
  if (const auto bits = read_rate(text)) {
    return limit_if(StormUnit::bits, static_cast<double>(*bits), StormLimit::least_bits,
                    StormLimit::most_bits);
  }
  const auto share = text.ends_with('%') ? read_share(text) : std::nullopt;
  return share ? limit_if(StormUnit::share, *share, StormLimit::least_share, 1) : std::nullopt;
}

std::string rate_text_of(const StormLimit& limit) {
  switch (limit.unit) {
    case StormUnit::frames:
      return frame_rate_text(static_cast<std::uint64_t>(limit.rate));
    case StormUnit::bits:
      return rate_text(static_cast<std::uint64_t>(limit.rate));
    case StormUnit::share:
      return share_text(limit.rate);
    case StormUnit::off:
      break;
  }
  return {};
}

// A bare number says frames or bytes, as the rate does.
Schema burst_schema() {
  return Schema::any_of(
      {Schema::integer(1, StormLimit::largest_burst),
       Schema::text("size", "1514 to 256mb, as 64kb",
                    [](std::string_view text) {
                      const auto size = read_size(text);
                      return size && *size > 0 && *size <= StormLimit::largest_burst;
                    })},
      "with a rate in pps 1 to 1000000 frames, else bytes of 1514 to 256mb, as 64kb");
}

Schema limit_or_null_schema() {
  return Schema::any_of(
      {Schema::object(
           {{"rate", storm_rate_schema(),
             "frames a second, as 500pps; bits of frames a second, as 10mbit; or a share of the "
             "speed of the port's link, as 5%",
             true},
            {"burst", burst_schema(),
             "what is let in at once after a pause: frames with pps, else bytes; default: what the "
             "rate brings in 100ms, and at least one full frame"}}),
       Schema::null()},
      "a rate and perhaps a burst, as {\"rate\": \"500pps\", \"burst\": 50}, or null for no limit");
}

std::uint64_t read_burst(const Json& json, const StormLimit& limit, const std::string& field) {
  const auto refuse = [&](const std::string& problem, const char* allowed) {
    throw rpc::invalid_params({{field, problem, allowed}});
  };
  if (limit.unit == StormUnit::frames) {
    constexpr const char* allowed = "1 to 1000000 frames, as 50";
    if (!json.is_number_integer()) {
      refuse("the rate is one of frames, and this is a size in bytes", allowed);
    }
    if (json.get<std::uint64_t>() > StormLimit::longest_burst) {
      refuse(fmt::format("{} frames are too many", json.dump()), allowed);
    }
    return json.get<std::uint64_t>();
  }
  const std::uint64_t bytes =
      json.is_string() ? *read_size(json.get_ref<const std::string&>()) : json.get<std::uint64_t>();
  if (bytes < StormLimit::full_frame) {
    refuse(fmt::format("{} bytes are less than a full frame", bytes), "1514 to 256mb, as 64kb");
  }
  return bytes;
}

}  // namespace

Schema storm_rate_schema() {
  return Schema::text("storm-rate", std::string(rates_allowed),
                      [](std::string_view text) { return read_limit(text).has_value(); });
}

Schema storm_control_schema() {
  std::vector<Field> fields;
  const auto add = [&](FloodKind kind, const char* description) {
    fields.push_back({std::string(text_of(kind)), limit_or_null_schema(), description});
  };
  add(FloodKind::broadcast, "of frames to all");
  add(FloodKind::multicast, "of frames to groups, but for reserved addresses");
  add(FloodKind::unknown_unicast, "of frames to stations nobody has heard yet");
  return Schema::any_of({Schema::object(std::move(fields)), Schema::null()},
                        "an object of broadcast, multicast and unknown_unicast, or null for none");
}

void change(StormRule& rule, const Json& json) {
  StormRule changed = json.is_null() ? StormRule() : rule;
  for (const FloodKind kind : flood_kinds) {
    const std::string name(text_of(kind));
    if (!json.is_object() || !json.contains(name)) {
      continue;
    }
    const Json& wanted = json.at(name);
    StormLimit limit;
    if (!wanted.is_null()) {
      limit = *read_limit(wanted.at("rate").get_ref<const std::string&>());
    }
    if (const auto burst = wanted.find("burst"); wanted.is_object() && burst != wanted.end()) {
      limit.burst = read_burst(*burst, limit, fmt::format("storm_control.{}.burst", name));
    }
    changed.of(kind) = limit;
  }
  rule = changed;
}

Json to_json(const StormRule& rule) {
  Json json = Json::object();
  for (const FloodKind kind : flood_kinds) {
    const StormLimit& limit = rule.of(kind);
    if (limit.unit == StormUnit::off) {
      continue;
    }
    Json& written = json[std::string(text_of(kind))];
    written["rate"] = rate_text_of(limit);
    if (limit.burst != 0) {
      written["burst"] =
          limit.unit == StormUnit::frames ? Json(limit.burst) : Json(size_text(limit.burst));
    }
  }
  return json;
}

std::string storm_control_in_short(const Json& json) {
  std::string text;
  for (const auto& [name, limit] : json.items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, limit.value("rate", ""));
    if (const auto burst = limit.find("burst"); burst != limit.end()) {
      text += " burst " + (burst->is_string() ? burst->get<std::string>() : burst->dump());
    }
  }
  return text.empty() ? "none" : text;
}

}  // namespace tapswitch::config
