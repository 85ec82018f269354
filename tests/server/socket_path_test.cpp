// SPDX-License-Identifier: Apache-2.0
#include "control/server/socket_path.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "tests/support/root.hpp"

namespace tapswitch::server {
namespace socket_path_test {

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

// Nobody has this number: no user has this number.
constexpr uid_t someone = 3'000'000'017;

class PrivateSocketPath : public testing::Test {
 protected:
  PrivateSocketPath() { std::filesystem::remove_all(directory_); }
  ~PrivateSocketPath() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] static std::string path() {
    return socket_path(std::nullopt, {.socket = {}, .runtime_dir = {}, .uid = someone});
  }

  const std::string directory_ = private_directory(someone);
};

TEST_F(PrivateSocketPath, UserWithoutARuntimeDirectoryHasOneInTmp) {
  EXPECT_EQ(path(), directory_ + "/control.sock");
  make_private_directory(path(), someone);
  struct stat status {};
  ASSERT_EQ(stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, S_IRWXU);
  make_private_directory(path(), someone);  // the same again
  EXPECT_EQ(path(), directory_ + "/control.sock");
}

TEST_F(PrivateSocketPath, AnotherPlaceIsNotMade) {
  make_private_directory("/no/such/place/control.sock", someone);
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

TEST_F(PrivateSocketPath, OneThatOthersCanUseIsRefused) {
  std::filesystem::create_directory(directory_);
  std::filesystem::permissions(directory_, std::filesystem::perms(0755));
  EXPECT_THROW((void)path(), std::runtime_error);
}

TEST_F(PrivateSocketPath, LinkIsRefused) {
  std::filesystem::create_directory_symlink("/tmp", directory_);
  EXPECT_THROW((void)path(), std::runtime_error);
  EXPECT_THROW(make_private_directory(directory_ + "/control.sock", someone), std::runtime_error);
}

TEST_F(PrivateSocketPath, OneOfAnotherUserIsRefused) {
  TAPSWITCH_REQUIRES_ROOT();
  std::filesystem::create_directory(directory_);
  std::filesystem::permissions(directory_, std::filesystem::perms(0700));
  ASSERT_EQ(chown(directory_.c_str(), user, user), 0);
  EXPECT_THROW((void)path(), std::runtime_error);
}

}  // namespace socket_path_test
}  // namespace tapswitch::server
