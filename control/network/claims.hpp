// SPDX-License-Identifier: Apache-2.0
// claims.hpp: which port has what far ends claim: an interface of a name in a namespace, a path,
// the other end of a patch (config/far_ends/claim.hpp). Of a claim there is one holder at most, and
// a port holds one at most. Threads: one at a time. Limits: those of the ports.
#pragma once

#include <map>
#include <string>

#include "control/config/far_end.hpp"

namespace tapswitch::network {

class Claims {
 public:
  // Throws already_exists if a port has what 'far_end' claims.
  void check(const config::FarEnd& far_end) const;
  // Gives 'port' what 'far_end' claims, if it claims anything, for what it has. Whoever else holds
  // that holds it no more.
  void take(const std::string& port, const config::FarEnd& far_end);
  // Does nothing if 'port' holds nothing any more. Takes no memory.
  void release(const std::string& port) noexcept;

  // Returns the port that has the claim of this name; nullptr if none has.
  [[nodiscard]] const std::string* holder_of(const std::string& claim) const;

 private:
  std::map<std::string, std::string> holders_;  // by claim
  std::map<std::string, std::string> held_;     // by port; that may be another's by now
};

}  // namespace tapswitch::network
