// SPDX-License-Identifier: Apache-2.0
// rota.hpp: takes the turns of the control thread, one after the other, and looks between two of
// them at whatever else is due: timers, signals, news of the kernel, sockets.
//
// Threads: the control thread. The rota outlives the io_context's handlers.
#pragma once

#include <boost/asio/io_context.hpp>

#include "control/server/turns.hpp"

namespace tapswitch::server {

class Rota {
 public:
  explicit Rota(boost::asio::io_context& io) : io_(io) {}
  Rota(const Rota&) = delete;
  Rota& operator=(const Rota&) = delete;
  ~Rota() = default;

  // Runs 'task' when it is the turn of 'payer', never at once.
  void ask(Payer payer, Turns::Task task);

 private:
  void post();
  void take_a_turn();

  boost::asio::io_context& io_;
  Turns turns_;
  bool is_posted_ = false;
};

}  // namespace tapswitch::server
