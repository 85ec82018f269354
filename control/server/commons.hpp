// SPDX-License-Identifier: Apache-2.0
// commons.hpp: the things that all sessions of a server share: how lines are answered, whose turn
// it is, and how much all of them may hold.
//
// Threads: the control thread. The commons outlive the sessions.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "control/rpc/answering.hpp"
#include "control/rpc/limits.hpp"
#include "control/server/budget.hpp"
#include "control/server/pens.hpp"
#include "control/server/rota.hpp"

namespace tapswitch::server {

// Begins to answer a line, which outlives what is returned.
using Answer = std::function<std::unique_ptr<rpc::Answering>(std::string_view line)>;

struct Commons {
  const Answer answer;
  const rpc::Limits limits;
  Rota rota;
  Budget unsent{limits.unsent_bytes_per_user, limits.unsent_bytes_per_socket};
  Budget long_lines{limits.long_lines_per_user, limits.long_lines_per_socket};
  Pens pens = {};
  std::function<void()> on_room;  // called when a budget that was full has room, or a pen is free
};

}  // namespace tapswitch::server
