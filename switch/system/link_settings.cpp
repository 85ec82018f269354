// SPDX-License-Identifier: Apache-2.0
#include "switch/system/link_settings.hpp"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {
namespace {

// The settings are followed by three masks of link modes, of as many words as the kernel has.
constexpr std::size_t most_mask_words = std::size_t{3} * 127;

class Message {
 public:
  Message() : words_(sizeof(ethtool_link_settings) / sizeof(std::uint32_t) + most_mask_words) {}

  [[nodiscard]] ethtool_link_settings& settings() {
    return *reinterpret_cast<ethtool_link_settings*>(words_.data());
  }

 private:
  std::vector<std::uint32_t> words_;
};

KernelResult<void> exchange_settings(const std::string& interface, std::uint32_t command,
                                     Message& message) {
  message.settings().cmd = command;
  ifreq request{};
  const std::size_t size = std::min(interface.size(), sizeof request.ifr_name - 1);
  std::memcpy(request.ifr_name, interface.data(), size);
  request.ifr_data = reinterpret_cast<char*>(&message.settings());
  // The kernel asks only in which namespace it was made, whatever kind it is.
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || ::ioctl(fd.get(), SIOCETHTOOL, &request) != 0) {
    return kernel_error(errno, "SIOCETHTOOL", "look at the speed of",
                        fmt::format("interface '{}'", interface));
  }
  return {};
}

// The kernel first tells how many words its masks have, by a negative number.
KernelResult<Message> ask_for_settings(const std::string& interface) {
  Message message;
  if (auto asked = exchange_settings(interface, ETHTOOL_GLINKSETTINGS, message); !asked) {
    return asked.error();
  }
  const int words = -message.settings().link_mode_masks_nwords;
  message = Message();
  message.settings().link_mode_masks_nwords = static_cast<std::int8_t>(words);
  if (auto answered = exchange_settings(interface, ETHTOOL_GLINKSETTINGS, message); !answered) {
    return answered.error();
  }
  return message;
}

}  // namespace

KernelResult<LinkSettings> read_link_settings(const std::string& interface) {
  auto message = ask_for_settings(interface);
  if (!message) {
    return message.error();
  }
  return LinkSettings{.speed = message->settings().speed,
                      .is_full_duplex = message->settings().duplex == DUPLEX_FULL};
}

KernelResult<void> set_link_settings(const std::string& interface, const LinkSettings& settings) {
  auto message = ask_for_settings(interface);
  if (!message) {
    return message.error();
  }
  message->settings().speed = settings.speed;
  message->settings().duplex = settings.is_full_duplex ? DUPLEX_FULL : DUPLEX_HALF;
  return exchange_settings(interface, ETHTOOL_SLINKSETTINGS, *message);
}

}  // namespace tapswitch
