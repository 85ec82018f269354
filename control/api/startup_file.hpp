// SPDX-License-Identifier: Apache-2.0
// startup_file.hpp: the file that tapswitchd begins with and to which it saves what is configured.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "control/api/apply.hpp"
#include "control/api/handlers.hpp"
#include "control/config/store.hpp"
#include "control/rpc/method.hpp"

namespace tapswitch::api {

// Belongs to the control thread. The network must outlive it.
class StartupFile {
 public:
  StartupFile(Network& network, const std::string& path) : network_(network), store_(path) {}

  [[nodiscard]] const std::string& path() const { return store_.path(); }
  [[nodiscard]] bool exists() const { return store_.exists(); }

  // Opens what the file says, on a network that has nothing yet, or what was kept of an earlier
  // one. Throws rpc::Error; of mistakes in the file all are told, a line each.
  void load(Apply::Unopened unopened);

  // Writes the configuration as it is now, without the ports in namespaces that are given by a
  // process, each of which the operator is told of; returns the path. Throws rpc::Error.
  std::string save();

  // The same if there has been a change since it was loaded or saved.
  void save_changes();

 private:
  Network& network_;
  config::Store store_;
  std::uint64_t saved_revision_ = 0;
  std::set<std::string> unwritten_;  // ports that run and are not in the file
};

// Throws rpc::Error unless 'text', which came from 'path', is a document without mistakes.
[[nodiscard]] config::NetworkSpec read_startup_text(const std::string& text,
                                                    const std::string& path);

// The same handlers, of which those of changing methods save the change before they answer. If that
// fails the change stays, and the answer is the error, in whose data "applied" is true.
Handlers with_autosave(Handlers handlers, std::span<const rpc::Method> methods, StartupFile& file);

}  // namespace tapswitch::api
