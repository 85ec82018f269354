// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/unrecorded.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/config/store.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"
#include "control/rpc/strict_json.hpp"
#include "switch/system/net_namespace.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/keeper.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/name_spaces.hpp"
#include "tools/lab/process.hpp"
#include "tools/lab/process_search.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

std::string name_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

// The PID namespace that a process is in; 0 if it may not be looked at.
ino_t pid_namespace(const std::string& pid) {
  struct stat status {};
  return ::stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &status) == 0 ? status.st_ino : 0;
}

// Returns those that the lab has started; with them the keeper that holds them, if they are in one.
std::vector<ProcessId> processes_of(const std::string& directory) {
  auto found = processes_with({{"TAPSWITCH_SOCKET", control_socket(directory)}});
  std::set<ino_t> elsewhere;
  for (const ProcessId& process : found) {
    elsewhere.insert(pid_namespace(std::to_string(process.pid)));
  }
  elsewhere.erase(0);
  elsewhere.erase(pid_namespace("self"));
  const auto keepers = find_processes([&](pid_t pid) {
    return elsewhere.contains(pid_namespace(std::to_string(pid))) && name_of(pid) == keeper_title;
  });
  found.insert(found.end(), keepers.begin(), keepers.end());
  return found;
}

std::vector<NamespaceRecord> namespaces_of(const std::string& directory, const std::string& lab) {
  std::set<std::string> names;
  try {
    const Json document = rpc::parse_json(config::Store(document_file(directory)).read(),
                                          config::most_document_nesting);
    for (const Json& home : document.at("switches")) {
      for (const Json& port : home.value("ports", Json::object())) {
        names.insert(port.value("namespace", ""));
      }
    }
  } catch (const rpc::Error&) {
    // The document is broken as well.
  } catch (const Json::exception&) {
    // Nor is it what it should be.
  }
  std::vector<NamespaceRecord> found;
  for (const std::string& name : names) {
    const auto opened = NetNamespaceRef(fmt::format("{}/{}", names_directory, name)).open();
    if (name.starts_with(lab + '-') && opened) {
      found.push_back({.name = name, .id = net_namespace_id(opened->get())});
    }
  }
  return found;
}

void tell(std::FILE* out, const std::string& line) {
  std::fputs((tapctl::printable(line) + '\n').c_str(), out);
}

}  // namespace

void remove_unrecorded(const std::string& directory, const std::string& name, std::FILE* out) {
  for (const ProcessId& process : processes_of(directory)) {
    tell(out, fmt::format("- process {} ({})", process.pid, name_of(process.pid)));
  }
  end_all([&] { return processes_of(directory); }, grace);
  const auto name_spaces = namespaces_of(directory, name);
  for (const NamespaceRecord& record : name_spaces) {
    tell(out, fmt::format("- namespace {}", record.name));
  }
  remove_namespaces(name_spaces, grace);
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(names_directory, none)) {
    const std::string left = entry.path().filename();
    if (left.starts_with(name + '-')) {
      tell(out,
           fmt::format("the namespace {0} may be of this lab too: 'ip netns del {0}' removes it",
                       left));
    }
  }
}

}  // namespace tapswitch::lab
