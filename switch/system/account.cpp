// SPDX-License-Identifier: Apache-2.0
#include "switch/system/account.hpp"

#include <grp.h>
#include <pwd.h>

#include <charconv>
#include <cstdint>

namespace tapswitch {
namespace {

std::optional<std::uint32_t> number_in(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<uid_t> find_user(const std::string& text) {
  const passwd* const found = ::getpwnam(text.c_str());
  return found != nullptr ? found->pw_uid : number_in(text);
}

std::optional<gid_t> find_group(const std::string& text) {
  const group* const found = ::getgrnam(text.c_str());
  return found != nullptr ? found->gr_gid : number_in(text);
}

}  // namespace tapswitch
