// SPDX-License-Identifier: Apache-2.0
#include "control/api/startup_file.hpp"

#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/api/apply.hpp"
#include "control/api/arguments.hpp"
#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
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

// Takes the ports out whose descriptors are gone with the process that had them, unless they run
// here, and what is about them. Returns their names.
std::vector<std::string> leave_out_passed(config::NetworkSpec& network,
                                          const Network::Ports& running) {
  std::vector<std::string> names;
  for (auto& [name, home] : network.switches) {
    const std::set<std::string> gone =
        config::remove_ports(home, [&](const config::PortSpec& port) {
          const auto* tap = std::get_if<config::TapSpec>(&port.far_end);
          return tap != nullptr && tap->is_passed && !running.contains(port.name);
        });
    names.insert(names.end(), gone.begin(), gone.end());
  }
  return names;
}

}  // namespace

void StartupFile::load() {
  config::NetworkSpec wanted = read_startup_text(store_.read(), path());
  for (const std::string& name : leave_out_passed(wanted, network_.ports())) {
    network_.tell_operator(fmt::format(
        "port {} is left out: whoever passed its descriptor (fd) has to pass it again", name));
  }
  carry_out(network_, config::plan(network_.configuration(), wanted));
  saved_revision_ = network_.revision();
}

std::string StartupFile::save() {
  const std::uint64_t revision = network_.revision();
  store_.write(config::to_json(network_.configuration(), config::Format::minimal).dump(2) + '\n');
  saved_revision_ = revision;
  return path();
}

void StartupFile::save_changes() {
  if (network_.revision() != saved_revision_) {
    save();
  }
}

Handlers with_autosave(Handlers handlers, std::span<const rpc::Method> methods, StartupFile& file) {
  for (const rpc::Method& method : methods) {
    const auto found = handlers.find(method.name);
    // What comes after the hand-over is the successor's to save.
    if (!method.changes || found == handlers.end() || method.name == "system.hand_over") {
      continue;
    }
    found->second = [handler = std::move(found->second), &file](const Json& params,
                                                                const rpc::Caller& caller) {
      Json result = handler(params, caller);
      if (is_dry_run(params)) {
        return result;  // nor is anything else written, that could not be saved before
      }
      try {
        file.save_changes();
      } catch (const rpc::Error& error) {
        Json data = error.to_json()["data"];
        data["applied"] = true;
        throw rpc::Error(error.kind(),
                         fmt::format("the change is made, but not saved: {}", error.what()),
                         std::move(data));
      }
      return result;
    };
  }
  return handlers;
}

}  // namespace tapswitch::api
