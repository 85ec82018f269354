// SPDX-License-Identifier: Apache-2.0
// params_builder.hpp: the parameters of a call, put together from options that may contradict each
// other; it remembers who said what, so that the complaint can name both.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/rpc/json.hpp"

namespace tapswitch::tapctl {

class ParamsBuilder {
 public:
  using Path = std::vector<std::string>;

  // Sets what 'path' leads to, making objects on the way. 'spelling' is how the person said it:
  // "--native", "DST". Throws UsageError if it was set already.
  void put(const Path& path, Json value, const std::string& spelling);

  [[nodiscard]] Json take() { return std::move(params_); }

 private:
  // Returns who has set 'field', or an object that it is in.
  [[nodiscard]] std::string sayer_of(const std::string& field) const;

  Json params_ = Json::object();
  std::map<std::string, std::string> sayers_;  // spellings by field: "vlan.native"
};

}  // namespace tapswitch::tapctl
