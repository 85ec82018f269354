// SPDX-License-Identifier: Apache-2.0
#include "control/lab/read_lab.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/config/mistakes.hpp"
#include "control/config/read_document.hpp"
#include "control/config/schema.hpp"
#include "control/lab/check_addresses.hpp"
#include "control/lab/check_nodes.hpp"
#include "control/lab/link_conditions.hpp"
#include "control/lab/parse_lab.hpp"
#include "control/lab/schema.hpp"
#include "control/lab/settle_uplinks.hpp"
#include "control/lab/source.hpp"
#include "control/lab/wiring.hpp"

namespace tapswitch::lab {

using rpc::Problem;

namespace {

constexpr std::size_t longest_port_name = 32;

// One walk through a document whose parts may be of the wrong shape.
class Reader {
 public:
  Reader(const Json& document, const std::string& default_name)
      : document_(document),
        mistakes_(lab_schema().check(document, "", rpc::Schema::Paths::pointers)) {
    lab_.name = default_name;
  }

  Reading read() {
    // With so many mistakes that some are not told, what is right is not known.
    if (document_.is_object() && mistakes_.is_sound("") && !mistakes_.is_full()) {
      read_name();
      if (document_.contains("switches") && mistakes_.is_sound("/switches")) {
        lab_.switches = document_["switches"];
      }
      if (document_.contains("sflow")) {
        lab_.sflow = document_["sflow"];
      }
      read_nodes();
      read_links();
      check_interfaces_are_linked();
      settle_uplinks(lab_, named_, has_read_every_link(), mistakes_);
      check_switches();
      check_addresses(lab_, mistakes_);
    }
    return {std::move(lab_), mistakes_.take(), std::move(needs_)};
  }

 private:
  void read_name() {
    if (document_.contains("name")) {
      if (mistakes_.is_clean("/name")) {
        lab_.name = document_["name"];
      }
    } else if (!config::is_name(lab_.name)) {
      mistakes_.add("", fmt::format("the file's name, '{}', cannot be the lab's", lab_.name),
                    "a \"name\" of 1 to 32 of A-Z a-z 0-9 . _ -");
    }
  }

  void read_nodes() {
    if (!document_.contains("nodes") || !mistakes_.is_sound("/nodes")) {
      return;
    }
    for (const auto& [name, json] : document_["nodes"].items()) {
      const std::string at = "/nodes/" + name;
      named_.insert(name);
      const auto part = mistakes_.right_part(json, at);
      if (!part || (json.contains("kind") && !part->contains("kind"))) {
        continue;
      }
      if (lab_.switches.contains(name)) {
        mistakes_.add(at, fmt::format("there is a switch '{}' too", name),
                      "a name that no switch has");
        continue;
      }
      lab_.nodes.emplace(name, parse_node(name, *part));
    }
    check_nodes(lab_, named_, mistakes_, needs_);
  }

  void read_links() {
    if (!document_.contains("links") || !mistakes_.is_sound("/links")) {
      return;
    }
    for (std::size_t i = 0; i < document_["links"].size(); ++i) {
      const std::string at = fmt::format("/links/{}", i);
      const auto part = mistakes_.right_part(document_["links"][i], at);
      if (part && part->contains("ends")) {
        read_link(*part, at);
      } else {
        has_every_link_ = false;
      }
    }
    check_port_names();
  }

  void read_link(const Json& json, const std::string& at) {
    if (json["ends"].size() != 2) {
      mistakes_.add(at + "/ends", fmt::format("has {} ends", json["ends"].size()), "2 ends");
      has_every_link_ = false;
      return;
    }
    LinkSpec link{
        .first = parse_end(json["ends"][0]), .second = parse_end(json["ends"][1]), .port = json};
    link.port.erase("ends");
    take_conditions(link, at + "/conditions");
    const bool is_first_right = check_end(link.first, at + "/ends/0");
    const bool is_second_right = check_end(link.second, at + "/ends/1");
    if (!is_first_right || !is_second_right) {
      return;
    }
    if (link.first.is_switch() && link.second.is_switch() && link.first == link.second) {
      mistakes_.add(at + "/ends/1", "the same switch at both ends", "another switch, or a node");
      return;
    }
    if (check_settings(link, at)) {
      lab_.links.push_back(std::move(link));
      pointers_.push_back(at);
    }
  }

  [[nodiscard]] bool has_read_every_link() const {
    return !document_.contains("links") || lab_.links.size() == document_["links"].size();
  }

  void take_conditions(LinkSpec& link, const std::string& at) {
    const auto found = link.port.find("conditions");
    if (found == link.port.end()) {
      return;
    }
    if (auto mistake = contradiction_in(*found)) {
      mistakes_.add(at + '/' + mistake->field, std::move(mistake->problem),
                    std::move(mistake->allowed));
    } else {
      link.conditions = *found;
    }
    link.port.erase("conditions");
  }

  bool check_end(const End& end, const std::string& at) {
    if (end.is_switch()) {
      if (lab_.switches.contains(end.name)) {
        return true;
      }
      if (named_.contains(end.name)) {
        mistakes_.add(at, fmt::format("'{}' is a node: which interface of it?", end.name),
                      fmt::format("\"{}:eth0\", for example", end.name));
      } else {
        mistakes_.add(at,
                      fmt::format("there is no switch '{}'{}", end.name,
                                  suggestion(end.name, names_of_switches())),
                      "a switch of this file");
      }
      return false;
    }
    if (!named_.contains(end.name)) {
      if (lab_.switches.contains(end.name)) {
        mistakes_.add(at, fmt::format("'{}' is a switch, which has no interfaces", end.name),
                      fmt::format("\"{}\"", end.name));
      } else {
        mistakes_.add(at,
                      fmt::format("there is no node '{}'{}", end.name,
                                  suggestion(end.name, {named_.begin(), named_.end()})),
                      "a node of this file");
      }
      return false;
    }
    if (end.interface == "lo") {
      mistakes_.add(at, "each node has a 'lo' of its own", "another name");
      return false;
    }
    if (!linked_.insert(end.text()).second) {
      mistakes_.add(at, fmt::format("a second link to {}", end.text()), "one link to an interface");
      return false;
    }
    return lab_.nodes.contains(end.name);  // else something was wrong with it, and has been told
  }

  [[nodiscard]] std::vector<std::string> names_of_switches() const {
    std::vector<std::string> names;
    for (const auto& [name, json] : lab_.switches.items()) {
      names.push_back(name);
    }
    return names;
  }

  // Settings of an interface, on a link that does not say of which.
  bool check_settings(const LinkSpec& link, const std::string& at) {
    const bool has_switch = link.first.is_switch() || link.second.is_switch();
    const bool is_patch = link.first.is_switch() && link.second.is_switch();
    const End& node_end = link.first.is_switch() ? link.second : link.first;
    bool is_right = true;
    for (const char* setting : {"type", "mac", "mtu", "addresses", "offload"}) {
      if (!link.port.contains(setting)) {
        continue;
      }
      const std::string pointer = fmt::format("{}/{}", at, setting);
      const std::string_view name = setting;
      if (is_patch) {
        mistakes_.add(pointer, "between two switches there is no interface", "left out");
      } else if (!has_switch && (name == "mac" || name == "addresses")) {
        mistakes_.add(pointer, "which of the two nodes has it?",
                      "said in the \"interfaces\" of the node");
      } else if (is_vm(link.first) || is_vm(link.second)) {
        if (name == "mac") {
          continue;
        }
        mistakes_.add(pointer,
                      name == "type" ? "a virtual machine has a socket"
                                     : "a virtual machine configures its cards itself",
                      "left out");
      } else if (has_switch && name == "addresses" && is_uplink(node_end)) {
        mistakes_.add(pointer, "an uplink has the addresses of its \"subnet\"", "left out");
      } else if (has_switch && name != "offload" && has_own(node_end, setting)) {
        mistakes_.add(pointer, fmt::format("{} has it in its \"interfaces\" too", node_end.text()),
                      "said once");
      } else {
        continue;
      }
      is_right = false;
    }
    return is_right;
  }

  [[nodiscard]] bool is_vm(const End& end) const {
    return !end.is_switch() && lab_.nodes.at(end.name).kind == NodeSpec::Kind::vm;
  }

  [[nodiscard]] bool is_uplink(const End& end) const {
    return lab_.nodes.at(end.name).kind == NodeSpec::Kind::nat;
  }

  [[nodiscard]] bool has_own(const End& end, std::string_view setting) const {
    const NodeSpec& node = lab_.nodes.at(end.name);
    const auto found = node.interfaces.find(end.interface);
    return found != node.interfaces.end() &&
           ((setting == "mac" && found->second.mac) || (setting == "mtu" && found->second.mtu) ||
            (setting == "addresses" && !found->second.addresses.empty()));
  }

  // Checks the names of the ports that the links make.
  void check_port_names() {
    for (std::size_t i = 0; i < lab_.links.size(); ++i) {
      const LinkSpec& link = lab_.links[i];
      for (const End& end : {link.first, link.second}) {
        if (end.is_switch()) {
          continue;
        }
        const bool is_wire = !link.first.is_switch() && !link.second.is_switch();
        const std::string port = port_name(lab_, end);
        const std::string longest = is_wire && end == link.first ? wire_name(lab_, link) : port;
        if (longest.size() > longest_port_name) {
          mistakes_.add(pointers_[i] + "/ends",
                        fmt::format("its {} would be called '{}', which is too long",
                                    longest == port ? "port" : "switch", longest),
                        "shorter names of node and interface");
        }
        for (const auto& [home, json] : lab_.switches.items()) {
          if (json.is_object() && json.contains("ports") && json["ports"].is_object() &&
              json["ports"].contains(port)) {
            mistakes_.add(fmt::format("/switches/{}/ports/{}", home, port),
                          fmt::format("the port of {} is called '{}' too", end.text(), port),
                          "another name");
          }
        }
      }
    }
  }

  void check_interfaces_are_linked() {
    if (!has_every_link_) {
      return;
    }
    for (const auto& [name, node] : lab_.nodes) {
      for (const auto& [interface, spec] : node.interfaces) {
        if (!linked_.contains(fmt::format("{}:{}", name, interface))) {
          mistakes_.add(fmt::format("/nodes/{}/interfaces/{}", name, interface),
                        "no link has it as an end", "an interface that a link makes");
        }
      }
    }
  }

  // Checks what the schema cannot say of switches and ports, also of those that links make.
  void check_switches() {
    const Wiring wiring = wire(lab_, "/");
    for (Problem& problem : config::read_document(wiring.document).mistakes) {
      std::string pointer = problem.field;
      for (const auto& [made, of_link] : wiring.pointers) {
        if (pointer == made || pointer.starts_with(made + '/')) {
          const auto index = std::stoul(of_link.substr(of_link.rfind('/') + 1));
          pointer = pointers_.at(index) + pointer.substr(made.size());
          break;
        }
      }
      if (mistakes_.is_sound(pointer)) {
        mistakes_.add(std::move(pointer), std::move(problem.problem), std::move(problem.allowed));
      }
    }
  }

  const Json& document_;
  LabSpec lab_;
  config::Mistakes mistakes_;
  std::vector<Need> needs_;
  std::set<std::string> named_;        // every node, also those with mistakes
  std::set<std::string> linked_;       // interfaces, "alice:eth0"
  std::vector<std::string> pointers_;  // of the links in lab_
  bool has_every_link_ = true;         // none was left out before its ends were read
};

}  // namespace

Reading read_lab(const Json& document, const std::string& default_name) {
  return Reader(document, default_name).read();
}

FileReading read_lab_text(std::string_view text, const std::string& file,
                          const std::string& default_name, const Inspection& inspect,
                          const VariableLookup& variables) {
  FileReading result;
  Source source = read_source(text, notation_of(file), variables);
  if (!source.document.is_discarded()) {
    Reading reading = read_lab(source.document, default_name);
    for (const Need& need : reading.needs) {
      if (auto fault = inspect(need)) {
        reading.mistakes.push_back({need.pointer, *fault, ""});
      }
    }
    std::erase_if(reading.mistakes,
                  [&source](const Problem& mistake) { return source.has_told_of(mistake.field); });
    for (Problem& mistake : reading.mistakes) {
      const config::Position position = source.position_of(mistake.field);
      source.mistakes.push_back({position, std::move(mistake)});
    }
    result.lab = std::move(reading.lab);
    result.document = std::move(source.document);
    if (result.document.is_object()) {
      result.document["name"] = result.lab.name;
    }
  }
  std::ranges::stable_sort(source.mistakes, {}, [](const SourceMistake& each) {
    return std::pair(each.position.line, each.position.column);
  });
  for (const auto& [position, mistake] : source.mistakes) {
    result.mistakes.push_back(config::at_place(file, position, config::to_text(mistake)));
  }
  return result;
}

}  // namespace tapswitch::lab
