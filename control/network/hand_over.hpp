// SPDX-License-Identifier: Apache-2.0
// hand_over.hpp: the running network as something that one process gives to another: what is
// configured, what has been learned, and the open TAPs.
//
// Theory of operation: a TAP is where its descriptors are, and both processes have them for a
// moment. Each frame is read by one of the two and forwarded by it, so that none is lost; the two
// may overtake one another. The network is told in messages, each a JSON object with descriptors.
// Limits: of the stations of a switch, most_handed_stations are told; others are learned anew.
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "control/network/network.hpp"
#include "control/rpc/json.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::network {

constexpr std::size_t most_handed_stations = 65'536;

// Says what is done about ports whose far end only its own process can have (heritage_of()).
enum class Unheritable { refuse, leave_out };

// A message is said to a successor. The descriptors stay the network's.
struct HandOverMessage {
  Json words;
  std::vector<int> descriptors;
};

// Throws rpc::Error (unsupported) if there is a port that is to be refused.
[[nodiscard]] std::vector<HandOverMessage> messages_about(const Network& network,
                                                          Unheritable others);

// The other side: takes the messages, and makes the network of them.
class Inheritance {
 public:
  // Throws std::runtime_error if that is no message about a network.
  void take(const Json& words, std::vector<UniqueFd> descriptors);

  // 'network' has nothing yet. Nothing about the interfaces is changed. Calls 'on_port' after each
  // port. Throws std::exception, and what that throws.
  void build(Network& network, const std::function<void()>& on_port);
  void build(Network& network) {
    build(network, [] {});
  }

  // When the other side began to tell; its clock is ours.
  [[nodiscard]] TimePoint told_at() const { return told_at_; }

 private:
  struct HandedPort {
    Json words;
    std::vector<UniqueFd> descriptors;
  };

  void build_all(Network& network, const std::function<void()>& on_port);
  void build_switch(Network& network, const config::SwitchSpec& spec,
                    const std::function<void()>& on_port);
  void add_port(Network& network, Network::RunningSwitch& home, config::PortSpec spec);
  static void learn(Network& network, const Json& told);

  std::uint64_t revision_ = 0;
  TimePoint told_at_{};
  config::NetworkSpec configuration_;
  Json numbers_ = Json::object();  // of ports, by name
  Json bridges_ = Json::object();  // addresses in spanning trees, by switch
  std::uint32_t last_number_ = 0;
  const std::vector<std::string> types_ = config::far_end_types();
  std::map<std::string, HandedPort> ends_;  // by their ports
  std::vector<Json> stations_;
};

}  // namespace tapswitch::network
