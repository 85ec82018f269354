// SPDX-License-Identifier: Apache-2.0
// render_trace.cpp: the part of render.hpp that shows how a frame is decided.
#include <fmt/format.h>

#include "tools/tapctl/render/render.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {

namespace {

std::string egress_text(const Json& egress) {
  const Json& tag = egress.at("tag");
  const std::string how =
      tag.is_null() ? "untagged" : fmt::format("tagged {}", text_at(tag, "vid"));
  return fmt::format("{} ({})", text_at(egress, "port"), how);
}

// The ports that a flooded frame should leave by but does not.
std::string dropped_text(const Json& dropped) {
  std::string text;
  for (const Json& each : dropped) {
    text += fmt::format("{} {} ({})", text.empty() ? "; not to" : ",", text_at(each, "port"),
                        text_at(each, "reason"));
  }
  return text;
}

std::string conclusion(const Json& trace) {
  if (trace.at("outcome") == "drop") {
    return "dropped: " + text_at(trace, "reason");
  }
  std::string ports;
  for (const Json& egress : trace.at("egress")) {
    ports += (ports.empty() ? "" : ", ") + egress_text(egress);
  }
  const std::string vlan = text_at(trace, "vlan");
  if (trace.at("outcome") == "unicast") {
    return fmt::format("goes to {} in VLAN {}", ports, vlan);
  }
  return fmt::format("floods to {} in VLAN {}: {}{}",
                     counted(trace.at("egress").size(), "port", "ports"), vlan, ports,
                     dropped_text(trace.value("dropped", Json::array())));
}

}  // namespace

std::string render_trace(const Json& trace, const Style& style) {
  std::string text;
  std::size_t number = 0;
  for (const Json& step : trace.at("steps")) {
    text += fmt::format("{:>3}. {}\n", ++number, text_of(step));
  }
  const Colour colour = trace.at("outcome") == "drop" ? Colour::bad : Colour::good;
  return text + "  => " + painted(conclusion(trace), style.in_colour ? colour : Colour::none) +
         '\n';
}

}  // namespace tapswitch::tapctl
