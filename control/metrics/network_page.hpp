// SPDX-License-Identifier: Apache-2.0
// network_page.hpp: writes what the network counts as a page of metrics.
//
// Names follow the conventions of Prometheus: base units, '_total' for what only grows. A label is
// never something that a stranger on the wire chooses, so their number is bounded by the
// configuration: for each port 12 samples, and one for each reason it has dropped a frame for.
// Limits: one step looks at ports_a_step ports, so few that no list of all interfaces is asked for,
// which with a thousand of them would take milliseconds at once. The page is as big as the network
// makes it, about 1 KiB a port. Threads: the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "control/metrics/exposition.hpp"
#include "control/metrics/page.hpp"
#include "control/network/network.hpp"
#include "control/network/port_round.hpp"
#include "switch/system/link_reader.hpp"

namespace tapswitch::metrics {

// The daemon's facts do not come from the network.
struct DaemonFacts {
  std::string version;
  std::chrono::system_clock::time_point started;
  std::size_t sessions = 0;  // now
};

class NetworkPage final : public Page {
 public:
  static constexpr std::size_t ports_a_step = LinkReader::questions_before_list;

  // The network must outlive the page, and may change while it is being written.
  NetworkPage(const network::Network& network, const DaemonFacts& facts);
  NetworkPage(const NetworkPage&) = delete;
  NetworkPage& operator=(const NetworkPage&) = delete;
  ~NetworkPage() override;

  [[nodiscard]] bool write_some() override;
  [[nodiscard]] std::string text() const override;

 private:
  // In the order of the page.
  struct Families;

  void write_daemon(const DaemonFacts& facts);
  void write_switches();
  void write_port(const network::Network::RunningPort& port, LinkReader& reader);

  const network::Network& network_;
  std::unique_ptr<Families> families_;
  network::PortRound writing_;
};

}  // namespace tapswitch::metrics
