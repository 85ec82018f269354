// SPDX-License-Identifier: Apache-2.0
// Tests what a session is told without having asked, and what becomes of one that does not listen.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/server/server_fixture.hpp"

namespace tapswitch::server {
namespace events_test {

// A server whose answer to "listen" is "welcome", and whose events go to all who asked for them.
// "both" is answered after an event has been told.
class EventsTest : public testing::Test {
 protected:
  class Listener final : public rpc::Outlet::Speaker {
   public:
    Listener(EventsTest& test, rpc::Outlet& outlet) : test_(test), outlet_(outlet) {
      test_.listeners_.insert({&outlet, this});
    }
    ~Listener() override { test_.listeners_.erase(&outlet_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    void on_room() override { says_so_ = outlet_.offer("room"); }

    void tell(std::string_view event) { test_.refused_ += outlet_.offer(event) ? 0 : 1; }

   private:
    EventsTest& test_;
    rpc::Outlet& outlet_;
    bool says_so_ = false;
  };

  std::optional<std::string> answer(std::string_view line, const rpc::Caller& caller) {
    if (line == "listen") {
      caller.outlet->engage(std::make_unique<Listener>(*this, *caller.outlet));
      return "welcome";
    }
    if (line == "both") {
      listeners_.at(caller.outlet)->tell("event");
      return "reply";
    }
    return std::string(line);
  }

  void start(const rpc::Limits& limits = {}) {
    server_.emplace(io_, word_by_word([this](std::string_view line, const rpc::Caller& caller) {
                      return answer(line, caller);
                    }),
                    limits);
    server_->listen({.path = path_, .group = {}});
    server_->start();
    thread_ = std::thread([this] { io_.run(); });
  }

  void TearDown() override {
    if (thread_.joinable()) {
      boost::asio::post(io_, [this] { server_->stop(); });
      thread_.join();
    }
  }

  // On the control thread; returns when it is done.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  void tell(const std::string& event) {
    run([&] {
      for (const auto& [outlet, listener] : listeners_) {
        listener->tell(event);
      }
    });
  }

  std::size_t listeners() {
    std::size_t count = 0;
    run([&] { count = listeners_.size(); });
    return count;
  }

  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("control.sock");
  std::map<const rpc::Outlet*, Listener*> listeners_;  // of the control thread
  int refused_ = 0;                                    // likewise
  boost::asio::io_context io_{1};
  std::optional<Server> server_;
  std::thread thread_;
};

const std::string kilobyte(1000, 'e');

TEST_F(EventsTest, EventsComeBetweenReplies) {
  start();
  TestClient client(path_);
  EXPECT_EQ(client.ask("listen"), "welcome");
  tell("one");
  tell("two");
  EXPECT_EQ(client.receive(), "one");
  EXPECT_EQ(client.ask("question"), "two");
  EXPECT_EQ(client.receive(), "question");
}

TEST_F(EventsTest, EventOfARequestComesBehindItsReply) {
  start();
  TestClient client(path_);
  EXPECT_EQ(client.ask("listen"), "welcome");
  EXPECT_EQ(client.ask("both"), "reply");
  EXPECT_EQ(client.receive(), "event");
}

TEST_F(EventsTest, WhoeverSpeaksEndsWithTheSession) {
  start();
  TestClient client(path_);
  client.ask("listen");
  EXPECT_EQ(listeners(), 1U);
  client.close();
  EXPECT_TRUE(test::wait_until([&] { return listeners() == 0; }));
}

TEST_F(EventsTest, WhatFindsNoRoomIsRefusedUntilTheClientReads) {
  start({.unsent_event_bytes_per_session = 100'000});
  TestClient slow(path_);
  TestClient quick(path_);
  slow.ask("listen");
  int told = 0;
  while (refused_ == 0) {
    tell(kilobyte + std::to_string(told++));
    ASSERT_LT(told, 100'000) << "kernel and session together hold less than that";
  }
  EXPECT_EQ(quick.ask("question"), "question");
  // Events that were taken come whole and in order; then the word that there is room.
  for (int i = 0; i + 1 < told; ++i) {
    ASSERT_EQ(slow.receive(), kilobyte + std::to_string(i));
  }
  EXPECT_EQ(slow.receive(), "room");
  tell("again");
  EXPECT_EQ(slow.receive(), "again");
}

TEST_F(EventsTest, WhatIsLargerThanAllRoomGoesWhenNothingElseWaits) {
  start({.unsent_event_bytes_per_session = 100'000});
  TestClient client(path_);
  client.ask("listen");
  const std::string large(1'000'000, 'x');
  EXPECT_EQ(listeners(), 1U);  // the welcome has left: whoever hears it may be quicker than that
  tell(large);
  tell(large);  // finds the first one unsent
  EXPECT_EQ(refused_, 1);
  EXPECT_EQ(client.receive(), large);
  EXPECT_EQ(client.receive(), "room");
}

TEST_F(EventsTest, RepliesStillFindRoomWhereEventsDoNot) {
  start({.unsent_event_bytes_per_session = 100'000});
  TestClient slow(path_);
  slow.ask("listen");
  while (refused_ == 0) {
    tell(kilobyte);
  }
  ASSERT_TRUE(slow.send("question\n"));
  std::string line;
  while (line != "question") {
    line = slow.receive().value_or("question");
    ASSERT_TRUE(line == kilobyte || line == "room" || line == "question") << line;
  }
}

TEST_F(EventsTest, SessionThatTakesNothingWhileEventsAreRefusedIsClosed) {
  start({.unsent_event_bytes_per_session = 10'000,
         .patience_with_deaf_sessions = std::chrono::milliseconds(50)});
  TestClient deaf(path_);
  TestClient silent(path_);  // it has subscribed too, and reads what little there is
  deaf.ask("listen");
  const auto began = std::chrono::steady_clock::now();
  while (listeners() == 1) {
    tell(kilobyte);
    ASSERT_LT(std::chrono::steady_clock::now() - began, test::patience);
  }
  EXPECT_EQ(silent.ask("listen"), "welcome");
  tell("event");
  EXPECT_EQ(silent.receive(), "event");
}

// Nothing is offered to it any more: what counts is what it takes.
TEST_F(EventsTest, SessionThatTakesNothingAfterOneBurstIsClosed) {
  start({.unsent_event_bytes_per_session = 10'000,
         .patience_with_deaf_sessions = std::chrono::milliseconds(50)});
  TestClient deaf(path_);
  deaf.ask("listen");
  while (refused_ == 0) {
    tell(kilobyte);
  }
  EXPECT_TRUE(test::wait_until([&] { return listeners() == 0; }));
}

TEST_F(EventsTest, BurstThatIsNotRefusedCountsToo) {
  start({.patience_with_deaf_sessions = std::chrono::milliseconds(50)});
  TestClient deaf(path_);
  deaf.ask("listen");
  for (int i = 0; i < 600; ++i) {  // more than the kernel holds, less than the session does
    tell(kilobyte);
  }
  EXPECT_EQ(refused_, 0);
  EXPECT_TRUE(test::wait_until([&] { return listeners() == 0; }));
}

TEST_F(EventsTest, SilentSubscriberIsNotClosed) {
  constexpr std::chrono::milliseconds patience{50};
  start({.patience_with_deaf_sessions = patience});
  TestClient client(path_);
  client.ask("listen");
  tell("event");  // it finds room in the kernel, and is read when that suits
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(
      test::wait_until([&] { return std::chrono::steady_clock::now() - began > 3 * patience; }));
  EXPECT_EQ(client.receive(), "event");
}

TEST_F(EventsTest, SessionThatReadsSlowlyIsNotClosed) {
  constexpr std::chrono::milliseconds patience{200};
  start({.unsent_event_bytes_per_session = 10'000, .patience_with_deaf_sessions = patience});
  TestClient slow(path_);
  slow.ask("listen");
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began < 3 * patience) {
    while (refused_ == 0) {
      tell(kilobyte);
    }
    // No more than it takes for one more to find room.
    while (refused_ > 0) {
      ASSERT_TRUE(slow.receive());
      run([&] { refused_ = 0; });
      tell(kilobyte);
    }
  }
  EXPECT_EQ(listeners(), 1U);
}

TEST_F(EventsTest, MuchThatIsToldHoldsUpNoReply) {
  start({.unsent_bytes_per_session = 50'000, .unsent_event_bytes_per_session = 20'000});
  TestClient client(path_);
  client.ask("listen");
  std::atomic<bool> is_over = false;
  std::thread teller([&] {
    while (!is_over) {
      tell(kilobyte);
    }
  });
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.send("question\n"));
    std::optional<std::string> line;
    do {
      line = client.receive();
      ASSERT_TRUE(line);
    } while (*line != "question");
  }
  is_over = true;
  teller.join();
}

}  // namespace events_test
}  // namespace tapswitch::server
