// SPDX-License-Identifier: Apache-2.0
// application.hpp: takes the steps of a plan, and takes them back.
//
// Theory of operation: each step leaves behind how to take it back. A port that goes is dismissed:
// it stays as it is until a step of another kind follows, or until the end, so that all that go
// together do so by one picture. Then it is parked: it is off its switch, but its TAP stays open
// until the end, so that its interface, with the addresses, routes and users it has, is there if it
// is needed again; whoever needs the same interface takes it over from there.
// Limits: ports that had to go and come back count from zero and learn anew. An interface that was
// made for one queue cannot get several: it is made anew.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/config/plan.hpp"
#include "control/network/network.hpp"
#include "switch/ports/close_together.hpp"

namespace tapswitch::api {

using network::Network;

class Application {
 public:
  // A port to be added that cannot be opened is refused, or awaited: then it is lost until it can.
  enum class Unopened { refused, awaited };

  explicit Application(Network& network, Unopened unopened = Unopened::refused)
      : network_(network), unopened_(unopened) {}

  // Takes 'step', or sees one port off that was dismissed before it: false, and the step is still
  // to be taken. Throws what the network refuses it with.
  [[nodiscard]] bool take(const config::Step& step);

  // Parks one port that is dismissed. Returns false if there is none.
  [[nodiscard]] bool see_off_one();

  // Takes back the last step that is taken. Returns false if there is none. What the network
  // refuses is added to 'faults'.
  bool take_back(std::vector<std::string>& faults);

  // Closes the ports that nobody has taken over. Returns whether that is done; waits for it for a
  // moment.
  bool close_parked();

 private:
  using RunningPort = Network::RunningPort;

  // A port that is off its switch. It is null once another has taken its place.
  struct Parked {
    config::FarEnd far_end;
    network::OpenedPort opened;
    network::EndEstate estate;
  };

  void take_action(const config::RemovePort& action);
  void take_action(const config::RemoveSwitch& action);
  void take_action(const config::AddSwitch& action);
  void take_action(const config::SetSwitch& action);
  void take_action(const config::AddPort& action);
  void take_action(const config::SetPort& action);
  void take_action(const config::NameVlan& action);
  void take_action(const config::RemoveStatic& action);
  void take_action(const config::AddStatic& action);
  void take_action(const config::RemoveMirror& action);
  void take_action(const config::SetMirror& action);
  void take_action(const config::SetSflow& action);

  void add_all(RunningPort& port, const std::vector<config::StaticEntry>& entries);
  void park(const std::string& name);
  RunningPort& open(const std::string& home, const config::PortSpec& spec, Unopened unopened);
  static void make_way(Parked& parked, const config::FarEnd& next);
  void settle(RunningPort& port);
  [[nodiscard]] std::function<RunningPort&()> as_it_was(const std::string& home,
                                                        const RunningPort& running);

  Network& network_;
  const Unopened unopened_;
  std::deque<std::string> dismissed_;     // and not parked yet
  bool are_brought_ = false;              // no picture has those any more
  std::map<std::string, Parked> parked_;  // by their claims
  std::vector<std::function<void()>> undo_;
  std::optional<Closing> closing_;
};

}  // namespace tapswitch::api
