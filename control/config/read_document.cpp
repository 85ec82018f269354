// SPDX-License-Identifier: Apache-2.0
#include "control/config/read_document.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/config/patches.hpp"
#include "control/config/position.hpp"
#include "control/config/schema.hpp"
#include "control/config/sflow.hpp"
#include "control/rpc/strict_json.hpp"

namespace tapswitch::config {

using rpc::Problem;

namespace {

// Returns a member of a Json, which may be of any shape; null if there is none of that name.
template <typename AnyJson>
AnyJson* member(AnyJson& json, std::string_view key) {
  if (!json.is_object()) {
    return nullptr;
  }
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

void complete_ports(Json& ports, const SwitchSpec& base) {
  std::map<std::string_view, const PortSpec*> known;
  for (const PortSpec& port : base.ports) {
    known.emplace(port.name, &port);
  }
  for (const auto& [name, json] : ports.items()) {
    if (const auto port = known.find(name); port != known.end() && json.is_object()) {
      complete(json, port->second->far_end, name);
    }
  }
}

// Returns the document in which what the base has says what is required of it, for that need not be
// said again: of a port by its kind, of sFlow its collectors. Any part of the document may be of
// the wrong shape.
Json completed(Json document, const NetworkSpec& base) {
  Json* sflow = member(document, "sflow");
  if (sflow != nullptr && sflow->is_object() && base.sflow && !sflow->contains("collectors")) {
    (*sflow)["collectors"] = to_json(*base.sflow, Format::minimal).at("collectors");
  }
  Json* switches = member(document, "switches");
  if (switches == nullptr || !switches->is_object()) {
    return document;
  }
  for (const auto& [name, json] : switches->items()) {
    const auto known = base.switches.find(name);
    Json* ports = known != base.switches.end() ? member(json, "ports") : nullptr;
    if (ports != nullptr && ports->is_object()) {
      complete_ports(*ports, known->second);
    }
  }
  return document;
}

// One walk through a document whose parts may be of the wrong shape.
class Reader {
 public:
  explicit Reader(const NetworkSpec& base) : base_(base) {}

  Reading read(const Json& document) {
    mistakes_ = Mistakes(document_schema().check(document, "", rpc::Schema::Paths::pointers));
    network_ = base_;
    if (const Json* sflow = member(document, "sflow"); sflow != nullptr) {
      read_sflow(network_.sflow, *sflow, mistakes_);
    }
    const Json* switches = member(document, "switches");
    // With so many mistakes that some are not told, what is right is not known.
    if (!mistakes_.is_full() && is_sound("/switches", switches)) {
      for (const auto& [name, json] : switches->items()) {
        if (is_name(name) && json.is_object()) {
          read_switch(name, json, "/switches/" + name);
        }
      }
      check_unique(false);
      check_unique(true);
      check_patches(false);
      check_patches(true);
      check_limits();
      check_mirrors();
    }
    return {std::move(network_), mistakes_.take()};
  }

 private:
  // Whether it is an object to which the schema did not object as such; there may be faults inside.
  [[nodiscard]] bool is_sound(const std::string& pointer, const Json* json) const {
    return json != nullptr && json->is_object() && mistakes_.is_sound(pointer);
  }

  void read_switch(const std::string& name, const Json& json, const std::string& at) {
    SwitchSpec& spec = network_.switches[name];
    spec.name = name;
    if (mistakes_.is_clean(at + "/name") && mistakes_.is_clean(at + "/fdb") &&
        mistakes_.is_clean(at + "/forward_reserved") && mistakes_.is_clean(at + "/stp")) {
      try {
        change(spec, json);
      } catch (const rpc::Error& error) {
        add_mistake(at, error);
      }
    }
    if (const Json* vlans = member(json, "vlans");
        vlans != nullptr && mistakes_.is_clean(at + "/vlans")) {
      for (const auto& [vid, vlan] : vlans->items()) {
        spec.vlan_names[static_cast<VlanId>(std::stoul(vid))] = vlan.at("name");
      }
    }
    const Json* ports = member(json, "ports");
    if (is_sound(at + "/ports", ports)) {
      read_ports(spec, *ports, at + "/ports/");
    }
    const Json* fdb = member(json, "fdb");
    if (is_sound(at + "/fdb", fdb)) {
      read_static_entries(spec, *fdb, ports, at + "/fdb/static");
    }
    const Json* mirrors = member(json, "mirrors");
    if (is_sound(at + "/mirrors", mirrors)) {
      read_mirrors(spec, *mirrors, at + "/mirrors/");
    }
  }

  // Adds what invalid_params says of a member of what stands at 'at'.
  void add_mistake(const std::string& at, const rpc::Error& error) {
    const Json data = error.to_json()["data"];
    std::string field = data.value("field", "");
    std::ranges::replace(field, '.', '/');
    mistakes_.add(fmt::format("{}/{}", at, field), data.value("problem", ""),
                  data.value("allowed", ""));
  }

  void read_mirrors(SwitchSpec& home, const Json& mirrors, const std::string& at) {
    for (const auto& [name, json] : mirrors.items()) {
      if (!is_name(name) || !mistakes_.is_clean(at + name)) {
        continue;
      }
      try {
        home.mirrors.insert_or_assign(name, mirror_from_json(name, json));
      } catch (const rpc::Error& error) {
        add_mistake(at + name, error);
      }
    }
  }

  // A port with mistakes of its own is not known to be missing.
  void check_mirrors() {
    std::map<std::string, PortPlace> places;
    for (const auto& [name, home] : network_.switches) {
      for (const PortSpec& port : home.ports) {
        places.emplace(port.name, PortPlace{&port, name});
      }
    }
    const auto find = [&](const std::string& name) {
      const auto found = places.find(name);
      return found != places.end() ? found->second : PortPlace();
    };
    std::map<std::string, std::string> homes;  // switch by mirror
    for (const auto& [name, home] : network_.switches) {
      const std::string at = fmt::format("/switches/{}/mirrors", name);
      if (home.mirrors.size() > max_mirrors) {
        mistakes_.add(at, fmt::format("{} mirrors are too many", home.mirrors.size()),
                      fmt::format("at most {}", max_mirrors));
      }
      const bool knows_ports = mistakes_.is_clean(fmt::format("/switches/{}/ports", name));
      for (const auto& [mirror, spec] : home.mirrors) {
        const auto [other, is_new] = homes.emplace(mirror, name);
        if (!is_new) {
          mistakes_.add(fmt::format("{}/{}", at, mirror),
                        fmt::format("switch '{}' has a mirror '{}' too", other->second, mirror),
                        "a name that occurs once");
        }
        if (const auto fault = fault_of(spec, name, home.mirrors, find); fault && knows_ports) {
          mistakes_.add(fmt::format("{}/{}/{}", at, mirror, fault->field), fault->problem,
                        fault->allowed);
        }
      }
    }
  }

  void read_ports(SwitchSpec& home, const Json& ports, const std::string& at) {
    std::map<std::string, PortSpec> specs;
    for (PortSpec& spec : home.ports) {
      specs.emplace(spec.name, std::move(spec));
    }
    for (const auto& [name, json] : ports.items()) {
      if (!is_name(name) || !mistakes_.is_clean(at + name)) {
        continue;
      }
      read_.emplace(home.name, name);
      PortSpec spec = specs[name];
      spec.name = name;
      try {
        take_type(spec.far_end, json);
        change(spec, json);
      } catch (const rpc::Error& error) {
        add_mistake(at + name, error);
        specs.erase(name);
        continue;
      }
      specs[name] = std::move(spec);
    }
    home.ports.clear();
    for (auto& [name, spec] : specs) {
      home.ports.push_back(std::move(spec));
    }
  }

  // Goes first through the ports that are only in the base, then through those of the document, so
  // that a mistake is told where the document has it.
  void check_unique(bool is_read) {
    for (const auto& [name, home] : network_.switches) {
      for (const PortSpec& port : home.ports) {
        if (read_.contains({name, port.name}) == is_read) {
          check_unique(home, port);
        }
      }
    }
  }

  void check_unique(const SwitchSpec& home, const PortSpec& port) {
    const auto at = [&] { return fmt::format("/switches/{}/ports/{}", home.name, port.name); };
    const auto [other_home, is_new] = homes_.emplace(port.name, home.name);
    if (!is_new) {
      mistakes_.add(at(),
                    fmt::format("switch '{}' has a port '{}' too", other_home->second, port.name),
                    "a name that occurs once");
    }
    const auto claim = claim_of(port.far_end);
    if (!claim) {
      return;
    }
    const auto [user, is_free] = users_.emplace(claim->name, port.name);
    if (!is_free && is_new) {
      mistakes_.add(at() + '/' + claim->member,
                    fmt::format("port '{}' has the {} already", user->second, claim->name),
                    "one of its own");
    }
  }

  // In the same order.
  void check_patches(bool is_read) {
    for (const auto& [name, home] : network_.switches) {
      for (const PortSpec& port : home.ports) {
        if (read_.contains({name, port.name}) == is_read) {
          check_patch(name, port);
        }
      }
    }
  }

  void check_patch(const std::string& home, const PortSpec& port) {
    const std::string at = fmt::format("/switches/{}/ports/{}", home, port.name);
    if (!mistakes_.is_clean(at)) {
      return;
    }
    if (const auto peer = leads_to(port.far_end)) {
      if (const auto fault = patches_.add(port.name, home, *peer)) {
        mistakes_.add(at + "/peer", fault->problem, fault->allowed);
      }
    } else if (const auto user = users_.find(other_end_claim(port.name).name);
               user != users_.end()) {
      mistakes_.add(at, fmt::format("patch '{}' leads to a port of that name", user->second),
                    fmt::format("a patch whose peer is '{}'", user->second));
    }
  }

  void read_static_entries(SwitchSpec& spec, const Json& fdb, const Json* ports,
                           const std::string& at) {
    const Json* entries = member(fdb, "static");
    if (entries == nullptr || !entries->is_array()) {
      return;
    }
    using Key = std::pair<VlanId, MacAddress>;
    std::map<Key, StaticEntry> all;
    for (const StaticEntry& entry : spec.static_entries) {
      all.emplace(Key(entry.vlan, entry.mac), entry);
    }
    std::set<std::string> known;
    for (const PortSpec& port : spec.ports) {
      known.insert(port.name);
    }
    std::set<Key> read;
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const Json& json = (*entries)[i];
      const std::string pointer = fmt::format("{}/{}", at, i);
      if (!mistakes_.is_clean(pointer)) {
        continue;
      }
      const StaticEntry entry{.vlan = json.at("vlan").get<VlanId>(),
                              .mac = *MacAddress::parse(json.at("mac").get<std::string>()),
                              .port = json.at("port")};
      if (!read.emplace(entry.vlan, entry.mac).second) {
        mistakes_.add(pointer, "the same station in the same VLAN a second time", "each once");
      }
      if (!known.contains(entry.port) && (ports == nullptr || !ports->contains(entry.port))) {
        mistakes_.add(pointer + "/port", fmt::format("the switch has no port '{}'", entry.port),
                      "a port of the switch");
      }
      all.insert_or_assign(Key(entry.vlan, entry.mac), entry);
    }
    spec.static_entries.clear();
    for (auto& [key, entry] : all) {
      spec.static_entries.push_back(std::move(entry));
    }
    if (spec.static_entries.size() > spec.fdb_capacity) {
      mistakes_.add(at, fmt::format("{} entries are too many", spec.static_entries.size()),
                    fmt::format("at most the FDB's capacity, {}", spec.fdb_capacity));
    }
  }

  // The schema bounds what a document has; merged with what runs it may be more.
  void check_limits() {
    if (network_.switches.size() > NetworkSpec::max_switches) {
      mistakes_.add("/switches", fmt::format("{} switches are too many", network_.switches.size()),
                    fmt::format("at most {}", NetworkSpec::max_switches));
    }
    for (const auto& [name, spec] : network_.switches) {
      if (spec.ports.size() > max_ports) {
        mistakes_.add("/switches/" + name + "/ports",
                      fmt::format("{} ports are too many", spec.ports.size()),
                      fmt::format("at most {}", max_ports));
      }
    }
  }

  const NetworkSpec& base_;
  NetworkSpec network_;
  Mistakes mistakes_;
  std::set<std::pair<std::string, std::string>> read_;  // switch and port
  std::map<std::string, std::string> homes_;            // switch by port
  std::map<std::string, std::string> users_;            // port by the name of its claim
  Patches patches_{
      [this](const std::string& home) { return network_.switches.at(home).stp.is_on; }};
};

}  // namespace

Reading read_document(const Json& document, const NetworkSpec& base) {
  Reader reader(base);
  const bool is_merged = !base.switches.empty() || base.sflow;
  return is_merged ? reader.read(completed(document, base)) : reader.read(document);
}

NetworkSpec read_or_refuse(const Json& document, const NetworkSpec& base) {
  Reading reading = read_document(document, base);
  if (reading.mistakes.empty()) {
    return std::move(reading.network);
  }
  Json problems = Json::array();
  for (const Problem& mistake : reading.mistakes) {
    problems.push_back({{"field", "config"},
                        {"pointer", mistake.field},
                        {"problem", mistake.problem},
                        {"allowed", mistake.allowed}});
  }
  Json data = problems.front();
  data["problems"] = problems;
  const std::size_t others = reading.mistakes.size() - 1;
  throw rpc::Error(rpc::ErrorKind::invalid_params,
                   fmt::format("mistakes in the document: {}{}", to_text(reading.mistakes.front()),
                               others == 0 ? "" : fmt::format("; and {} more", others)),
                   std::move(data));
}

FileReading read_file_text(std::string_view text, const std::string& name) {
  FileReading reading;
  const auto tell = [&](Position position, const std::string& mistake) {
    reading.mistakes.push_back(at_place(name, position, mistake));
  };
  if (text.size() > most_document_bytes) {
    reading.mistakes.push_back(
        fmt::format("{}: longer than {} bytes, the most that is read", name, most_document_bytes));
    return reading;
  }
  try {
    const Json document = rpc::parse_json(text, most_document_nesting);
    Reading of_json = read_document(document);
    for (const Problem& mistake : of_json.mistakes) {
      tell(position_of(text, mistake.field), to_text(mistake));
    }
    reading.network = std::move(of_json.network);
  } catch (const rpc::Error& error) {
    const Json data = error.to_json()["data"];
    tell(position_at(text, data.value("offset", std::size_t{0})),
         data.value("problem", error.what()));
  }
  return reading;
}

}  // namespace tapswitch::config
