// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/tap.hpp"

#include <array>

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/tap/tap_device.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::array<const char*, 2> duplex_names = {"half", "full"};

}  // namespace

std::vector<Field> TapSpec::fields() {
  std::vector<Field> fields = MadeInterface::fields();
  const std::vector<Field> own = {
      {"speed", Schema::integer(1, 1'000'000),
       "what the interface says of its speed, in Mbit/s; default: 10000 if it is made, else as it "
       "is; a change takes the carrier away for a moment"},
      {"duplex", Schema::word({duplex_names.begin(), duplex_names.end()}),
       "what it says of its duplex; default: full if it is made, else as it is"},
      {"owner", account_schema(), "the user who may open the interface"},
      {"group", account_schema(), "the group whose members may open the interface"},
      {"queues", Schema::integer(1, TapDevice::max_queues),
       "by how many queues the switch receives, each with a worker of its own", false, 1},
      {"passed", Schema::boolean(),
       "its descriptor came with port.add (fd): a document can keep such a port, not open it",
       false, false},
  };
  fields.insert(fields.end(), own.begin(), own.end());
  return fields;
}

bool TapSpec::is_fixed(std::string_view member) {
  return MadeInterface::is_fixed(member) || member == "queues" || member == "passed";
}

void TapSpec::read(const Json& json, const std::string& port_name) {
  config::read(json, "speed", speed);
  if (const auto duplex = json.find("duplex"); duplex != json.end()) {
    is_full_duplex = *duplex == duplex_names[1];
  }
  config::read(json, "owner", owner);
  config::read(json, "group", group);
  config::read(json, "queues", queues);
  config::read(json, "passed", is_passed);
  MadeInterface::read(json, port_name);
  if (is_passed && reopen) {
    throw rpc::invalid_params(
        {{"reopen", "a TAP that was passed (fd) can only be passed again", "false"}});
  }
}

void TapSpec::write(Json& json, const std::string& port_name, Format format) const {
  const TapSpec defaults;
  MadeInterface::write(json, port_name, format);
  config::write(json, "speed", speed);
  if (is_full_duplex) {
    json["duplex"] = duplex_names[*is_full_duplex ? 1 : 0];
  }
  config::write(json, "owner", owner);
  config::write(json, "group", group);
  config::write(json, "queues", queues, defaults.queues, format);
  config::write(json, "passed", is_passed, defaults.is_passed, format);
}

// Nobody said where a TAP is that somebody has passed to us.
std::optional<Claim> TapSpec::claim() const {
  return is_passed ? std::nullopt : MadeInterface::claim();
}

bool TapSpec::can_become(const TapSpec& wanted) const {
  return MadeInterface::can_become(wanted) && queues == wanted.queues &&
         is_passed == wanted.is_passed;
}

}  // namespace tapswitch::config
