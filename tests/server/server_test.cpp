// SPDX-License-Identifier: Apache-2.0
#include "control/server/server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <vector>

#include "tests/server/server_fixture.hpp"

namespace tapswitch::server {
namespace server_test {

using std::chrono::seconds;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(ServerTest, LinesAreAnsweredInOrderHoweverManyAreSentAtOnce) {
  start();
  TestClient client(path_);
  constexpr int count = 10'000;
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(client.send(std::to_string(i) + '\n'));
    }
  });
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(client.receive(), std::to_string(i));
  }
  sender.join();
}

TEST_F(ServerTest, LineThatNeedsNoReplyGetsNone) {
  start();
  TestClient client(path_);
  ASSERT_TRUE(client.send("quiet\nquiet\n"));
  EXPECT_EQ(client.ask("loud"), "loud");
}

TEST_F(ServerTest, CallerIsKnownByItsSocket) {
  start();
  const std::string uid = std::to_string(getuid());
  EXPECT_EQ(TestClient(path_).ask("caller"), uid + " writes");
  EXPECT_EQ(TestClient(read_only_path_).ask("caller"), uid + " reads");
}

TEST_F(ServerTest, HalfLinesWaitForTheirOtherHalfAndHinderNobody) {
  start({.sessions = 64});
  std::vector<TestClient> clients;
  for (int i = 0; i < 63; ++i) {
    clients.emplace_back(path_);
    ASSERT_TRUE(clients.back().send("he"));
  }
  EXPECT_EQ(TestClient(path_).ask("other"), "other");
  for (TestClient& client : clients) {
    EXPECT_EQ(client.ask("llo"), "hello");
  }
}

TEST_F(ServerTest, OverlongLineIsToldAndEndsItsSession) {
  start({.line_bytes = 1000});
  for (const std::size_t more : {0U, 1U, 100'000U}) {
    TestClient client(path_);
    ASSERT_TRUE(client.send(std::string(1001, 'x')));
    client.send(std::string(more, 'y'));  // what comes behind it does not destroy the reply
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_NE(reply->find("limit_reached"), std::string::npos) << *reply;
    EXPECT_EQ(client.receive(), std::nullopt);
  }
  EXPECT_EQ(TestClient(path_).ask(std::string(1000, 'x')), std::string(1000, 'x'));
}

TEST_F(ServerTest, LineIsShorterAtTheReadOnlySocket) {
  start({.line_bytes = 1000, .read_only_line_bytes = 100});
  TestClient client(read_only_path_);
  ASSERT_TRUE(client.send(std::string(101, 'x')));
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_NE(reply->find("longer than 100 bytes"), std::string::npos) << *reply;
  EXPECT_EQ(client.receive(), std::nullopt);
  EXPECT_EQ(TestClient(read_only_path_).ask(std::string(100, 'x')), std::string(100, 'x'));
}

// The client is neither answered nor read from beyond the limit, so it waits for itself.
TEST_F(ServerTest, ClientThatNeverReadsIsStoppedByTheLimitAndHindersNobody) {
  start({.unsent_bytes_per_session = 2 * big_reply});
  TestClient deaf(path_);
  const std::string questions = [] {
    std::string text;
    for (int i = 0; i < 10'000; ++i) {
      text += "big\n";
    }
    return text;
  }();
  ASSERT_TRUE(deaf.send(questions));
  std::size_t taken = 0;
  const std::string flood(100'000, '\n');
  ASSERT_TRUE(test::wait_until([&] {
    const std::size_t now = deaf.send_some(flood);
    taken += now;
    return now == 0;
  }));
  EXPECT_LT(taken, 10'000'000U);
  EXPECT_EQ(TestClient(path_).ask("other"), "other");
  // When it reads at last, everything is answered.
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(deaf.receive().value_or("").size(), big_reply);
  }
}

TEST_F(ServerTest, ClientThatHasClosedItsSideStillGetsEveryReply) {
  start();
  TestClient client(path_);
  ASSERT_TRUE(client.send("big\nbig\nlast\nwithout a newline"));
  client.half_close();
  EXPECT_EQ(client.receive().value_or("").size(), big_reply);
  EXPECT_EQ(client.receive().value_or("").size(), big_reply);
  EXPECT_EQ(client.receive(), "last");
  EXPECT_EQ(client.receive(), "without a newline");
  EXPECT_EQ(client.receive(), std::nullopt);
  EXPECT_TRUE(sessions_become(0));
}

TEST_F(ServerTest, SessionForWhichThereIsNoMemoryEndsAndNoOther) {
  start();
  TestClient other(path_);
  ASSERT_EQ(other.ask("there"), "there");
  TestClient client(path_);
  ASSERT_TRUE(client.send("huge\n"));
  EXPECT_EQ(client.receive(), std::nullopt);
  EXPECT_EQ(other.ask("still there"), "still there");
  EXPECT_EQ(TestClient(path_).ask("newcomer"), "newcomer");
  EXPECT_TRUE(sessions_become(1));
}

TEST_F(ServerTest, ClientsThatDieLeaveNothingBehind) {
  start();
  ASSERT_TRUE(sessions_become(0));
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 300; ++i) {
    TestClient client(path_);
    switch (i % 4) {
      case 0:
        break;
      case 1:
        client.send("half a li");
        break;
      case 2:
        client.send("big\nbig\nbig\n");
        break;
      default:
        client.send("one\n");
        EXPECT_EQ(client.receive(), "one");
    }
  }
  EXPECT_TRUE(sessions_become(0));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ServerTest, SessionWithMuchToAskDoesNotStarveAnother) {
  start();
  TestClient busy(path_);
  std::string questions;
  for (int i = 0; i < 100'000; ++i) {
    questions += "q\n";
  }
  std::thread sender([&] { busy.send(questions); });
  std::thread reader([&] {
    for (int i = 0; i < 100'000; ++i) {
      ASSERT_EQ(busy.receive(), "q");
    }
  });
  TestClient other(path_);
  for (int i = 0; i < 100; ++i) {
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(other.ask("other"), "other");
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(1));
  }
  sender.join();
  reader.join();
}

TEST_F(ServerTest, ServerWithoutDescriptorsAcceptsAgainWhenThereAreSome) {
  start();
  // The sanitizer needs a descriptor where it meets a type for the first time: here it still has.
  run_a_timer();
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  TestClient waiting(path_);
  ASSERT_EQ(waiting.ask("in"), "in");
  rlimit low = old;
  {
    // One descriptor for the client, none for the server.
    const UniqueFd next(dup(0));
    low.rlim_cur = static_cast<rlim_t>(next.get()) + 1;
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  TestClient late(path_);
  const bool is_connected = late.is_connected();
  EXPECT_EQ(waiting.ask("still"), "still");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
  ASSERT_TRUE(is_connected);
  EXPECT_EQ(late.ask("late"), "late");
}

TEST_F(ServerTest, StopEndsIdleSessionsAtOnce) {
  start();
  TestClient idle(path_);
  TestClient half(path_);
  TestClient half_closed(path_);
  ASSERT_EQ(idle.ask("there"), "there");
  ASSERT_TRUE(half.send("half a li"));
  half_closed.half_close();
  EXPECT_LT(stop(), seconds(1));
  EXPECT_EQ(idle.receive(), std::nullopt);
}

TEST_F(ServerTest, StopDoesNotWaitForEverForAClientThatDoesNotRead) {
  start();
  TestClient deaf(path_);
  ASSERT_TRUE(deaf.send("big\nbig\nbig\nbig\n"));
  ASSERT_TRUE(sessions_become(1));
  EXPECT_LT(stop(), seconds(5));
}

TEST_F(ServerTest, StopSendsWhatWasAnswered) {
  start();
  TestClient client(path_);
  ASSERT_TRUE(client.send("big\nlast\n"));
  // When the first of them has come, both are answered.
  ASSERT_EQ(client.receive().value_or("").size(), big_reply);
  std::thread stopper([this] { stop(); });
  EXPECT_EQ(client.receive(), "last");
  EXPECT_EQ(client.receive(), std::nullopt);
  stopper.join();
}

}  // namespace server_test
}  // namespace tapswitch::server
