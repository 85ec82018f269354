// SPDX-License-Identifier: Apache-2.0
#include "control/api/startup_file.hpp"

#include <unistd.h>

#include <functional>
#include <set>
#include <string_view>
#include <utility>
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

bool is_passed(const config::PortSpec& port) { return config::is_passed(port.far_end); }

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether a namespace is given by a process, in whose place another may be by now. Digits are a
// name if there is one of that name (net_namespace.hpp).
bool is_of_process(const std::string& name_space) {
  constexpr std::string_view processes = "/proc/";
  if (name_space.starts_with(processes)) {
    const std::string_view rest = std::string_view(name_space).substr(processes.size());
    return is_number(rest.substr(0, rest.find('/')));
  }
  return is_number(name_space) && ::access(("/run/netns/" + name_space).c_str(), F_OK) != 0;
}

bool is_in_namespace_of_process(const config::PortSpec& port) {
  const auto name_space = config::name_space_of(port.far_end);
  return name_space && is_of_process(*name_space);
}

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

}  // namespace

void StartupFile::load() {
  config::NetworkSpec wanted = read_startup_text(store_.read(), path());
  for (const std::string& name : leave_out(wanted, network_.ports(), is_in_namespace_of_process)) {
    network_.tell_operator(fmt::format(
        "port {} is left out: the process whose namespace it was in is gone or another by "
        "now; a namespace with a name stays (ip netns attach NAME PID); the next save writes the "
        "file without it",
        name));
  }
  for (const std::string& name : leave_out(wanted, network_.ports(), is_passed)) {
    network_.tell_operator(
        fmt::format("port {} is left out: whoever passed its descriptor (fd) has to pass it again; "
                    "the next save "
                    "writes the file without it",
                    name));
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
