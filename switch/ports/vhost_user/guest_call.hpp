// SPDX-License-Identifier: Apache-2.0
// guest_call.hpp: calls a guest by its eventfd, for frames that it has been given or gets back.
#pragma once

#include <memory>

#include "switch/system/eventfd.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Null: nobody is called. False: whoever is at the other end has us wait. For workers.
[[nodiscard]] inline bool call_guest(const std::shared_ptr<const UniqueFd>& call) noexcept {
  return call == nullptr || StrangersEventfd::ring(call->get());
}

}  // namespace tapswitch
