// SPDX-License-Identifier: Apache-2.0
// Many sessions at once: who waits for whom, who has to go, and what all of them may hold.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/server/server_fixture.hpp"

namespace tapswitch::server {
namespace sessions_test {

using std::chrono::milliseconds;

class SessionsTest : public ServerTest {
 protected:
  // Sessions that have been answered once.
  std::vector<TestClient> crowd(const std::string& path, std::size_t count) {
    std::vector<TestClient> clients;
    for (std::size_t i = 0; i < count; ++i) {
      clients.emplace_back(path);
      EXPECT_EQ(clients.back().ask("in"), "in");
    }
    return clients;
  }

  static std::string batch_of(const std::string& word, int count) {
    std::string line = word;
    for (int i = 1; i < count; ++i) {
      line += ' ' + word;
    }
    return line + '\n';
  }
};

// 60 batches of 256 requests of 5 ms are 77 s of work.
TEST_F(SessionsTest, DearBatchesOfReadOnlySessionsHoldUpNoOperator) {
  start();
  std::vector<TestClient> strangers = crowd(read_only_path_, 60);
  TestClient operating(path_);
  for (TestClient& client : strangers) {
    ASSERT_TRUE(client.send(batch_of("dear", 256)));
  }
  std::vector<std::chrono::steady_clock::duration> waits;
  for (int i = 0; i < 50; ++i) {
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(operating.ask("here"), "here");
    waits.push_back(std::chrono::steady_clock::now() - began);
  }
  std::ranges::sort(waits);
  EXPECT_LT(waits[waits.size() / 2], milliseconds(500));
  const auto began = std::chrono::steady_clock::now();
  run_a_timer();
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(2'000));
}

TEST_F(SessionsTest, BatchIsAnsweredWholeHoweverOftenItIsInterrupted) {
  start();
  TestClient client(path_);
  TestClient other(path_);
  ASSERT_TRUE(client.send(batch_of("dear", 20) + "next\n"));
  EXPECT_EQ(other.ask("other"), "other");
  EXPECT_EQ(client.receive().value_or("") + '\n', batch_of("dear", 20));
  EXPECT_EQ(client.receive(), "next");
}

TEST_F(SessionsTest, CrowdAtTheReadOnlySocketLocksNobodyOutOfTheControlSocket) {
  start({.sessions = 8, .read_only_sessions = 8, .read_only_sessions_per_user = 8});
  const std::vector<TestClient> idle = crowd(read_only_path_, 8);
  EXPECT_EQ(TestClient(path_).ask("operator"), "operator");
}

TEST_F(SessionsTest, OneMoreTakesThePlaceOfTheIdlest) {
  start({.sessions = 3});
  std::vector<TestClient> clients = crowd(path_, 3);
  EXPECT_EQ(clients[0].ask("again"), "again");
  EXPECT_EQ(TestClient(path_).ask("one more"), "one more");
  const auto reply = clients[1].receive();
  ASSERT_TRUE(reply);
  EXPECT_NE(reply->find("limit_reached"), std::string::npos) << *reply;
  EXPECT_EQ(clients[1].receive(), std::nullopt);
  EXPECT_EQ(clients[0].ask("still"), "still");
  EXPECT_EQ(clients[2].ask("still"), "still");
}

TEST_F(SessionsTest, UserHasItsShareOfTheReadOnlySocket) {
  start({.read_only_sessions = 8, .read_only_sessions_per_user = 2});
  std::vector<TestClient> clients = crowd(read_only_path_, 3);
  EXPECT_TRUE(sessions_become(2));
  EXPECT_NE(clients[0].receive().value_or("").find("limit_reached"), std::string::npos);
  EXPECT_EQ(clients[2].ask("in"), "in");
}

TEST_F(SessionsTest, NobodyIsSentAwayInTheMidstOfARequest) {
  start({.sessions = 1});
  TestClient busy(path_);
  ASSERT_TRUE(busy.send(batch_of("dear", 100)));
  ASSERT_TRUE(sessions_become(1));
  TestClient late(path_);
  EXPECT_NE(late.receive().value_or("").find("limit_reached"), std::string::npos);
  EXPECT_EQ(late.receive(), std::nullopt);
  EXPECT_EQ(busy.receive().value_or("") + '\n', batch_of("dear", 100));
}

TEST_F(SessionsTest, SessionThatTakesNoReplyIsClosed) {
  start({.patience_with_deaf_sessions = milliseconds(100)});
  TestClient deaf(path_);
  ASSERT_TRUE(deaf.send("big\n"));
  ASSERT_TRUE(sessions_become(1));
  EXPECT_TRUE(sessions_become(0));
}

TEST_F(SessionsTest, SessionThatReadsALittleAtATimeIsNotClosed) {
  constexpr milliseconds patience{1'000};
  start({.patience_with_deaf_sessions = patience});
  TestClient slow(path_);
  ASSERT_TRUE(slow.send("big\n"));
  const auto began = std::chrono::steady_clock::now();
  std::size_t taken = 0;
  for (int step = 1; step <= 20; ++step) {
    taken += slow.take(20'000);
    ASSERT_TRUE(test::wait_until(
        [&] { return std::chrono::steady_clock::now() - began > step * patience / 8; }));
  }
  EXPECT_EQ(slow.receive().value_or("").size(), big_reply - taken);
}

TEST_F(SessionsTest, SessionThatLeavesALongLineUnfinishedIsClosedAndAShortOneIsNot) {
  start({.patience_with_deaf_sessions = milliseconds(100)});
  TestClient long_line(path_);
  TestClient short_line(path_);
  ASSERT_TRUE(short_line.send("shor"));
  ASSERT_TRUE(long_line.send(std::string(100'000, 'x')));
  EXPECT_EQ(long_line.receive(), std::nullopt);
  EXPECT_EQ(short_line.ask("t"), "short");
}

TEST_F(SessionsTest, LongLinesBeyondTheirNumberWaitAndAreAnswered) {
  start({.long_lines_per_user = 1, .patience_in_need = milliseconds(100)});
  TestClient first(path_);
  TestClient second(path_);
  const std::string line(100'000, 'x');
  ASSERT_TRUE(first.send(line));
  ASSERT_TRUE(second.send(line.substr(0, 20'000)));
  // The first one keeps the second waiting, and does not finish: it has to go.
  EXPECT_EQ(first.receive(), std::nullopt);
  std::thread sender([&] { second.send(line.substr(20'000) + '\n'); });
  EXPECT_EQ(second.receive(), line);
  sender.join();
}

TEST_F(SessionsTest, RepliesThatNobodyReadsHaveOneBudget) {
  start({.unsent_bytes_per_user = 3 * big_reply, .patience_in_need = milliseconds(50)});
  std::vector<TestClient> deaf;
  for (int i = 0; i < 16; ++i) {
    deaf.emplace_back(path_);
    ASSERT_TRUE(deaf.back().send("big\nbig\nbig\n"));
  }
  // There is no room for this one until some of those have gone.
  TestClient last(path_);
  EXPECT_EQ(last.ask("big").size(), big_reply);
  EXPECT_LT(sessions(), 16U);
}

}  // namespace sessions_test
}  // namespace tapswitch::server
