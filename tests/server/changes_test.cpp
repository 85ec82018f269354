// SPDX-License-Identifier: Apache-2.0
// Sessions in the midst of a change that takes many turns: others ask meanwhile, other changes
// wait, and it comes to its end whatever becomes of its client.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control/rpc/dispatcher.hpp"
#include "tests/server/server_fixture.hpp"

namespace tapswitch::server {
namespace changes_test {

using std::chrono::milliseconds;

class ChangesTest : public ServerTest {
 protected:
  static constexpr int bits = 200;

  // A change of so many bits, each of a turn's length.
  class Slow final : public rpc::Work {
   public:
    Slow(std::atomic<int>& done, milliseconds a_bit) : done_(done), a_bit_(a_bit) {}
    [[nodiscard]] std::optional<std::string> go_on() override {
      std::this_thread::sleep_for(a_bit_);
      return ++done_ % bits == 0 ? std::optional<std::string>("\"done\"") : std::nullopt;
    }

   private:
    std::atomic<int>& done_;
    const milliseconds a_bit_;
  };

  void start_changing(const rpc::Limits& limits = {}) {
    dispatcher_.on_left([this] {
      if (dispatcher_.is_any_under_way()) {
        server_->go_on_waiting();
      }
    });
    server_.emplace(
        io_, [this](std::string_view line) { return dispatcher_.begin(line); }, limits);
    server_->listen({.path = path_, .group = {}});
    server_->start();
    thread_ = std::thread([this] { io_.run(); });
  }

  static std::string request(const std::string& method) {
    return R"({"jsonrpc":"2.0","method":")" + method + R"(","id":1})";
  }
  static std::string reply(const std::string& result) {
    return R"({"jsonrpc":"2.0","result":")" + result + R"(","id":1})";
  }

  bool is_under_way() {
    return test::wait_until([this] { return done_ > 0; });
  }

  std::atomic<int> done_{0};
  milliseconds a_bit_ = milliseconds(1);
  const std::vector<rpc::Method> methods_ = {
      {"slow", "", rpc::Schema::object({}), rpc::Schema::any(), true},
      {"quick", "", rpc::Schema::object({}), rpc::Schema::any(), true},
      {"ask", "", rpc::Schema::object({}), rpc::Schema::any()},
      {"ask.much", "", rpc::Schema::object({}), rpc::Schema::any()},
  };
  const rpc::Dispatcher dispatcher_{
      methods_,
      {{"slow",
        [this](const Json&, const rpc::Caller&) { return std::make_unique<Slow>(done_, a_bit_); }},
       {"ask.much", [](const Json&, const rpc::Caller&) { return Json(std::string(4096, 'x')); }},
       {"quick", [this](const Json&,
                        const rpc::Caller&) { return Json(done_ % bits == 0 ? "after" : "amid"); }},
       {"ask", [this](const Json&, const rpc::Caller&) {
          return Json(done_ % bits == 0 ? "after" : "amid");
        }}}};
};

TEST_F(ChangesTest, OthersAskInItsMidst) {
  start_changing();
  TestClient changing(path_);
  TestClient asking(path_);
  ASSERT_TRUE(changing.send(request("slow") + '\n'));
  ASSERT_TRUE(is_under_way());
  EXPECT_EQ(asking.ask(request("ask")), reply("amid"));
  run_a_timer();
  EXPECT_LT(done_, bits);
  EXPECT_EQ(changing.receive(), reply("done"));
}

TEST_F(ChangesTest, OtherChangesWaitForItsEnd) {
  start_changing();
  TestClient changing(path_);
  ASSERT_TRUE(changing.send(request("slow") + '\n'));
  ASSERT_TRUE(is_under_way());
  std::vector<TestClient> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back(path_);
    ASSERT_TRUE(others.back().send(request("quick") + '\n'));
  }
  for (TestClient& other : others) {
    EXPECT_EQ(other.receive(), reply("after"));
  }
  EXPECT_EQ(changing.receive(), reply("done"));
}

TEST_F(ChangesTest, SessionsThatWaitForItAreNotTheIdlest) {
  start_changing({.sessions = 3});
  TestClient changing(path_);
  ASSERT_TRUE(changing.send(request("slow") + '\n'));
  ASSERT_TRUE(is_under_way());
  TestClient waiting(path_);
  ASSERT_TRUE(waiting.send(request("quick") + '\n'));
  TestClient idle(path_);
  EXPECT_EQ(idle.ask(request("ask")), reply("amid"));
  // A client may have read its reply before the server has heard that it is taken.
  EXPECT_TRUE(test::wait_until([&] {
    TestClient newcomer(path_);
    return newcomer.ask(request("ask")) == reply("amid");
  }));
  const auto last = idle.receive();
  ASSERT_TRUE(last);
  EXPECT_NE(last->find("limit_reached"), std::string::npos);
  EXPECT_EQ(waiting.receive(), reply("after"));
  EXPECT_EQ(changing.receive(), reply("done"));
}

TEST_F(ChangesTest, ItComesToItsEndWithoutItsClient) {
  start_changing();
  TestClient changing(path_);
  ASSERT_TRUE(changing.send(request("slow") + '\n'));
  ASSERT_TRUE(is_under_way());
  changing.close();
  TestClient other(path_);
  EXPECT_EQ(other.ask(request("quick")), reply("after"));
  EXPECT_EQ(done_, bits);
  EXPECT_TRUE(sessions_become(1));
}

// The replies before it are more than the kernel holds for a client, which reads nothing.
TEST_F(ChangesTest, ItComesToItsEndThoughItsSessionIsClosed) {
  a_bit_ = milliseconds(10);  // the change outlasts the patience, and that the answers before it
  start_changing({.patience_with_deaf_sessions = milliseconds(500)});
  TestClient changing(path_);
  std::string batch = "[" + request("ask.much");
  for (int i = 1; i < 80; ++i) {
    batch += "," + request("ask.much");
  }
  ASSERT_TRUE(changing.send(batch + "]\n"));
  ASSERT_TRUE(changing.send(request("slow") + '\n'));
  EXPECT_TRUE(is_under_way());
  EXPECT_TRUE(sessions_become(0));
  EXPECT_LT(done_, bits);
  TestClient other(path_);
  EXPECT_EQ(other.ask(request("quick")), reply("after"));
  EXPECT_EQ(done_, bits);
}

}  // namespace changes_test
}  // namespace tapswitch::server
