// SPDX-License-Identifier: Apache-2.0
// plugs.hpp: unplugs ports and plugs them in again (decision 74). A kind that has_plug() stays open
// and takes its far end the carrier; a port of another kind is closed, and until it is plugged in
// an end stands in its place (stand_in.hpp). Threads: the control thread.
#pragma once

#include <functional>

#include "control/config/model.hpp"
#include "control/network/announcer.hpp"
#include "control/network/inventory.hpp"
#include "control/network/links.hpp"
#include "control/network/open_end.hpp"

namespace tapswitch::network {

class Plugs {
 public:
  struct Parts {
    Inventory& inventory;
    Links& links;
    const Announcer& announcer;
  };

  // Opens the far end of a port that is to be on 'home'. Throws rpc::Error with what the kernel
  // refuses.
  using Open = std::function<OpenedPort(const RunningSwitch& home, const config::PortSpec& spec)>;
  // Puts what was opened in the place of what the port is, which is closed. Throws rpc::Error.
  using Replace = std::function<void(RunningPort& port, OpenedPort opened)>;

  // The parts must outlive it.
  Plugs(const Parts& parts, Open open, Replace replace);

  // Opens it, or leaves it unplugged if it has no plug and is to have no carrier. Throws what
  // 'open' throws.
  [[nodiscard]] OpenedPort open(const RunningSwitch& home, const config::PortSpec& spec) const;

  // Plugs the port in, or unplugs it, and notes how its link is then; the event is told by whoever
  // tells of the change. Throws rpc::Error with what the kernel refuses; then nothing is changed.
  void set(RunningPort& port, bool is_plugged);
  // Takes that back, as far as the kernel lets it, and tells the operator what it does not.
  void take_back(RunningPort& port);

 private:
  void note(RunningPort& port);

  const Parts parts_;
  const Open open_;
  const Replace replace_;
};

}  // namespace tapswitch::network
