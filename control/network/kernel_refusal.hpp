// SPDX-License-Identifier: Apache-2.0
// kernel_refusal.hpp: tells what the kernel refused, as the error a client gets.
#pragma once

#include <string_view>

#include "control/rpc/error.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/kernel_error.hpp"

namespace tapswitch::network {

// permission_denied if something that could be granted is missing, else kernel_refused, with the
// call, the object and the errno for programs.
[[nodiscard]] rpc::Error refusal(const KernelError& error);

// The value, or the refusal thrown.
template <typename T>
T value_or_refuse(KernelResult<T> result) {
  if (!result) {
    throw refusal(result.error());
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

// Says that nobody could look at 'object', for want of what LinkStatus::shortage tells.
[[nodiscard]] rpc::Error cannot_look(int shortage, std::string_view object);

// How the link of 'port' is. Throws kernel_refused if nobody can look for want of descriptors or
// memory.
[[nodiscard]] LinkStatus link_or_refuse(const Port& port);

}  // namespace tapswitch::network
