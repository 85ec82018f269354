// SPDX-License-Identifier: Apache-2.0
#include "control/lab/containerlab.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "control/config/schema.hpp"
#include "control/lab/sysctl.hpp"
#include "control/rpc/excerpt.hpp"
#include "control/rpc/json_pointer.hpp"

namespace tapswitch::lab {
namespace {

using rpc::in_quotes;
using rpc::pointer_token;

constexpr std::string_view of_lab = "network namespaces with the programs of this machine";

// A value of the topology, and where it stands.
struct Part {
  const Json* json = nullptr;
  std::string pointer;

  [[nodiscard]] bool is_there() const { return json != nullptr; }
  [[nodiscard]] Part member(std::string_view key) const {
    if (!is_there() || !json->is_object()) {
      return {};
    }
    const auto found = json->find(std::string(key));
    return found == json->end() ? Part{}
                                : Part{.json = &*found, .pointer = pointer + pointer_token(key)};
  }
};

bool is_bridge(std::string_view kind) { return kind == "bridge" || kind == "ovs-bridge"; }

// Returns what a scalar of YAML is in the environment of a program.
std::string text_of(const Json& scalar) {
  return scalar.is_string() ? scalar.get<std::string>() : scalar.dump();
}

class ContainerlabImporter {
 public:
  explicit ContainerlabImporter(const Json& topology)
      : whole_{.json = &topology, .pointer = ""}, topology_(whole_.member("topology")) {}

  ImportedLab run() {
    if (!topology_.is_there() || !topology_.json->is_object()) {
      lab_.mistakes.push_back(
          {"", "is no topology of containerlab", "a mapping with \"topology\""});
      return std::move(lab_);
    }
    lab_.document = {{"version", 1}};
    import_name();
    switches_ = Json::object();
    nodes_ = Json::object();
    for_each(topology_.member("nodes"),
             [this](const std::string& name, const Part& node) { import_node(name, node); });
    import_links();
    lab_.document["switches"] = std::move(switches_);
    lab_.document["nodes"] = std::move(nodes_);
    lab_.document["links"] = std::move(links_);
    return std::move(lab_);
  }

 private:
  void note(const std::string& pointer, std::string problem) {
    if (noted_.insert(pointer).second) {
      lab_.notes.push_back({pointer, std::move(problem), ""});
    }
  }
  void refuse(const Part& part, std::string problem, std::string allowed) {
    lab_.mistakes.push_back({part.pointer, std::move(problem), std::move(allowed)});
  }

  // Calls 'visit' with the name and the value of each member of a mapping. One that is not there
  // or has nothing in it has none.
  template <class Visit>
  void for_each(const Part& part, const Visit& visit) {
    if (!part.is_there() || part.json->is_null()) {
      return;
    }
    if (!part.json->is_object()) {
      refuse(part, "is " + rpc::kind_of(*part.json), "a mapping");
      return;
    }
    for (const auto& [key, value] : part.json->items()) {
      visit(key, Part{.json = &value, .pointer = part.pointer + pointer_token(key)});
    }
  }

  void import_name() {
    for_each(whole_, [this](const std::string& key, const Part& part) {
      if (key == "name" && part.json->is_string() &&
          config::is_name(part.json->get<std::string>())) {
        lab_.document["name"] = *part.json;
      } else if (key == "name") {
        refuse(part, "cannot be the name of a lab", "1 to 32 of A-Z a-z 0-9 . _ -");
      } else if (key == "mgmt") {
        note(
            part.pointer,
            "there is no network of management: `tapctl lab exec` and `lab shell` lead into nodes");
      } else if (key != "topology") {
        note(part.pointer, "has no equal");
      }
    });
    for_each(topology_, [this](const std::string& key, const Part& part) {
      if (!is_one_of(key, {"nodes", "links", "defaults", "kinds", "groups"})) {
        note(part.pointer, "has no equal");
      }
    });
  }

  [[nodiscard]] static bool is_one_of(std::string_view word,
                                      std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
  }

  // Returns what is said of a node, the most general first.
  std::vector<Part> layers_of(const Part& node) {
    const auto word = [](const Part& part) {
      return part.is_there() && part.json->is_string() ? part.json->get<std::string>() : "";
    };
    const Part defaults = topology_.member("defaults");
    const Part group = topology_.member("groups").member(word(node.member("group")));
    std::string kind = word(node.member("kind"));
    for (const Part& layer : {group, defaults}) {
      kind = kind.empty() ? word(layer.member("kind")) : kind;
    }
    kind_ = kind;
    std::vector<Part> layers;
    for (const Part& layer : {defaults, topology_.member("kinds").member(kind), group, node}) {
      if (layer.is_there()) {
        layers.push_back(layer);
      }
    }
    return layers;
  }

  void import_node(const std::string& name, const Part& node) {
    if (!config::is_name(name)) {
      refuse(node, "cannot be the name of a node", "1 to 32 of A-Z a-z 0-9 . _ -");
      return;
    }
    const std::vector<Part> layers = layers_of(node);
    if (is_bridge(kind_)) {
      note(node.pointer, "is a switch of the lab; in containerlab a bridge that is there already");
      switches_[name] = Json::object();
      return;
    }
    if (kind_ == "host" || kind_ == "ext-container") {
      note(node.pointer,
           fmt::format("nodes of kind {} have no equal; links to it are left out", kind_));
      return;
    }
    if (kind_ != "linux") {
      note(node.pointer, kind_.empty()
                             ? fmt::format("has no kind: nodes are {}", of_lab)
                             : fmt::format("kind {}: nodes are {}", in_quotes(kind_), of_lab));
    }
    Json commands = Json::array();
    Json environment = Json::object();
    made_ = Json::object();
    for (const Part& layer : layers) {
      for_each(layer, [&](const std::string& key, const Part& part) {
        import_setting(key, part, commands, environment);
      });
    }
    for (Json& command : commands) {
      if (!environment.empty()) {
        command = with_environment(environment, command);
      }
    }
    if (!commands.empty()) {
      made_["commands"] = std::move(commands);
    }
    nodes_[name] = std::move(made_);
  }

  void import_setting(const std::string& key, const Part& part, Json& commands, Json& environment) {
    if (key == "exec") {
      for_each_text(part, [&](const std::string& text) { commands.push_back(text); });
    } else if (key == "env") {
      for_each(part, [&](const std::string& name, const Part& value) {
        environment[name] = text_of(*value.json);
      });
    } else if (key == "sysctls") {
      for_each(part, [&](const std::string& name, const Part& value) {
        if (is_sysctl_name(name)) {
          made_["sysctls"][name] = *value.json;
        } else {
          note(value.pointer, "is not of a network namespace");
        }
      });
    } else if (key == "wait-for") {
      for_each_text(part, [&](const std::string& text) { made_["after"].push_back(text); });
    } else if (key == "image") {
      note(part.pointer, fmt::format("nodes are {}", of_lab));
    } else if (!is_one_of(key, {"kind", "group"})) {
      note(part.pointer, "has no equal");
    }
  }

  template <class Visit>
  void for_each_text(const Part& part, const Visit& visit) {
    if (!part.json->is_array()) {
      refuse(part, "is " + rpc::kind_of(*part.json), "a list");
      return;
    }
    for (const Json& item : *part.json) {
      if (item.is_string()) {
        visit(item.get<std::string>());
      } else {
        refuse(part, "has " + rpc::kind_of(item) + " in it", "texts");
      }
    }
  }

  // Returns a command as words that run it in 'environment'.
  static Json with_environment(const Json& environment, const Json& command) {
    Json words = {"env"};
    for (const auto& [name, value] : environment.items()) {
      words.push_back(name + '=' + value.get<std::string>());
    }
    for (const Json& word : {Json("/bin/sh"), Json("-c"), command}) {
      words.push_back(word);
    }
    return words;
  }

  void import_links() {
    const Part links = topology_.member("links");
    links_ = Json::array();
    if (!links.is_there() || links.json->is_null()) {
      return;
    }
    if (!links.json->is_array()) {
      refuse(links, "is " + rpc::kind_of(*links.json), "a list");
      return;
    }
    for (std::size_t index = 0; index < links.json->size(); ++index) {
      import_link(
          {.json = &(*links.json)[index], .pointer = fmt::format("{}/{}", links.pointer, index)});
    }
  }

  void import_link(const Part& link) {
    const Part type = link.member("type");
    if (type.is_there() && *type.json != "veth") {
      note(link.pointer, fmt::format("links of type {} have no equal", type.json->dump()));
      return;
    }
    const Part ends = link.member("endpoints");
    if (!ends.is_there() || !ends.json->is_array() || ends.json->size() != 2) {
      refuse(link, "has no two ends", "\"endpoints\": [\"NODE:INTERFACE\", \"NODE:INTERFACE\"]");
      return;
    }
    Json made = {{"ends", Json::array()}};
    for (std::size_t index = 0; index < 2; ++index) {
      const auto end = end_of(
          {.json = &(*ends.json)[index], .pointer = fmt::format("{}/{}", ends.pointer, index)});
      if (!end) {
        return;
      }
      made["ends"].push_back(*end);
    }
    for_each(link, [&](const std::string& key, const Part& part) {
      if (key == "mtu") {
        made["mtu"] = *part.json;
      } else if (!is_one_of(key, {"endpoints", "type"})) {
        note(part.pointer, "has no equal");
      }
    });
    links_.push_back(std::move(made));
  }

  // Returns the end of a link in the lab's words; nullopt if the link is left out, which has been
  // told.
  std::optional<std::string> end_of(const Part& part) {
    std::string node;
    std::string interface;
    if (part.json->is_string()) {
      const auto text = part.json->get<std::string>();
      const std::size_t colon = std::min(text.find(':'), text.size());
      node = text.substr(0, colon);
      interface = text.substr(std::min(colon + 1, text.size()));
    } else if (part.member("node").is_there() && part.member("interface").is_there()) {
      node = text_of(*part.member("node").json);
      interface = text_of(*part.member("interface").json);
    }
    if (node.empty() || interface.empty()) {
      refuse(part, "is no end of a link", "\"NODE:INTERFACE\"");
      return std::nullopt;
    }
    if (switches_.contains(node)) {
      return node;
    }
    if (!nodes_.contains(node)) {
      const bool is_said = topology_.member("nodes").member(node).is_there();
      if (is_said || is_one_of(node, {"host", "mgmt-net", "macvlan"})) {
        note(part.pointer,
             fmt::format("leads to {}, which is no node of the lab: the link is left out",
                         in_quotes(node)));
      } else {
        refuse(part, "there is no node " + in_quotes(node), "a node of the topology");
      }
      return std::nullopt;
    }
    const std::string name = interface_name(interface, part);
    if (const Part mac = part.member("mac"); mac.is_there()) {
      nodes_[node]["interfaces"][name]["mac"] = *mac.json;
    }
    return node + ':' + name;
  }

  // Names of ports of routers, as 1/1/c1, are no names of interfaces.
  std::string interface_name(const std::string& interface, const Part& part) {
    std::string name = interface;
    std::ranges::replace(name, '/', '-');
    if (name != interface) {
      note(part.pointer, fmt::format("the interface is called {}", in_quotes(name)));
    }
    return name;
  }

  const Part whole_;
  const Part topology_;
  ImportedLab lab_;
  std::set<std::string> noted_;  // pointers; a group's settings are those of many nodes
  Json switches_;
  Json nodes_;
  Json links_;
  std::string kind_;  // of the node at hand
  Json made_;         // of it
};

}  // namespace

ImportedLab import_containerlab(const Json& topology) {
  return ContainerlabImporter(topology).run();
}

}  // namespace tapswitch::lab
