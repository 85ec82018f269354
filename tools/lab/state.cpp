// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/state.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/config/store.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/strict_json.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/lab_directory.hpp"

namespace tapswitch::lab {
namespace {

constexpr int state_version = 1;

std::string path_in(const std::string& directory) { return directory + "/state.json"; }

std::string this_boot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

Json to_json(const ProcessId& process) { return {{"pid", process.pid}, {"start", process.start}}; }

std::optional<ProcessId> process_from(const Json& json) {
  return json.is_object()
             ? std::optional(ProcessId{.pid = json.at("pid"), .start = json.at("start")})
             : std::nullopt;
}

Json to_json(const std::optional<ProcessId>& process) {
  return process ? to_json(*process) : Json();
}

Json to_json(const NodeRecord& node) {
  Json json = {{"up", node.is_up}, {"since", node.since}, {"processes", Json::object()}};
  if (node.name_space) {
    json["namespace"] = {{"name", node.name_space->name},
                         {"device", node.name_space->id.device},
                         {"inode", node.name_space->id.inode}};
  }
  for (const auto& [name, process] : node.processes) {
    json["processes"][name] = to_json(process);
  }
  return json;
}

NodeRecord node_from(const Json& json) {
  NodeRecord node{.is_up = json.at("up"), .since = json.at("since")};
  if (json.contains("namespace")) {
    const Json& record = json["namespace"];
    node.name_space =
        NamespaceRecord{.name = record.at("name"),
                        .id = {.device = record.at("device"), .inode = record.at("inode")}};
  }
  for (const auto& [name, process] : json.at("processes").items()) {
    node.processes.emplace(name, *process_from(process));
  }
  return node;
}

Json to_json(const State& state) {
  Json json = {{"version", state_version},
               {"name", state.name},
               {"file", state.file},
               {"boot", state.boot},
               {"whole", state.is_whole},
               {"document", state.document},
               {"keeper", to_json(state.keeper)},
               {"daemon", to_json(state.daemon)},
               {"kernel_path", state.has_kernel_path},
               {"nodes", Json::object()},
               {"stopped", state.stopped}};
  for (const auto& [name, node] : state.nodes) {
    json["nodes"][name] = to_json(node);
  }
  return json;
}

State state_from(const Json& json) {
  if (json.at("version") != state_version) {
    throw Failure("the lab was made by a tapctl of another version: take it down with that one");
  }
  State state{.name = json.at("name"),
              .file = json.at("file"),
              .boot = json.at("boot"),
              .is_whole = json.at("whole"),
              .document = json.at("document"),
              .keeper = process_from(json.at("keeper")),
              .daemon = process_from(json.at("daemon")),
              // A tapctl that knew of no path has not written it.
              .has_kernel_path = json.value("kernel_path", false)};
  for (const auto& [name, node] : json.at("nodes").items()) {
    state.nodes.emplace(name, node_from(node));
  }
  // Likewise.
  state.stopped = json.value("stopped", std::set<std::string>());
  return state;
}

[[noreturn]] void complain_of(const std::string& path, const std::string& fault) {
  const std::string lab = std::filesystem::path(path).parent_path().filename();
  throw BrokenState(
      fmt::format("{0}, the record of what was made of the lab, is broken: {1}\n"
                  "`tapctl lab down {2} --force` takes away what can be found of it without",
                  path, fault, lab));
}

}  // namespace

StateFile::StateFile(const std::string& directory)
    : directory_(directory), path_(path_in(directory)) {
  if (auto found = load(directory)) {
    state_ = std::move(*found);
  }
  state_.boot = this_boot();
}

std::optional<State> StateFile::load(const std::string& directory) {
  const config::Store store(path_in(directory));
  if (!store.exists()) {
    // The record is on disk before anything else is, and goes last.
    for (const std::string& other : {document_file(directory), control_socket(directory)}) {
      if (std::filesystem::exists(std::filesystem::symlink_status(other))) {
        if (store.exists()) {
          return load(directory);  // a `lab up` has begun meanwhile
        }
        complain_of(store.path(), fmt::format("it is gone, and {} is there", other));
      }
    }
    return std::nullopt;
  }
  try {
    State state = state_from(rpc::parse_json(store.read(), config::most_document_nesting + 2));
    return state.boot == this_boot() ? std::optional(std::move(state)) : std::nullopt;
  } catch (const rpc::Error& error) {
    complain_of(store.path(), error.what());
  } catch (const Json::exception&) {
    complain_of(store.path(), "something is missing, or is not what it should be");
  }
}

State StateFile::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void StateFile::update(const std::function<void(State&)>& change) {
  const std::lock_guard lock(mutex_);
  change(state_);
  try {
    config::Store(path_).write(to_json(state_).dump());
  } catch (const rpc::Error& error) {
    throw Failure(error.what());
  }
}

void StateFile::forget(const std::function<void(State&)>& change) {
  try {
    update(change);
  } catch (const Failure&) {
    // The state is changed here, and that is what the rest goes by.
  }
}

}  // namespace tapswitch::lab
