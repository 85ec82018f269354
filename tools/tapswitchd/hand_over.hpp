// SPDX-License-Identifier: Apache-2.0
// hand_over.hpp: how one daemon takes the place of another while frames go on.
//
// Theory of operation: the successor connects to the control socket and passes one end of a socket
// of its own with system.hand_over. By this the running daemon tells it everything: configuration,
// TAPs, stations, the sockets that listen. The successor makes itself ready, and says so; only then
// does the old one let go, and end: it receives no more before it says so, so that no frame is
// forwarded by its rules once the successor answers requests. Until then the old one does all that
// it did before, and both forward frames, each those that it reads. Whatever fails on the way ends
// the successor alone. Limits: all of it must be done in 'hand_over_patience', and the successor is
// silent for 'longest_silence' at most, for nobody else is answered meanwhile; one that has many
// ports to make ready says now and then that it is busy.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "control/client/client.hpp"
#include "control/network/hand_over.hpp"
#include "control/server/hand_over_channel.hpp"
#include "tools/tapswitchd/service_manager.hpp"

namespace tapswitch::daemon {

constexpr std::chrono::seconds hand_over_patience{10};
constexpr std::chrono::seconds longest_silence{3};

// A socket that listens, and the lock on its path if there is one.
struct HandedSocket {
  std::string name;
  std::vector<int> descriptors;
};

// The side of the running daemon. When it returns, everything is the successor's, and 'network' has
// let go. Throws rpc::Error if it is not, and nothing has changed.
void hand_over(UniqueFd successor, network::Network& network,
               const std::vector<HandedSocket>& sockets);

// The side of the successor.
class Predecessor {
 public:
  // Asks the daemon at 'path' for everything. Throws std::runtime_error with a message for people.
  explicit Predecessor(const std::string& path);

  // "tapswitchd 1.2.3 (pid 77)".
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::vector<PassedSocket> take_sockets() { return std::move(sockets_); }
  [[nodiscard]] network::Inheritance& inheritance() { return inheritance_; }

  // Asks for more patience, if it is time for that and the other one understands it. Throws
  // std::runtime_error if that one is gone.
  void say_busy();

  // All is ready here. When it returns, the other one has let go. Throws std::runtime_error if it
  // does not: then it may go on, and we must not.
  void let_go();

 private:
  void receive_all();
  // Does 'talk'. If the other one hangs up meanwhile, throws what that says of it.
  template <class Talk>
  void converse(const Talk& talk);

  client::Client client_;
  std::string name_;
  bool hears_busy_ = false;
  std::chrono::steady_clock::time_point last_busy_;
  std::optional<server::HandOverChannel> channel_;
  std::vector<PassedSocket> sockets_;
  network::Inheritance inheritance_;
};

}  // namespace tapswitch::daemon
