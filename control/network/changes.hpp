// SPDX-License-Identifier: Apache-2.0
// changes.hpp: counts the changes of the configuration; and of a change that is composed of several
// it keeps what was before, until all of it is in force and told.
//
// Theory of operation: while a composed change is under way, which may be many turns of the control
// thread, the revision and the configuration are those from before, and the rules that it sets
// wait, in the engines, for commit(), as do the ports that it adds and dismisses. A rule is told
// when it is in force. Threads: the control thread. Limits: one composed change at a time; of it,
// each switch and port is kept once.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "control/config/model.hpp"
#include "control/network/announcer.hpp"
#include "control/network/inventory.hpp"

namespace tapswitch::network {

class Changes {
 public:
  // Both must outlive it.
  Changes(Inventory& inventory, const Announcer& announcer)
      : inventory_(inventory), announcer_(announcer) {}

  [[nodiscard]] bool is_composed() const { return composed_from_.has_value(); }
  [[nodiscard]] std::uint64_t revision() const { return composed_from_.value_or(revision_); }
  // Throws conflict unless 'expected', if it is given, is the revision.
  void check_revision(std::optional<std::int64_t> expected) const;
  [[nodiscard]] config::NetworkSpec configuration() const;

  // The configuration is another than before.
  void on_configured();

  void begin();
  // Has a switch that was added since take part.
  void include(RunningSwitch& added) const;
  // Brings what is noted so far into force, all or nothing. Throws kernel_refused, with the port
  // that it is about as "object"; what is noted stays so.
  void bring();
  // The same, and changes made from now on take effect by themselves.
  void commit();
  // Ends the change with what is noted in force, as far as it can be. Returns whether the revision
  // is another than it was; if no change was under way, it counts as another.
  [[nodiscard]] bool end(std::uint64_t revision);

  // To be called before another rule is set: in a composed change the old one is in force until
  // commit().
  void keep_rule(RunningSwitch& home);
  void keep_rule(RunningPort& port);

  // Tells of a change, now or with those that are told after commit().
  void tell(const RunningSwitch& home) const;
  void tell(const RunningPort& port) const;
  // Tells of some switches and ports whose rules took effect by commit(). Returns whether there are
  // more.
  [[nodiscard]] bool tell_some();

 private:
  [[nodiscard]] bool tell_one();

  Inventory& inventory_;
  const Announcer& announcer_;
  std::uint64_t revision_ = 0;
  std::optional<std::uint64_t> composed_from_;  // while a composed change is under way
  config::NetworkSpec configured_before_;       // likewise
  std::deque<std::string> switches_;            // that have changed and are not told yet
  std::deque<std::string> ports_;
};

}  // namespace tapswitch::network
