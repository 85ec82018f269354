// SPDX-License-Identifier: Apache-2.0
#include "control/network/kernel_refusal.hpp"

namespace tapswitch::network {

rpc::Error refusal(const KernelError& error) {
  Json data = {{"errno", error.number},
               {"errno_name", errno_name(error.number)},
               {"call", error.call},
               {"object", error.object}};
  if (error.missing.empty()) {
    return {rpc::ErrorKind::kernel_refused, error.message(), std::move(data)};
  }
  data["missing"] = error.missing;
  return {rpc::ErrorKind::permission_denied, error.message(), std::move(data)};
}

rpc::Error cannot_look(int shortage, std::string_view object) {
  return refusal(kernel_error(shortage, "RTM_GETLINK", "look at", object));
}

LinkStatus link_or_refuse(const Port& port) {
  LinkStatus link = port.link();
  if (link.shortage != 0) {
    throw cannot_look(link.shortage, "the interface of a port");
  }
  return link;
}

}  // namespace tapswitch::network
