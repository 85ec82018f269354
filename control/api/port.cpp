// SPDX-License-Identifier: Apache-2.0
// port.cpp: port.add, .remove, .list, .get and .set.
#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/closing_work.hpp"
#include "control/api/handlers.hpp"
#include "control/api/in_pieces.hpp"
#include "control/config/document.hpp"
#include "control/config/static_entries.hpp"
#include "control/network/describe.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/kinds.hpp"
#include "control/network/name_spaces.hpp"
#include "control/network/tag_room.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::api {
namespace {

using RunningPort = Network::RunningPort;
using RunningSwitch = Network::RunningSwitch;

Json port_to_json(const RunningPort& port, LinkReader& reader) {
  return describe(port, port.known_link(reader));
}

Json port_to_json(Network& network, const RunningPort& port) {
  network.follow_links();
  LinkReader reader;
  return port_to_json(port, reader);
}

// Returns what 'params' say beside the descriptor, completed by what that tells itself.
config::PortSpec passed_spec(const Json& params, const network::PassedEnd& passed) {
  Json told = params;
  for (const std::string& member : passed.told_by_it) {
    if (told.contains(member)) {
      throw rpc::invalid_params({{member, "of a far end that is passed (fd) this is not to be said",
                                  "nothing: the descriptor tells"}});
    }
  }
  told.update(passed.members);
  config::PortSpec spec;
  config::take_type(spec.far_end, told);
  config::change(spec, told);
  return spec;
}

UniqueFd second_of(int fd) {
  UniqueFd second(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!second.is_open()) {
    throw network::refusal(kernel_error(errno, "F_DUPFD_CLOEXEC", "look at", "a descriptor"));
  }
  return second;
}

Json add_passed(Network& network, const Json& params, const rpc::Caller& caller) {
  RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
  const auto index = params.at("fd").get<std::size_t>();
  config::FarEnd kind;
  config::take_type(kind, params);
  const int fd = descriptors_of(caller).look_at(index);
  network::check_passed(kind, fd, index);
  // Looked at by a second descriptor: the first stays with the line, for its other requests, until
  // nothing more than the kernel can refuse this one.
  const network::PassedEnd passed = network::look_at_passed(kind, second_of(fd));
  const config::PortSpec spec = passed_spec(params, passed);
  network.check_add_passed(home, spec, passed);
  if (is_dry_run(params)) {
    return plan("+ port " + spec.name);
  }
  return port_to_json(network,
                      network.add_passed(home, spec, passed, take_descriptor(params, caller)));
}

// As it is now, and what its user should know, of which the log is told as well.
Json with_warnings(Network& network, const RunningPort& port, std::vector<std::string> warnings) {
  for (std::string& remark : network::tag_room_remarks(network, port)) {
    network.tell_operator("port '" + port.spec.name + "': " + remark);
    warnings.push_back(std::move(remark));
  }
  Json json = port_to_json(network, port);
  if (!warnings.empty()) {
    json["warnings"] = warnings;
  }
  return json;
}

Json add_port(Network& network, const Json& params, const rpc::Caller& caller) {
  network.follow_links();  // an interface may have another name by now; likewise below
  if (params.contains("fd")) {
    return add_passed(network, params, caller);
  }
  RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
  config::PortSpec spec;
  config::take_type(spec.far_end, params);
  config::change(spec, params);
  network::prefer_name(spec);
  network.check_add_port(home, spec);
  if (is_dry_run(params)) {
    return plan("+ port " + spec.name);
  }
  const RunningPort& port = network.add_port(home, spec);
  return with_warnings(network, port, port.remarks);
}

rpc::Outcome remove_port(Network& network, const Json& params) {
  RunningPort& port = network.find_port(params.at("name"));
  Network::check_remove_port(port);
  if (is_dry_run(params)) {
    return plan("- port " + port.spec.name);
  }
  std::vector<std::unique_ptr<Port>> ports;
  ports.push_back(network.remove_port(port).port);
  return std::make_unique<ClosingWork>(std::move(ports));
}

rpc::Outcome list_ports(Network& network, const Json& params) {
  std::optional<std::string> home = optional_text(params, "switch");
  if (home) {
    (void)network.find_switch(home);
  }
  network.follow_links();
  auto list = std::make_unique<InPieces>();
  list->say(R"({"ports":[)");
  list->say_each(
      network.ports(),
      [home = std::move(home), state = optional_text(params, "state"), vid = optional_vlan(params),
       filter = optional_text(params, "filter"), reader = std::make_shared<LinkReader>()](
          const std::string& name, const RunningPort& port) -> std::optional<std::string> {
        if ((home && port.home->spec.name != *home) || (vid && !port.rule().vlan.carries(*vid)) ||
            (filter && name.find(*filter) == std::string::npos)) {
          return std::nullopt;
        }
        const Json json = port_to_json(port, *reader);
        if (state && json["state"] != *state) {
          return std::nullopt;
        }
        return rpc::to_line(json);
      });
  list->say("]}");
  return list;
}

Json set_port(Network& network, const Json& params) {
  network.follow_links();
  network.check_revision(rpc::optional_integer(params, "if_revision"));
  RunningPort& port = network.find_port(params.at("name"));
  config::check_members(port.spec.far_end, params);
  config::PortSpec spec = port.spec;
  config::change(spec, params);
  const config::FarEndChange change = config::far_end_change(params);
  network.check_set_port(port, spec, change);
  const std::vector<std::string> effects = config::effects_on(
      port.home->spec.static_entries, spec.name, port.spec.rule.vlan, spec.rule.vlan);
  if (is_dry_run(params)) {
    Json steps = plan("~ port " + spec.name);
    for (const std::string& effect : effects) {
      steps["plan"].push_back("~ " + effect);
    }
    return steps;
  }
  network.set_port(port, spec, change);
  return with_warnings(network, port, effects);
}

}  // namespace

void add_port_handlers(Handlers& handlers, Network& network) {
  handlers["port.add"] = [&network](const Json& params, const rpc::Caller& caller) {
    return add_port(network, params, caller);
  };
  handlers["port.remove"] = [&network](const Json& params, const rpc::Caller&) {
    return remove_port(network, params);
  };
  handlers["port.list"] = [&network](const Json& params, const rpc::Caller&) {
    return list_ports(network, params);
  };
  handlers["port.get"] = [&network](const Json& params, const rpc::Caller&) {
    return port_to_json(network, network.find_port(params.at("name")));
  };
  handlers["port.set"] = [&network](const Json& params, const rpc::Caller&) {
    return set_port(network, params);
  };
}

}  // namespace tapswitch::api
