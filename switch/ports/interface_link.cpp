// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/interface_link.hpp"

#include <cerrno>
#include <utility>

#include "switch/system/link_reader.hpp"
#include "switch/system/shortage.hpp"

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

namespace {

struct FoundInterface {
  bool has_name = false;
  std::string name = {};
  KernelResult<InterfaceInfo> info = KernelError();  // no error of the kernel: it has no name
};

FoundInterface find_interface(LinkReader& reader, const Whereabouts& where) {
  FoundInterface found;
  // Once more if it was renamed or moved between the question where it is and the look there.
  for (int attempt = 0; attempt < 2 && !found.info; ++attempt) {
    auto name = where.name();
    if (!name) {
      return {};
    }
    found.has_name = true;
    found.name = std::move(*name);
    const auto home = where.name_space();
    found.info = home ? reader.find(home->get(), found.name) : home.error();
    if (found.info && where.is_it && !where.is_it(*found.info)) {
      found.info = kernel_error(EPERM, "RTM_GETLINK", "find", found.name);
    }
  }
  return found;
}

}  // namespace

// EAGAIN is what is said where there may be no further thread.
std::optional<LinkStatus> link_in_shortage(const KernelError& error) {
  if (!is_shortage(error.number) && error.number != EAGAIN) {
    return std::nullopt;
  }
  LinkStatus status;
  status.shortage = error.number;
  return status;
}

LinkStatus read_interface_link(LinkReader& reader, const Whereabouts& where) {
  const FoundInterface found = find_interface(reader, where);
  if (found.info) {
    return to_link(*found.info);
  }
  if (auto unseen = link_in_shortage(found.info.error())) {
    return *std::move(unseen);
  }
  // A link behind a door that is closed to us is as good as up: what is sent will tell.
  const int number = found.info.error().number;
  const bool is_closed = number == EPERM || number == EACCES;
  LinkStatus status;
  status.is_present = found.has_name;
  status.is_up = status.has_carrier = found.has_name && is_closed;
  status.interface = found.name;
  return status;
}

InterfaceStatistics read_interface_statistics(LinkReader& reader, std::optional<int> index,
                                              const Whereabouts& where) {
  if (index) {
    if (const auto told = reader.statistics(*index)) {
      return *told;
    }
  }
  const FoundInterface found = find_interface(reader, where);
  return found.info ? found.info->statistics : InterfaceStatistics();
}

}  // namespace tapswitch
