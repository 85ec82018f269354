// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/host.hpp"

#include "control/rpc/error.hpp"

namespace tapswitch::config {

void check_stands_for_itself(const SocketAddress& address, const char* member) {
  if (address.is_mapped()) {
    throw rpc::invalid_params(
        {{member, "an address of IPv4 in the form of IPv6", "the address of IPv4 itself"}});
  }
  if (address.is_of_a_link()) {
    throw rpc::invalid_params({{member, "an address of a link, and which link cannot be said",
                                "an address that is not of fe80::/10"}});
  }
}

}  // namespace tapswitch::config
