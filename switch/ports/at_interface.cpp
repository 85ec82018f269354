// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/at_interface.hpp"

#include <utility>

#include "switch/system/net_namespace.hpp"

namespace tapswitch {

KernelResult<void> at_interface(const KernelResult<UniqueFd>& name_space, const FindInterface& find,
                                const InterfaceWork& work) {
  if (!name_space) {
    return name_space.error();
  }
  return run_in(name_space->get(), [&]() -> KernelResult<void> {
    auto routes = RouteSocket::open();
    if (!routes) {
      return routes.error();
    }
    const auto found = find(*routes);
    return found ? work(*routes, *found) : found.error();
  });
}

KernelResult<void> told_of(KernelResult<void> done, std::string_view action, std::string object) {
  if (done) {
    return done;
  }
  KernelError error = done.error();
  error.action = action;
  error.object = std::move(object);
  return error;
}

}  // namespace tapswitch
