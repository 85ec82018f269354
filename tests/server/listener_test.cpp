// SPDX-License-Identifier: Apache-2.0
#include "control/server/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "switch/system/socket_file.hpp"
#include "tests/server/temporary_directory.hpp"

namespace tapswitch::server {
namespace listener_test {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

class ListenerTest : public testing::Test {
 protected:
  // Why no listener can be made; empty if one can.
  std::string refusal(const SocketOptions& options) {
    try {
      const Listener listener(io_, options);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  bool answers() {
    Protocol::socket socket(io_);
    boost::system::error_code error;
    socket.connect(Protocol::endpoint(path_), error);
    return !error;
  }

  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }

  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("control.sock");
  asio::io_context io_{1};
};

TEST_F(ListenerTest, SocketIsThereWithItsRightsAndGoesWithTheListener) {
  {
    const Listener listener(io_, {.path = path_, .mode = 0640, .group = {}});
    EXPECT_TRUE(answers());
    EXPECT_EQ(mode_of(path_), 0640U);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
}

// A port that connects to it would have what a machine sends be carried out as requests.
TEST_F(ListenerTest, SocketIsKnownAsOneOfThisProcess) {
  {
    const Listener listener(io_, {.path = path_});
    EXPECT_FALSE(open_foreign_socket(path_).is_open());
    EXPECT_EQ(errno, ELOOP);
  }
  asio::local::stream_protocol::acceptor other(io_, Protocol::endpoint(path_));
  EXPECT_TRUE(open_foreign_socket(path_).is_open());
}

TEST_F(ListenerTest, DirectoryIsMadeForItsGroupOnly) {
  path_ = directory_.file("new/control.sock");
  const Listener listener(io_, {.path = path_, .group = {}});
  EXPECT_EQ(mode_of(directory_.file("new")), 0750U);
}

TEST_F(ListenerTest, SecondOneIsToldWhoHasTheSocketAndTheFirstGoesOn) {
  const Listener first(io_, {.path = path_, .group = {}});
  EXPECT_EQ(refusal({.path = path_, .group = {}}),
            "already running, pid " + std::to_string(getpid()) + " has the socket '" + path_ + "'");
  EXPECT_TRUE(answers());
}

TEST_F(ListenerTest, SocketOfADeadDaemonIsReplaced) {
  { Protocol::acceptor dead(io_, Protocol::endpoint(path_)); }
  ASSERT_TRUE(std::filesystem::exists(path_));
  const Listener listener(io_, {.path = path_, .group = {}});
  EXPECT_TRUE(answers());
}

TEST_F(ListenerTest, LiveSocketOfAnotherProgramIsLeftAlone) {
  const Protocol::acceptor other(io_, Protocol::endpoint(path_));
  EXPECT_NE(refusal({.path = path_, .group = {}}).find("another program"), std::string::npos);
  EXPECT_TRUE(answers());
}

TEST_F(ListenerTest, WhatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_NE(refusal({.path = path_, .group = {}}).find("is not a socket"), std::string::npos);
  std::string text;
  std::ifstream(path_) >> text;
  EXPECT_EQ(text, "precious");

  // A link is not followed, wherever it leads.
  const std::string link = directory_.file("link.sock");
  std::filesystem::create_symlink(path_, link);
  EXPECT_NE(refusal({.path = link, .group = {}}).find("is not a socket"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

// Whoever may make links in the directory does not choose what is written.
TEST_F(ListenerTest, LockThatIsAnotherFileIsRefused) {
  const std::string precious = directory_.file("precious");
  std::ofstream(precious) << "precious";
  std::filesystem::create_hard_link(precious, path_ + ".lock");
  EXPECT_NE(refusal({.path = path_, .group = {}}).find("has other names"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(precious), 8U);
}

TEST_F(ListenerTest, FileThatHasTakenItsPlaceStays) {
  {
    const Listener listener(io_, {.path = path_, .group = {}});
    std::filesystem::remove(path_);
    std::ofstream(path_) << "another's";
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ListenerTest, DirectoryThatIsPutInThePlaceOfTheMadeOneKeepsItsRights) {
  const std::string victim = directory_.file("victim");
  std::filesystem::create_directory(victim);
  ASSERT_EQ(chmod(victim.c_str(), 0700), 0);
  std::filesystem::create_directory_symlink(victim, directory_.file("new"));
  path_ = directory_.file("new/control.sock");
  // The directory was there: it stays as it is.
  const Listener listener(io_, {.path = path_, .group = {}});
  EXPECT_EQ(mode_of(victim), 0700U);
}

TEST_F(ListenerTest, BadPlacesAreRefusedWithTheirReason) {
  const std::string too_long = directory_.file(std::string(120, 'x'));
  const struct {
    SocketOptions options;
    std::string why;
  } cases[] = {
      {{.path = "", .group = {}}, "1 to 107 characters"},
      {{.path = too_long, .group = {}}, "1 to 107 characters"},
      {{.path = directory_.file("no/such/dir/control.sock"), .group = {}}, "No such file"},
      {{.path = path_, .group = "no-such-group"}, "there is no group 'no-such-group'"},
  };
  for (const auto& row : cases) {
    EXPECT_NE(refusal(row.options).find(row.why), std::string::npos) << refusal(row.options);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ListenerTest, DirectoryOfASocketThatCannotBeIsNotLeft) {
  path_ = directory_.file("new/control.sock");
  EXPECT_NE(refusal({.path = path_, .group = "no-such-group"}), "");
  EXPECT_FALSE(std::filesystem::exists(directory_.file("new")));
  path_ = directory_.file("new/" + std::string(250, 'x'));
  std::filesystem::create_directory(directory_.file("new"));
  EXPECT_NE(refusal({.path = path_, .group = {}}), "");
  EXPECT_TRUE(std::filesystem::exists(directory_.file("new"))) << "it was there";
}

TEST_F(ListenerTest, SocketThatListensAlreadyIsTakenOverAndLeft) {
  Protocol::acceptor other(io_, Protocol::endpoint(path_));
  {
    const Listener listener(io_, UniqueFd(other.release()));
    EXPECT_EQ(listener.path(), path_);
    EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ListenerTest, WhatDoesNotListenIsNotTakenOver) {
  EXPECT_THROW(Listener(io_, UniqueFd(socket(AF_UNIX, SOCK_STREAM, 0))), std::runtime_error);
  EXPECT_THROW(Listener(io_, UniqueFd(open("/dev/null", O_RDWR))), std::runtime_error);
  EXPECT_THROW(Listener(io_, UniqueFd()), std::runtime_error);
}

}  // namespace listener_test
}  // namespace tapswitch::server
