// SPDX-License-Identifier: Apache-2.0
// patches.hpp: which patches go together, and that they make no ring. Pure.
//
// A patch names the port at its other end. That port need not be there yet, or any more; if it is,
// it must be a patch that names this one. Switches joined by patches must be a forest: the frames
// of a flood would circle in a ring of them, and nothing here would end that. Two patches between
// the same two switches are a ring too, and so is a patch whose ends are on one switch. Only where
// each switch of a ring has a spanning tree, that ends it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tapswitch::config {

class Patches {
 public:
  // A fault says what is wrong with a patch; empty if nothing is.
  struct Fault {
    std::string problem;
    std::string allowed;
    std::vector<std::string> ring;  // of switches, the first again at its end; empty: there is none
  };

  // Says whether a switch has a spanning tree.
  using HasTree = std::function<bool(const std::string&)>;

  explicit Patches(HasTree has_tree = [](const std::string&) { return false; })
      : has_tree_(std::move(has_tree)) {}

  // Takes in the patch 'port' of 'home', unless it is at fault.
  [[nodiscard]] std::optional<Fault> add(const std::string& port, const std::string& home,
                                         const std::string& peer);

 private:
  struct End {
    std::string home;
    std::string peer;
  };

  [[nodiscard]] std::optional<Fault> join(const std::string& one, const std::string& other);
  // 'by_trees': only by switches that have one.
  [[nodiscard]] std::vector<std::string> way(const std::string& from, const std::string& to,
                                             bool by_trees) const;

  HasTree has_tree_;
  std::map<std::string, End> ends_;                             // by port
  std::map<std::string, std::string> named_by_;                 // who leads to a port
  std::map<std::string, std::vector<std::string>> neighbours_;  // by switch
};

}  // namespace tapswitch::config
