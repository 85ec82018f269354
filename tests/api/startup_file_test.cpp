// SPDX-License-Identifier: Apache-2.0
// The file that a daemon begins with, on real TAPs: loaded, saved, and with ports that cannot be
// opened yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "control/api/startup_file.hpp"
#include "tests/api/apply_fixture.hpp"

namespace tapswitch::test {
namespace startup_file_test {

using ::testing::HasSubstr;

class StartupFileTest : public ApplyApi {
 protected:
  using Unopened = api::Apply::Unopened;

  // Writes a file with these ports of sw0, which is all there is.
  void write(const Json& ports) {
    std::ofstream(path_) << Json{{"version", 1}, {"switches", {{"sw0", {{"ports", ports}}}}}};
  }

  Json find(const std::string& port) { return call("port.get", {{"name", port}}); }

  std::string path_ = directory_.file("lab.json");
  api::StartupFile file_{network_, path_};
};

TEST_F(StartupFileTest, WhatIsSavedCanBeLoaded) {
  add_port("alice", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 10}, {"port", "alice"}});
  const Json before = document()["switches"];
  EXPECT_EQ(file_.save(), path_);
  call("switch.remove", {{"name", "sw0"}, {"force", true}});
  file_.load(Unopened::refused);
  EXPECT_EQ(document()["switches"], before);
}

TEST_F(StartupFileTest, MistakesNameFileAndLine) {
  std::ofstream(path_) << "{\n\"version\": 3,\n\"switches\": []}";
  try {
    file_.load(Unopened::refused);
    FAIL();
  } catch (const rpc::Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find(path_ + ":2:12: /version: "), std::string::npos) << text;
    EXPECT_NE(text.find(path_ + ":3:13: /switches: "), std::string::npos) << text;
  }
}

TEST_F(StartupFileTest, AutosaveIsOnDiskBeforeTheAnswer) {
  daemon_.save = [this] { return file_.save(); };
  const rpc::Dispatcher saving(
      methods_,
      api::with_autosave(api::bind_all(network_, daemon_, meter_, captures_), methods_, file_));
  const auto ask = [&](const char* method, const Json& params) {
    const Json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    return Json::parse(saving.answer(request.dump(), {}).value());
  };
  ask("vlan.set", {{"vid", 10}, {"name", "office"}});
  EXPECT_EQ(config::Store(path_).read().find("\"revision\""), std::string::npos);
  EXPECT_NE(config::Store(path_).read().find("office"), std::string::npos);

  // A directory in its place: the change is made, and the answer says that it is not saved.
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  const Json refused = ask("vlan.set", {{"vid", 20}, {"name", "lab"}});
  EXPECT_EQ(refused["error"]["data"]["applied"], true) << refused;
  EXPECT_EQ(document()["switches"]["sw0"]["vlans"]["20"]["name"], "lab");

  // The next change, or config.save, saves both.
  std::filesystem::remove(path_);
  EXPECT_EQ(ask("config.save", {{"dry_run", true}})["result"]["plan"].size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(ask("config.save", Json::object())["result"]["path"], path_);
  EXPECT_NE(config::Store(path_).read().find("lab"), std::string::npos);
}

TEST_F(StartupFileTest, PortThatCannotBeOpenedIsLostUntilItCan) {
  const std::string place = directory_.file("place");
  write({{"alice", port()},
         {"bob", {{"type", "interface"}, {"interface", "wire"}, {"namespace", lab_->name()}}},
         {"door", {{"type", "vde"}, {"directory", place + "/door"}}},
         {"vm", {{"type", "qemu"}, {"listen", "unix:" + place + "/vm.sock"}}}});
  file_.load(Unopened::awaited);
  EXPECT_EQ(find("alice")["state"], "up");
  EXPECT_FALSE(find("alice").contains("lost_because"));
  for (const char* name : {"bob", "door", "vm"}) {
    EXPECT_EQ(find(name)["state"], "lost") << name;
    EXPECT_THAT(find(name)["lost_because"].get<std::string>(), HasSubstr("No such")) << name;
  }
  EXPECT_EQ(call("config.diff", {{"config", document()}})["plan"], Json::array());
  EXPECT_EQ(document()["switches"]["sw0"]["ports"]["bob"]["interface"], "wire");

  std::filesystem::create_directory(place);
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link add wire up type veth peer name other"), 0);
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link set other up"), 0);
  tick(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  EXPECT_EQ(find("bob")["state"], "up");
  EXPECT_EQ(find("door")["state"], "up");
  EXPECT_EQ(find("vm")["state"], "no_carrier");
  EXPECT_FALSE(find("bob").contains("lost_because"));
  EXPECT_TRUE(std::filesystem::exists(place + "/door/ctl"));

  // From then on it is a port as any other: 'reopen' says what becomes of it.
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link del wire"), 0);
  ASSERT_TRUE(wait_until([this] {
    run_posted();
    return find("bob")["state"] == "lost";
  }));
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link add wire up type veth peer name other"), 0);
  tick(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  EXPECT_EQ(find("bob")["state"], "lost");
  EXPECT_EQ(find("bob")["lost_because"], "its device is gone");
}

TEST_F(StartupFileTest, StrictStartIsAllOrNothing) {
  call("switch.remove", {{"name", "sw0"}});
  write({{"alice", port()}, {"bob", {{"namespace", "no-such"}}}});
  EXPECT_THROW(file_.load(Unopened::refused), rpc::Error);
  EXPECT_EQ(call("switch.list")["switches"], Json::array());
}

TEST_F(StartupFileTest, WhatIsWrongWithTheDocumentRefusesAnyStart) {
  for (const Json& wrong : {Json{{"worker", 99}}, Json{{"queues", 8}},
                            Json{{"owner", "nobody-such"}}, Json{{"colour", "red"}}}) {
    write({{"alice", wrong}});
    EXPECT_THROW(file_.load(Unopened::awaited), rpc::Error) << wrong;
    EXPECT_EQ(call("port.list")["ports"], Json::array()) << wrong;
  }
}

TEST_F(StartupFileTest, LostPortIsConfiguredUnpluggedAndRemovedAsAnyOther) {
  write({{"alice", {{"namespace", "no-such"}, {"mtu", 1400}}},
         {"vm", {{"type", "qemu"}, {"listen", "unix:" + directory_.file("place/vm.sock")}}}});
  file_.load(Unopened::awaited);
  EXPECT_EQ(call("port.set", {{"name", "alice"}, {"mtu", 1300}})["mtu"], 1300);
  EXPECT_EQ(document()["switches"]["sw0"]["ports"]["alice"]["mtu"], 1300);
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 1}, {"port", "alice"}});
  EXPECT_EQ(call("port.set", {{"name", "vm"}, {"carrier", false}})["state"], "lost");
  tick(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  EXPECT_EQ(find("vm")["state"], "no_carrier") << "a port that is unplugged is not opened";
  EXPECT_EQ(find("alice")["state"], "lost");

  // An apply that is refused leaves it as it was.
  const Json before = document();
  Json wanted = with("alice", port());
  wanted["switches"]["sw0"]["ports"]["zzz"] = port({{"interface", "lo"}});
  const Json refused = refuse("config.apply", {{"config", wanted}});
  EXPECT_FALSE(refused["data"].contains("not_undone")) << refused;
  EXPECT_EQ(document(), before);
  EXPECT_EQ(find("alice")["state"], "lost");
  call("config.apply", {{"config", with("alice", port())}});
  EXPECT_EQ(find("alice")["state"], "up");
  call("port.remove", {{"name", "alice"}});
}

TEST_F(StartupFileTest, RunningPortIsStillOpenedWholeOrNotAtAll) {
  EXPECT_EQ(refuse("port.add", {{"name", "bob"}, {"namespace", "no-such"}})["data"]["kind"],
            "kernel_refused");
  EXPECT_EQ(
      refuse("config.apply", {{"config", with("bob", {{"namespace", "no-such"}})}})["data"]["step"],
      "+ port bob");
  EXPECT_EQ(call("port.list")["ports"], Json::array());
}

// A process in the namespace of the lab, or in one that has no name.
class Sleeper {
 public:
  explicit Sleeper(const std::vector<std::string>& under) : pid_(::fork()) {
    if (pid_ == 0) {
      std::vector<std::string> words = under;
      words.insert(words.end(), {"sleep", "1000"});
      std::vector<char*> arguments;
      for (std::string& word : words) {
        arguments.push_back(word.data());
      }
      arguments.push_back(nullptr);
      ::execvp(arguments[0], arguments.data());
      ::_exit(1);
    }
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] std::string pid() const { return std::to_string(pid_); }
  // Whether it runs what it is to run: by then it is where it is to be.
  [[nodiscard]] bool sleeps() const {
    std::ifstream name("/proc/" + pid() + "/comm");
    std::string text;
    return std::getline(name, text) && text == "sleep";
  }

 private:
  const pid_t pid_;
};

TEST_F(StartupFileTest, NamespaceOfAProcessIsCalledByItsName) {
  const Sleeper sleeper({"ip", "netns", "exec", lab_->name()});
  ASSERT_TRUE(wait_until([&] { return sleeper.sleeps(); }));
  call("port.add", {{"name", "alice"}, {"namespace", sleeper.pid()}});
  EXPECT_EQ(find("alice")["namespace"], lab_->name());
  const Json wanted = with("alice", {{"namespace", "/proc/" + sleeper.pid() + "/ns/net"}});
  EXPECT_EQ(call("config.apply", {{"config", wanted}})["plan"], Json::array());
}

TEST_F(StartupFileTest, NamespaceThatHasNoNameIsNotWritten) {
  const Sleeper sleeper({"unshare", "--net"});
  ASSERT_TRUE(wait_until([&] { return sleeper.sleeps(); }));
  add_port("alice");
  call("port.add", {{"name", "bob"}, {"namespace", sleeper.pid()}, {"interface", "bob0"}});
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 1}, {"port", "bob"}});
  const Json before = document();
  (void)file_.save();
  EXPECT_EQ(config::Store(path_).read().find("bob"), std::string::npos);
  EXPECT_NE(config::Store(path_).read().find("alice"), std::string::npos);
  // One that runs already, for it was kept, stays.
  file_.load(Unopened::awaited);
  EXPECT_EQ(document(), before);
}

}  // namespace startup_file_test
}  // namespace tapswitch::test
