// SPDX-License-Identifier: Apache-2.0
#include "control/api/startup_file.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/api/arguments.hpp"
#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
#include "control/network/name_spaces.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {

config::NetworkSpec read_startup_text(const std::string& text, const std::string& path) {
  config::FileReading reading = config::read_file_text(text, path);
  if (!reading.mistakes.empty()) {
    throw rpc::Error(rpc::ErrorKind::invalid_params,
                     fmt::format("{}", fmt::join(reading.mistakes, "\n")));
  }
  return std::move(reading.network);
}

namespace {

bool is_passed(const config::PortSpec& port) { return config::is_passed(port.far_end); }

// Takes those ports out that 'is_meant', unless they run here, and what is about them. Returns
// their names.
std::vector<std::string> leave_out(config::NetworkSpec& network, const Network::Ports& running,
                                   const std::function<bool(const config::PortSpec&)>& is_meant) {
  std::vector<std::string> names;
  for (auto& [name, home] : network.switches) {
    const std::set<std::string> gone =
        config::remove_ports(home, [&](const config::PortSpec& port) {
          return is_meant(port) && !running.contains(port.name);
        });
    names.insert(names.end(), gone.begin(), gone.end());
  }
  return names;
}

// Has ports that run stay, though the file says nothing of them, for it cannot: they are in the
// namespaces of processes, and came from an earlier daemon.
void keep_unwritten(config::NetworkSpec& wanted, const config::NetworkSpec& running) {
  std::set<std::string> names;
  for (const auto& [name, home] : wanted.switches) {
    for (const config::PortSpec& port : home.ports) {
      names.insert(port.name);
    }
  }
  for (const auto& [name, home] : running.switches) {
    const auto found = wanted.switches.find(name);
    if (found == wanted.switches.end()) {
      continue;
    }
    config::SwitchSpec kept = home;
    (void)config::remove_ports(kept, [&](const config::PortSpec& port) {
      return names.contains(port.name) || !network::is_in_name_space_of_process(port);
    });
    config::add_ports(found->second, kept.ports, kept.static_entries);
  }
}

}  // namespace

void StartupFile::load(Apply::Unopened unopened) {
  config::NetworkSpec wanted = read_startup_text(store_.read(), path());
  const Network::Ports& running = network_.ports();
  for (const std::string& name : leave_out(wanted, running, network::is_in_name_space_of_process)) {
    network_.tell_operator(fmt::format(
        "port {} is left out: the process whose namespace it was in is gone or another by "
        "now; a namespace with a name stays (ip netns attach NAME PID); the next save writes the "
        "file without it",
        name));
  }
  for (const std::string& name : leave_out(wanted, running, is_passed)) {
    network_.tell_operator(
        fmt::format("port {} is left out: whoever passed its descriptor (fd) has to pass it again; "
                    "the next save "
                    "writes the file without it",
                    name));
  }
  keep_unwritten(wanted, network_.configuration());
  carry_out(network_, config::plan(network_.configuration(), wanted), unopened);
  saved_revision_ = network_.revision();
}

std::string StartupFile::save() {
  const std::uint64_t revision = network_.revision();
  config::NetworkSpec written = network_.configuration();
  std::set<std::string> unwritten;
  for (const std::string& name : leave_out(written, {}, network::is_in_name_space_of_process)) {
    unwritten.insert(name);
    if (!unwritten_.contains(name)) {
      network_.tell_operator(fmt::format(
          "port {} is not saved: its namespace is given by a process, in whose place another may "
          "be at the next start; a namespace with a name is saved (ip netns attach NAME PID, then "
          "add the port anew)",
          name));
    }
  }
  store_.write(config::to_json(written, config::Format::minimal).dump(2) + '\n');
  unwritten_ = std::move(unwritten);
  saved_revision_ = revision;
  return path();
}

void StartupFile::save_changes() {
  if (network_.revision() != saved_revision_) {
    save();
  }
}

namespace {

// Whoever has made the change hears that it stays.
void save_or_tell(StartupFile& file) {
  try {
    file.save_changes();
  } catch (const rpc::Error& error) {
    Json data = error.to_json()["data"];
    data["applied"] = true;
    throw rpc::Error(error.kind(),
                     fmt::format("the change is made, but not saved: {}", error.what()),
                     std::move(data));
  }
}

}  // namespace

Handlers with_autosave(Handlers handlers, std::span<const rpc::Method> methods, StartupFile& file) {
  for (const rpc::Method& method : methods) {
    const auto found = handlers.find(method.name);
    // A change after the hand-over is the successor's to save.
    if (!method.changes || found == handlers.end() || method.name == "system.hand_over") {
      continue;
    }
    found->second = [handler = std::move(found->second), &file](
                        const Json& params, const rpc::Caller& caller) -> rpc::Outcome {
      if (is_dry_run(params)) {
        return handler(params, caller);  // nor is anything written that could not be saved before
      }
      return rpc::and_then(handler(params, caller), [&file] { save_or_tell(file); });
    };
  }
  return handlers;
}

}  // namespace tapswitch::api
