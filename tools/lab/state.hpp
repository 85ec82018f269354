// SPDX-License-Identifier: Apache-2.0
// state.hpp: records what has been made of a lab, on disk, written before each thing is made: so
// `down` can take away just that, whoever died when.
//
// The file is replaced by rename (control/config/store.hpp). What it says holds for the boot it was
// written in; after another one nothing of it is left to be taken away.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "control/rpc/json.hpp"
#include "switch/system/net_namespace.hpp"
#include "tools/lab/process.hpp"

namespace tapswitch::lab {

struct NamespaceRecord {
  std::string name;
  NetNamespaceId id;  // known before it has its name, so that another's is never taken for it

  bool operator==(const NamespaceRecord&) const = default;
};

struct NodeRecord {
  bool is_up = false;      // all that belongs to it was made
  std::int64_t since = 0;  // seconds of Unix time
  std::optional<NamespaceRecord> name_space = {};
  std::map<std::string, ProcessId> processes = {};  // of a virtual machine: "qemu"
};

struct State {
  std::string name = {};
  std::string file = {};  // the lab file, for people
  std::string boot = {};
  bool is_whole = false;                 // an `up` came to its end, and no `down` has begun
  Json document = {};                    // the lab file as it was brought up
  std::optional<ProcessId> keeper = {};  // holds the namespaces of a lab without root
  std::optional<ProcessId> daemon = {};
  // The daemon was to have one when the lab came up, and namespaces have veths for it. It stays so
  // until the lab goes: an interface does not become another beneath what uses it.
  bool has_kernel_path = false;
  std::map<std::string, NodeRecord> nodes = {};
  // Nodes that are down because their user has stopped them. One that is on record all the same has
  // not come to its end.
  std::set<std::string> stopped = {};
};

// Thread-safe.
class StateFile {
 public:
  // In 'directory', which its user has locked.
  explicit StateFile(const std::string& directory);

  // Returns what stands there, if it was written in this boot; else nullopt. Throws Failure, with
  // the way out, if it is not what we write: BrokenState.
  [[nodiscard]] static std::optional<State> load(const std::string& directory);

  // Returns the name of the lab.
  [[nodiscard]] const std::string& directory() const { return directory_; }

  // Returns what is on record now.
  [[nodiscard]] State state() const;

  // Has 'change' change it, and returns once that is on disk.
  void update(const std::function<void(State&)>& change);

  // The same for what is gone. Where there is no room the file goes on telling of it, which does no
  // harm: it is looked for, and is not there.
  void forget(const std::function<void(State&)>& change);

 private:
  std::string directory_;
  std::string path_;
  mutable std::mutex mutex_;
  State state_;
};

}  // namespace tapswitch::lab
