// SPDX-License-Identifier: Apache-2.0
#include "control/server/rota.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

namespace tapswitch::server {

void Rota::ask(Payer payer, Turns::Task task) {
  turns_.ask(payer, std::move(task));
  post();
}

// One handler at a time: Asio looks at sockets and timers before it runs the next.
void Rota::post() {
  if (!is_posted_ && !turns_.is_empty()) {
    is_posted_ = true;
    boost::asio::post(io_, [this] {
      is_posted_ = false;
      take_a_turn();
    });
  }
}

void Rota::take_a_turn() {
  const auto turn = turns_.next();
  post();
  if (turn) {
    const auto begin = std::chrono::steady_clock::now();
    turn->task();
    turns_.pay(turn->payer, std::chrono::steady_clock::now() - begin);
  }
}

}  // namespace tapswitch::server
