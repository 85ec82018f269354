// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/interface_link.hpp"

#include <cerrno>

#include "switch/ports/link_reader.hpp"

namespace tapswitch {

LinkStatus to_link(const InterfaceInfo& info) {
  return {.is_present = true,
          .is_up = info.is_up,
          .has_carrier = info.has_carrier,
          .index = info.index,
          .interface = info.name,
          .mac = info.mac,
          .mtu = info.mtu};
}

InterfaceLink read_interface_link(LinkReader& reader,
                                  const std::function<KernelResult<std::string>()>& name,
                                  const std::function<KernelResult<UniqueFd>()>& name_space) {
  InterfaceLink link;
  int refused_by = 0;
  // Once more if it was renamed or moved between the question where it is and the look there.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto called = name();
    if (!called) {
      return {};
    }
    link.status.is_present = true;
    link.status.interface = *called;
    const auto place = name_space();
    if (!place) {
      refused_by = place.error().number;
      continue;
    }
    const auto info = reader.find(place->get(), *called);
    if (info) {
      return {.status = to_link(*info), .statistics = info->statistics};
    }
    refused_by = info.error().number;
  }
  // Behind a door that is closed to us it is as good as up: what is sent will tell.
  link.status.is_up = link.status.has_carrier = refused_by == EPERM || refused_by == EACCES;
  return link;
}

}  // namespace tapswitch
