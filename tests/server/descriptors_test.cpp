// SPDX-License-Identifier: Apache-2.0
// Descriptors that come with lines: to which line they belong, and that none is left open.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "tests/server/server_fixture.hpp"

namespace tapswitch::server {
namespace descriptors_test {

class DescriptorsTest : public ServerTest {
 protected:
  static std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  // A pipe's ends are one file, and each pipe is another.
  struct Pipe {
    Pipe() {
      int ends[2];
      EXPECT_EQ(::pipe2(static_cast<int*>(ends), O_CLOEXEC), 0);
      reader.reset(ends[0]);
      writer.reset(ends[1]);
    }
    [[nodiscard]] int fd() const { return reader.get(); }
    [[nodiscard]] std::string taken() const { return "file " + file_of(reader.get()); }

    UniqueFd reader;
    UniqueFd writer;
  };

  // Whether the daemon holds no end of it any more.
  static bool is_closed_everywhere_else(Pipe& pipe) {
    pipe.reader.reset();
    return test::wait_until(
        [&] { return ::write(pipe.writer.get(), "x", 1) < 0 && errno == EPIPE; });
  }

  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

TEST_F(DescriptorsTest, LineGetsTheDescriptorThatCameWithIt) {
  start();
  TestClient client(path_);
  const Pipe pipe;
  ASSERT_TRUE(client.send_with("take\n", std::array{pipe.fd()}));
  EXPECT_EQ(client.receive(), pipe.taken());
}

TEST_F(DescriptorsTest, LineWithoutAnyGetsNone) {
  start();
  EXPECT_EQ(TestClient(path_).ask("take"), "none");
}

TEST_F(DescriptorsTest, LinesBeforeAndBehindGetNone) {
  start();
  TestClient client(path_);
  const Pipe pipe;
  // The server may read the first two at once.
  ASSERT_TRUE(client.send("take\ntake\n"));
  ASSERT_TRUE(client.send_with("take\n", std::array{pipe.fd()}));
  ASSERT_TRUE(client.send("take\n"));
  for (const std::string& answer :
       {std::string("none"), std::string("none"), pipe.taken(), std::string("none")}) {
    EXPECT_EQ(client.receive(), answer);
  }
}

TEST_F(DescriptorsTest, LineInPartsGetsThoseOfAnyPart) {
  start();
  TestClient client(path_);
  const Pipe pipe;
  ASSERT_TRUE(client.send_with("ta", std::array{pipe.fd()}));
  ASSERT_TRUE(client.send("ke\n"));
  EXPECT_EQ(client.receive(), pipe.taken());
}

TEST_F(DescriptorsTest, PartOfALineKeepsItsOwnWhenTheNextLineBringsOthers) {
  start();
  TestClient client(path_);
  const Pipe first;
  const Pipe second;
  ASSERT_TRUE(client.send_with("ta", std::array{first.fd()}));
  ASSERT_TRUE(client.send_with("ke\ntake\n", std::array{second.fd()}));
  EXPECT_EQ(client.receive(), first.taken());
  EXPECT_EQ(client.receive(), second.taken());
}

TEST_F(DescriptorsTest, WhatNobodyTakesIsClosedWhenTheLineIsAnswered) {
  start();
  TestClient client(path_);
  Pipe pipe;
  ASSERT_TRUE(client.send_with("leave it\n", std::array{pipe.fd()}));
  EXPECT_EQ(client.receive(), "leave it");
  EXPECT_TRUE(is_closed_everywhere_else(pipe));
}

TEST_F(DescriptorsTest, TooManyAreClosedAtOnceAndTheLineIsTold) {
  start({.descriptors_per_line = 4});
  TestClient client(path_);
  Pipe pipe;
  ASSERT_TRUE(client.send_with("take\n", std::vector<int>(5, pipe.fd())));
  EXPECT_EQ(client.receive(), "limit_reached");
  EXPECT_EQ(client.ask("the next"), "the next");
  ASSERT_TRUE(client.send_with("ta", std::vector<int>(3, pipe.fd())));
  ASSERT_TRUE(client.send_with("ke\n", std::vector<int>(3, pipe.fd())));
  EXPECT_EQ(client.receive(), "limit_reached");
  EXPECT_TRUE(is_closed_everywhere_else(pipe));
}

TEST_F(DescriptorsTest, AsManyAsTheLimitAreTaken) {
  start({.descriptors_per_line = 4});
  TestClient client(path_);
  const Pipe pipe;
  ASSERT_TRUE(client.send_with("take\n", std::vector<int>(4, pipe.fd())));
  EXPECT_EQ(client.receive(), pipe.taken());
}

TEST_F(DescriptorsTest, ReadOnlySocketTakesNone) {
  start();
  TestClient client(read_only_path_);
  Pipe pipe;
  if (!client.send_with("take\n", std::array{pipe.fd()})) {
    ASSERT_EQ(errno, EPERM);  // since Linux 6.16 the kernel refuses them
    ASSERT_TRUE(client.send("take\n"));
  }
  EXPECT_EQ(client.receive(), "none");
  EXPECT_TRUE(is_closed_everywhere_else(pipe));
}

TEST_F(DescriptorsTest, ReadOnlySocketTakesThemFromWhoMayCapture) {
  capture_group_ = ::getegid();
  start();
  TestClient client(read_only_path_);
  const Pipe pipe;
  ASSERT_TRUE(client.send_with("take\n", std::array{pipe.fd()}));
  EXPECT_EQ(client.receive(), pipe.taken());
}

TEST_F(DescriptorsTest, ReadOnlySocketTakesNoneFromOthersThanThose) {
  capture_group_ = 4'000'000'000;  // nobody is in it
  start();
  TestClient client(read_only_path_);
  ASSERT_EQ(client.ask("hello"), "hello");
  Pipe pipe;
  if (!client.send_with("take\n", std::array{pipe.fd()})) {
    ASSERT_EQ(errno, EPERM);  // since Linux 6.16 the kernel refuses them
    ASSERT_TRUE(client.send("take\n"));
  }
  EXPECT_EQ(client.receive(), "none");
  EXPECT_TRUE(is_closed_everywhere_else(pipe));
}

TEST_F(DescriptorsTest, ClientThatDiesWithinALineLeavesNone) {
  start();
  TestClient client(path_);
  Pipe pipe;
  ASSERT_TRUE(client.send_with("half a li", std::array{pipe.fd()}));
  ASSERT_TRUE(sessions_become(1));
  client.close();
  EXPECT_TRUE(is_closed_everywhere_else(pipe));
}

TEST_F(DescriptorsTest, LineThatIsTooLongLeavesNone) {
  start({.line_bytes = 100});
  TestClient client(path_);
  Pipe pipe;
  ASSERT_TRUE(client.send_with(std::string(200, 'x'), std::array{pipe.fd()}));
  ASSERT_TRUE(client.receive());
  client.close();
  EXPECT_TRUE(is_closed_everywhere_else(pipe));
}

TEST_F(DescriptorsTest, ThousandLinesLeaveNone) {
  start();
  TestClient client(path_);
  const Pipe pipe;
  ASSERT_EQ(client.ask("settled"), "settled");
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(client.send_with(i % 2 == 0 ? "take\n" : "leave\n", std::array{pipe.fd()}));
    ASSERT_TRUE(client.receive());
  }
  EXPECT_TRUE(test::wait_until([before] { return open_descriptors() == before; }));
}

}  // namespace descriptors_test
}  // namespace tapswitch::server
