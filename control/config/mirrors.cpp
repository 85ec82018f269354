// SPDX-License-Identifier: Apache-2.0
#include "control/config/mirrors.hpp"

#include <iterator>
#include <stdexcept>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/document.hpp"
#include "control/config/model.hpp"
#include "control/config/schema.hpp"
#include "switch/engine/switch.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Problem;
using rpc::Schema;

namespace {

std::string word_of(const Directions& directions) {
  return directions.in && directions.out ? "both" : directions.in ? "in" : "out";
}

// Throws invalid_params.
MirrorFilter filter_of(const std::string& text) {
  if (text.empty()) {
    return {};
  }
  try {
    return {text, std::make_shared<const CaptureFilter>(text)};
  } catch (const std::invalid_argument& error) {
    throw rpc::invalid_params({{"filter", error.what(), "an expression of pcap-filter(7)"}});
  }
}

// A kind with a directory has it for others to come in.
bool is_door(const FarEnd& end) {
  return std::visit(
      [](const auto& kind) {
        return requires { kind.directory; };
      },
      end);
}

// Why no copies can go to 'port', which is that of 'place'.
std::optional<Problem> fault_of_destination(const std::string& port, const PortPlace& place,
                                            const std::string& home) {
  const auto fault = [](std::string problem, std::string allowed) {
    return Problem{"to_port", std::move(problem), std::move(allowed)};
  };
  if (place.port == nullptr) {
    return fault(fmt::format("there is no port '{}'", port), "a port of the switch");
  }
  if (place.home != home) {
    return fault(fmt::format("port '{}' is on switch '{}'", port, place.home),
                 fmt::format("a port of switch '{}'", home));
  }
  if (is_door(place.port->far_end)) {
    return fault(fmt::format("port '{}' is a door, and those behind it come and go", port),
                 "a port of another type");
  }
  if (!place.port->conditions.are_none()) {
    return fault(fmt::format("port '{}' has conditions, which copies do not have", port),
                 "a port without conditions");
  }
  return std::nullopt;
}

std::optional<Problem> fault_of_source(const MirrorSpec& spec, const std::string& port,
                                       const PortPlace& place, const std::string& home) {
  const auto fault = [](std::string problem, std::string allowed) {
    return Problem{"from_port", std::move(problem), std::move(allowed)};
  };
  if (port == spec.to_port) {
    return fault(fmt::format("port '{}' would be mirrored to itself", port),
                 "ports other than to_port");
  }
  if (place.port == nullptr) {
    return fault(fmt::format("there is no port '{}'", port), "ports of the switch");
  }
  if (place.home != home) {
    return fault(fmt::format("port '{}' is on switch '{}'", port, place.home),
                 fmt::format("ports of switch '{}', which '{}' is on", home, spec.to_port));
  }
  return std::nullopt;
}

// Why one does not go together with another: a copy is copied no further.
std::optional<Problem> fault_between(const MirrorSpec& spec, const MirrorSpec& other) {
  if (spec.from_ports.contains(other.to_port)) {
    return Problem{
        "from_port",
        fmt::format("port '{}' is the destination of mirror '{}'", other.to_port, other.name),
        "ports to which nothing is mirrored"};
  }
  if (other.from_ports.contains(spec.to_port)) {
    return Problem{"to_port",
                   fmt::format("port '{}' is mirrored by mirror '{}'", spec.to_port, other.name),
                   "a port that is not mirrored by name"};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Field> mirror_fields() {
  constexpr std::int64_t longest_snap = FrameBuffer::max_frame_size;
  return {
      {"from_port", Schema::list(name_schema(), max_ports),
       "only frames of these ports; default: of all on the switch, also of those to come"},
      {"from_vlan", vlan_set_schema(), "only frames that belong to these VLANs; default: to any"},
      {"direction", Schema::word({"in", "out", "both"}),
       "frames that the switch receives by the port (in), sends by it (out), or both", false,
       "both"},
      {"to_port", name_schema(), "the port that gets the copies, and nothing else", true},
      {"snaplen",
       Schema::any_of(
           {Schema::integer(0, 0), Schema::integer(FrameView::header_size, longest_snap)},
           fmt::format("0, or {} to {}", FrameView::header_size, longest_snap)),
       "bytes that are copied of each frame; 0: all", false, 0},
      {"filter", Schema::text(0, CaptureFilter::longest_text),
       "only frames that match, in the words of pcap-filter(7)", false, ""},
  };
}

MirrorSpec mirror_from_json(const std::string& name, const Json& json) {
  MirrorSpec spec{.name = name, .to_port = json.at("to_port").get<std::string>()};
  read(json, "from_port", spec.from_ports);
  if (const auto vlans = json.find("from_vlan"); vlans != json.end()) {
    spec.from_vlans = vlan_set_from_json(*vlans);
  }
  const auto direction = json.value("direction", std::string("both"));
  spec.directions = {.in = direction != "out", .out = direction != "in"};
  read(json, "snaplen", spec.snap_length);
  spec.filter = filter_of(json.value("filter", std::string()));
  return spec;
}

Json to_json(const MirrorSpec& spec, Format format) {
  Json json = Json::object();
  write(json, "from_port", Json(spec.from_ports), Json::array(), format);
  write(json, "from_vlan", spec.from_vlans.to_string(), std::string(), format);
  write(json, "direction", word_of(spec.directions), std::string("both"), format);
  json["to_port"] = spec.to_port;
  write(json, "snaplen", spec.snap_length, std::size_t{0}, format);
  write(json, "filter", spec.filter.text, std::string(), format);
  return json;
}

std::string in_words(const MirrorSpec& spec) {
  return fmt::format(
      "mirror {} of {} to {}", spec.name,
      spec.from_ports.empty() ? "all ports" : fmt::format("{}", fmt::join(spec.from_ports, ", ")),
      spec.to_port);
}

std::optional<Problem> fault_of(const MirrorSpec& spec, const std::string& home,
                                const MirrorSpecs& others, const FindPort& find) {
  if (auto fault = fault_of_destination(spec.to_port, find(spec.to_port), home)) {
    return fault;
  }
  for (const std::string& port : spec.from_ports) {
    if (auto fault = fault_of_source(spec, port, find(port), home)) {
      return fault;
    }
  }
  for (const auto& [name, other] : others) {
    if (name == spec.name) {
      continue;
    }
    if (auto fault = fault_between(spec, other)) {
      return fault;
    }
  }
  return std::nullopt;
}

void leave_out(MirrorSpecs& mirrors, const std::set<std::string>& ports) {
  for (auto mirror = mirrors.begin(); mirror != mirrors.end();) {
    MirrorSpec& spec = mirror->second;
    const std::size_t left_out = std::erase_if(
        spec.from_ports, [&](const std::string& port) { return ports.contains(port); });
    // Without names it would be of all ports.
    const bool is_of_none = left_out > 0 && spec.from_ports.empty();
    mirror = is_of_none || ports.contains(spec.to_port) ? mirrors.erase(mirror) : std::next(mirror);
  }
}

}  // namespace tapswitch::config
