// SPDX-License-Identifier: Apache-2.0
#include "switch/system/socket_file.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>

#include "switch/system/unique_fd.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/root.hpp"

namespace tapswitch {
namespace socket_file_test {

class SocketFileTest : public testing::Test {
 protected:
  KernelResult<SocketFile> bind(const FileAccess& access = {}) {
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto location = SocketLocation::of_path(address_.path());
    return location ? SocketFile::bind(socket_.get(), SOCK_STREAM, *location, access)
                    : location.error();
  }

  [[nodiscard]] struct stat status() const {
    struct stat status {};
    ::lstat(path_.c_str(), &status);
    return status;
  }

  // A socket file that nobody has open any more.
  void leave_stale() {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), address_.get(), address_.size()), 0);
  }

  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("socket");
  SocketAddress address_ = *SocketAddress::of_path(path_);
  UniqueFd socket_;
};

TEST_F(SocketFileTest, IsForItsOwnerAloneAndGoesWithItsObject) {
  std::optional<SocketFile> file;
  {
    auto bound = bind();
    ASSERT_TRUE(bound) << bound.error().message();
    file = std::move(*bound);
  }
  EXPECT_TRUE(S_ISSOCK(status().st_mode));
  EXPECT_EQ(status().st_mode & 0777U, 0600U);
  file.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, GroupAndOwnerMayBeGiven) {
  TAPSWITCH_REQUIRES_ROOT();
  const auto file = bind({.owner = 1234, .group = 2345, .mode = {}});
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(status().st_uid, 1234U);
  EXPECT_EQ(status().st_gid, 2345U);
  EXPECT_EQ(status().st_mode & 0777U, 0660U);
}

TEST_F(SocketFileTest, ModeIsThatWhichIsSaid) {
  for (const mode_t mode : {0666U, 0620U, 0600U}) {
    const auto file = bind({.owner = {}, .group = ::getegid(), .mode = mode});
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(status().st_mode & 07777U, mode);
  }
}

TEST_F(SocketFileTest, StaleSocketIsReplaced) {
  leave_stale();
  const auto file = bind();
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(::listen(socket_.get(), 1), 0);
}

TEST_F(SocketFileTest, SocketThatSomebodyHasOpenIsNot) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const UniqueFd other(::socket(AF_UNIX, type, 0));
    ASSERT_EQ(::bind(other.get(), address_.get(), address_.size()), 0);
    ::listen(other.get(), 1);
    const auto file = bind();
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().number, EADDRINUSE);
    EXPECT_EQ(file.error().message(),
              "cannot make socket '" + path_ + "': Address already in use (a program has it open)");
    EXPECT_TRUE(std::filesystem::exists(path_));
    std::filesystem::remove(path_);
  }
}

TEST_F(SocketFileTest, AnyOtherFileStays) {
  std::ofstream(path_) << "precious";
  const auto file = bind();
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().number, EEXIST);
  EXPECT_EQ(std::filesystem::file_size(path_), 8U);

  std::filesystem::remove(path_);
  leave_stale();
  const std::string link = directory_.file("link");
  std::filesystem::create_symlink(path_, link);
  address_ = *SocketAddress::of_path(link);
  EXPECT_FALSE(bind());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST_F(SocketFileTest, FileThatHasTakenItsPlaceStays) {
  {
    const auto file = bind();
    ASSERT_TRUE(file);
    std::filesystem::remove(path_);
    std::ofstream(path_) << "another's";
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, DirectoryThatIsMissingIsSaid) {
  address_ = *SocketAddress::of_path(directory_.file("no/socket"));
  const auto file = bind();
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().number, ENOENT);
  EXPECT_EQ(file.error().call, "bind");
}

}  // namespace socket_file_test
}  // namespace tapswitch
