// SPDX-License-Identifier: Apache-2.0
#include "control/network/claims.hpp"

#include "control/rpc/error.hpp"

namespace tapswitch::network {

void Claims::check(const config::FarEnd& far_end) const {
  const auto claim = config::claim_of(far_end);
  if (!claim) {
    return;
  }
  if (const std::string* user = holder_of(claim->name)) {
    throw rpc::Error(rpc::ErrorKind::already_exists,
                     "port '" + *user + "' has the " + claim->name + " already",
                     {{"object", claim->name}, {"field", claim->member}, {"port", *user}});
  }
}

void Claims::take(const std::string& port, const config::FarEnd& far_end) {
  release(port);
  if (const auto claim = config::claim_of(far_end)) {
    held_[port] = claim->name;
    holders_[claim->name] = port;
  }
}

void Claims::release(const std::string& port) noexcept {
  const auto held = held_.find(port);
  if (held == held_.end()) {
    return;
  }
  // Names may have been exchanged: it is another port's by then.
  const auto holder = holders_.find(held->second);
  if (holder != holders_.end() && holder->second == port) {
    holders_.erase(holder);
  }
  held_.erase(held);
}

const std::string* Claims::holder_of(const std::string& claim) const {
  const auto found = holders_.find(claim);
  return found == holders_.end() ? nullptr : &found->second;
}

}  // namespace tapswitch::network
