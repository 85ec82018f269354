// SPDX-License-Identifier: Apache-2.0
#include "control/server/socket_path.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tapswitch::server {
namespace {

constexpr uid_t root = 0;
constexpr uid_t user = 1000;

TEST(SocketPath, OptionBeatsVariableBeatsPlace) {
  const std::optional<std::string> none;
  const struct {
    std::optional<std::string> option;
    SocketEnvironment environment;
    std::string path;
  } cases[] = {
      {"/a", {.socket = "/b", .runtime_dir = "/c", .uid = root}, "/a"},
      {none, {.socket = "/b", .runtime_dir = "/c", .uid = root}, "/b"},
      {none, {.socket = "/b", .runtime_dir = none, .uid = user}, "/b"},
      {none, {.socket = none, .runtime_dir = "/c", .uid = root}, "/run/tapswitch/control.sock"},
      {none, {.socket = none, .runtime_dir = none, .uid = root}, "/run/tapswitch/control.sock"},
      {none, {.socket = none, .runtime_dir = "/c", .uid = user}, "/c/tapswitch/control.sock"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(socket_path(row.option, row.environment), row.path);
  }
}

TEST(SocketPath, UserWithoutARuntimeDirectoryIsToldWhatToDo) {
  try {
    socket_path(std::nullopt, {.socket = {}, .runtime_dir = {}, .uid = user});
    FAIL() << "there is no place for it";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("--socket"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tapswitch::server
