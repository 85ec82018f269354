// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/reconnect.hpp"

#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace {

constexpr const char* reconnect_member = "reconnect_seconds";

}  // namespace

rpc::Field Reconnect::field() {
  return {reconnect_member, rpc::Schema::integer(1, 3600),
          "with connect: how long after an end or a failure it connects again", false,
          default_seconds};
}

void Reconnect::read(const Json& json) { config::read(json, reconnect_member, seconds); }

void Reconnect::check(bool connects) const {
  if (!connects && seconds != default_seconds) {
    throw rpc::invalid_params(
        {{reconnect_member, "the port does not connect", "a value beside connect alone"}});
  }
}

void Reconnect::write(Json& json, bool connects, Format format) const {
  if (connects) {
    config::write(json, reconnect_member, seconds, default_seconds, format);
  }
}

}  // namespace tapswitch::config
