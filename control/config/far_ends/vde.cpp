// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/vde.hpp"

#include <utility>

#include <fmt/format.h>

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/vde/vde_door.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

// So that the name of a guest, "NAME.256", is a name too.
constexpr std::size_t longest_door_name = 28;

bool is_directory(std::string_view text) {
  return text.starts_with('/') && text.size() <= VdeDoor::max_directory_size &&
         text.find('\0') == std::string_view::npos;
}

}  // namespace

std::vector<Field> VdeSpec::fields() {
  std::vector<Field> fields = {
      {"directory",
       Schema::text(
           "vde-directory",
           fmt::format("an absolute path of at most {} bytes", VdeDoor::max_directory_size),
           is_directory),
       "the control directory at which VDE clients come in; made if it does not exist, for those "
       "who may use the sockets in it",
       true},
  };
  for (Field& field : SocketAccess::fields()) {
    fields.push_back(std::move(field));
  }
  return fields;
}

void VdeSpec::read(const Json& json, const std::string& port_name) {
  config::read(json, "directory", directory);
  access.read(json);
  if (port_name.size() > longest_door_name) {
    throw rpc::invalid_params({{"name", "too long for the names of its guests, as 'NAME.256'",
                                "at most 28 characters for a port of type 'vde'"}});
  }
}

void VdeSpec::write(Json& json, const std::string& /*port_name*/, Format /*format*/) const {
  json["directory"] = directory;
  access.write(json);
}

std::optional<Claim> VdeSpec::claim() const {
  return Claim{.name = "directory '" + directory + "'", .member = "directory"};
}

}  // namespace tapswitch::config
