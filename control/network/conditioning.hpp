// SPDX-License-Identifier: Apache-2.0
// conditioning.hpp: the part of a network that puts a ConditionedPort around the ports that have
// conditions, and takes it off again. RunningPort::port stays the inner one, of which links, drops
// and far ends are asked; the switch has the outer one.
//
// Where conditions are taken away, the outer port passes everything at once, and goes as soon as
// nothing waits in it any more: that no frame is lost and none overtaken.
// Threads: the control thread.
#pragma once

#include <functional>
#include <memory>

#include "control/network/inventory.hpp"
#include "control/network/running_port.hpp"
#include "switch/conditions/waiting_room.hpp"

namespace tapswitch::network {

class Conditioning {
 public:
  // 'let_work' has the worker that receives from a port do what there is for it to do.
  using LetWork = std::function<void(const RunningPort&)>;

  Conditioning(Inventory& inventory, LetWork let_work);

  // Makes the conditions of a port that is on its switch those of 'wanted'. Throws rpc::Error with
  // what the kernel refuses; then nothing is changed.
  void set(RunningPort& port, const PortConditions& wanted);

  // Puts what the conditions in its specification ask for around 'opened', which is to be the port
  // of 'port'. Throws as above; then 'opened' is as it was.
  void put_around(RunningPort& port, std::unique_ptr<Port>& opened);
  // Returns the inner one of what put_around() has made of it.
  static std::unique_ptr<Port> take_off(RunningPort& port, std::unique_ptr<Port> taken);

  // Puts 'next' in the place of the port, with its conditions, and leaves the one before in it.
  // Throws rpc::Error with what the kernel refuses; then all is as it was.
  void replace(RunningPort& port, std::unique_ptr<Port>& next);

  // Takes off what nothing waits in any more. To be called about once a second.
  void tick();

 private:
  void wrap(RunningPort& port, const PortConditions& wanted);
  void unwrap_if_clear(RunningPort& port);

  Inventory& inventory_;
  const LetWork let_work_;
  const std::shared_ptr<WaitingRoom> room_ = std::make_shared<WaitingRoom>();
};

}  // namespace tapswitch::network
