// SPDX-License-Identifier: Apache-2.0
// The file of a socket where another may exchange what is in its directory, and what leads there.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "switch/ports/vde/vde_directory.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/socket_file.hpp"
#include "tests/server/temporary_directory.hpp"

namespace tapswitch {
namespace socket_location_test {

namespace fs = std::filesystem;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

// Runs 'work' again and again, beside the test.
class Beside {
 public:
  explicit Beside(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          while (!is_over_) {
            work();
          }
        }) {}
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

class SocketLocationTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(ours_);
    fs::create_directory(others_);
  }

  static KernelResult<SocketFile> bind(const PeerSocket& socket, const SocketLocation& location,
                                       mode_t mode = 0666) {
    return SocketFile::bind(socket.get(), SOCK_DGRAM, location,
                            {.owner = {}, .group = {}, .mode = mode});
  }

  test::TemporaryDirectory directory_;
  std::string ours_ = directory_.file("ours");
  std::string others_ = directory_.file("others");
  PeerSocket socket_ = PeerSocket::open(AF_UNIX, SOCK_DGRAM);
};

TEST_F(SocketLocationTest, FileIsMadeAndRemovedWhereThePathLedAtFirst) {
  const auto location = SocketLocation::of_path(ours_ + "/a.sock");
  ASSERT_TRUE(location);
  fs::rename(ours_, directory_.file("moved"));
  fs::create_directory_symlink(others_, ours_);
  {
    const auto file = bind(socket_, *location);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(mode_of(directory_.file("moved/a.sock")), 0666U);
    EXPECT_TRUE(fs::is_empty(others_));
    EXPECT_TRUE(file->is_there());
  }
  EXPECT_TRUE(fs::is_empty(directory_.file("moved")));
}

TEST_F(SocketLocationTest, FileThatIsRemovedOrReplacedIsNotThere) {
  const auto location = SocketLocation::of_path(ours_ + "/a.sock");
  const auto file = bind(socket_, *location);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->is_there());
  fs::rename(ours_ + "/a.sock", ours_ + "/b.sock");
  EXPECT_FALSE(file->is_there());
  const PeerSocket another = PeerSocket::open(AF_UNIX, SOCK_DGRAM);
  const auto replaced = bind(another, *location);
  ASSERT_TRUE(replaced);
  EXPECT_FALSE(file->is_there());
  EXPECT_TRUE(replaced->is_there());
  // Nor is it removed in the place of ours.
  fs::rename(ours_ + "/b.sock", ours_ + "/a.sock");
  EXPECT_TRUE(file->is_there());
  EXPECT_FALSE(replaced->is_there());
}

TEST_F(SocketLocationTest, OwnSocketsAreKnownByWhateverName) {
  const auto file = bind(socket_, *SocketLocation::of_path(ours_ + "/a.sock"));
  ASSERT_TRUE(file);
  fs::create_hard_link(ours_ + "/a.sock", ours_ + "/b.sock");
  fs::create_symlink(ours_ + "/a.sock", ours_ + "/c.sock");
  for (const char* name : {"/a.sock", "/b.sock", "/c.sock"}) {
    EXPECT_FALSE(open_foreign_socket(ours_ + name).is_open());
    EXPECT_EQ(errno, ELOOP) << name;
  }
  const UniqueFd other(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto location = *SocketAddress::of_path(ours_ + "/d.sock");
  ASSERT_EQ(::bind(other.get(), location.get(), location.size()), 0);
  EXPECT_TRUE(open_foreign_socket(ours_ + "/d.sock").is_open());
}

TEST_F(SocketLocationTest, NameThatIsTooLongIsRefused) {
  const auto location = SocketLocation::of_path(ours_ + "/" + std::string(81, 'x'));
  const auto file = bind(socket_, *location);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().number, ENAMETOOLONG);
}

// Another door's socket is put in the place of ours between its making and its giving away. Whoever
// can do that can also have it removed.
TEST_F(SocketLocationTest, WhatIsGivenAwayIsWhatWasBound) {
  const std::string path = ours_ + "/kept.sock";
  const Beside exchange([this, &path] {
    ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, (ours_ + "/a.sock").c_str(), RENAME_EXCHANGE);
  });
  for (int turn = 0; turn < 50; ++turn) {
    const PeerSocket another = PeerSocket::open(AF_UNIX, SOCK_DGRAM);
    const auto kept = bind(another, *SocketLocation::of_path(path), 0600);
    if (!kept) {
      continue;  // what is exchanged was in its place at that moment
    }
    const UniqueFd file(open_bound(another.get(), *SocketLocation::of_path(path)));
    for (int i = 0; i < 40; ++i) {
      const PeerSocket socket = PeerSocket::open(AF_UNIX, SOCK_DGRAM);
      const auto bound = bind(socket, *SocketLocation::of_path(ours_ + "/a.sock"));
      struct stat status {};
      ASSERT_EQ(::fstat(file.get(), &status), 0);
      ASSERT_EQ(status.st_mode & 07777U, 0600U) << "in turn " << turn << ", " << i;
    }
  }
}

TEST_F(SocketLocationTest, LinkToADirectoryIsNoDirectory) {
  fs::create_directory_symlink(others_, ours_ + "/vde");
  const auto directory = VdeDirectory::open(ours_ + "/vde", {});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message(), "cannot open VDE directory '" + ours_ +
                                             "/vde': Not a directory (what is there is no "
                                             "directory)");
}

// A link to a directory of ours is put in the place of the one that was made.
TEST_F(SocketLocationTest, DirectoryThatIsGivenAwayIsTheOneThatWasMade) {
  ASSERT_EQ(::chmod(others_.c_str(), 0700), 0);
  const std::string path = ours_ + "/vde";
  const std::string aside = ours_ + "/aside";
  const Beside exchange([&] {
    ::rename(path.c_str(), aside.c_str());
    (void)!::symlink(others_.c_str(), path.c_str());
    ::unlink(path.c_str());
    ::rmdir(aside.c_str());
  });
  for (int i = 0; i < 2'000; ++i) {
    (void)VdeDirectory::open(path, {.owner = {}, .group = {}, .mode = mode_t{0666}});
    ASSERT_EQ(mode_of(others_), 0700U) << "in turn " << i;
  }
}

}  // namespace socket_location_test
}  // namespace tapswitch
