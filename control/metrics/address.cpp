// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/address.hpp"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

namespace tapswitch::metrics {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr const char* this_machine = "127.0.0.1";

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument(fmt::format(
      "'{}' is no address: give ADDRESS:PORT such as 127.0.0.1:9100 or [::1]:9100, :PORT for this "
      "machine alone, or unix:PATH",
      text));
}

}  // namespace

Address parse_address(std::string_view text) {
  if (text.starts_with(unix_prefix)) {
    const std::string_view path = text.substr(unix_prefix.size());
    if (path.empty()) {
      refuse(text);
    }
    return UnixAddress{std::string(path)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    refuse(text);
  }
  const std::string_view digits = text.substr(colon + 1);
  TcpAddress address;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    refuse(text);
  }
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  address.host = host.empty() ? this_machine : std::string(host);
  boost::system::error_code ill;
  const auto parsed = boost::asio::ip::make_address(address.host, ill);
  if (ill || parsed.is_v6() != is_bracketed) {
    refuse(text);
  }
  return address;
}

}  // namespace tapswitch::metrics
