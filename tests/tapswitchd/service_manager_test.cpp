// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/service_manager.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "tests/server/temporary_directory.hpp"
#include "tests/support/descriptor_receiver.hpp"
#include "tests/tapswitchd/in_child.hpp"

namespace tapswitch::daemon {
namespace service_manager_test {

using test::in_child;

// The manager stands for a service manager at the other end.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
      fd_.reset();
    }
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  std::string hear() { return hear_at_once(MSG_DONTWAIT); }
  std::string wait() { return hear_at_once(0); }

  // The descriptor that came with what was heard last.
  UniqueFd take_descriptor() { return std::move(descriptor_); }

 private:
  std::string hear_at_once(int flags) {
    std::array<char, 256> text{};
    const ssize_t size = test::receive_with_descriptor(fd_.get(), text, descriptor_, flags);
    return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  UniqueFd descriptor_;
  UniqueFd fd_;
};

TEST(ServiceManager, IsToldHowItGoes) {
  const test::TemporaryDirectory directory;
  for (const std::string& name :
       {directory.file("notify"), std::string("@tapswitch-test-") + std::to_string(getpid())}) {
    Manager manager(name);
    const ServiceManager daemon;
    daemon.say_ready("answers");
    EXPECT_EQ(manager.hear(), "READY=1\nSTATUS=answers\n") << name;
    daemon.say_alive();
    EXPECT_EQ(manager.hear(), "WATCHDOG=1\n");
    daemon.say_stopping();
    EXPECT_EQ(manager.hear(), "STOPPING=1\n");
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  }
}

TEST(ServiceManager, WithoutOneNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager daemon;
  daemon.say_ready("answers");
  EXPECT_TRUE(daemon.take_sockets().empty());
}

TEST(ServiceManager, OneThatIsGoneHoldsNobodyUp) {
  setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  const ServiceManager daemon;
  daemon.say_alive();
}

TEST(ServiceManager, KeepsADescriptorUnderItsNameAndForgetsIt) {
  const test::TemporaryDirectory directory;
  Manager manager(directory.file("notify"));
  const ServiceManager daemon;
  const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  daemon.store("network-1-0", file.get());
  EXPECT_EQ(manager.hear(), "FDSTORE=1\nFDNAME=network-1-0\nFDPOLL=0\n");
  struct stat kept {};
  struct stat given {};
  ASSERT_EQ(fstat(manager.take_descriptor().get(), &kept), 0);
  ASSERT_EQ(fstat(file.get(), &given), 0);
  EXPECT_EQ(kept.st_rdev, given.st_rdev);
  daemon.forget_stored("network-1-0");
  EXPECT_EQ(manager.hear(), "FDSTOREREMOVE=1\nFDNAME=network-1-0\n");
  EXPECT_FALSE(manager.take_descriptor().is_open());
}

TEST(ServiceManager, IsWaitedForUntilItHasHeardAll) {
  const test::TemporaryDirectory directory;
  Manager manager(directory.file("notify"));
  const ServiceManager daemon;
  std::atomic<bool> has_heard = false;
  std::thread hearing([&] {
    EXPECT_EQ(manager.wait(), "BARRIER=1");
    has_heard = true;
    manager.take_descriptor().reset();
  });
  daemon.wait_until_heard();
  EXPECT_TRUE(has_heard);
  hearing.join();
}

TEST(ServiceManager, OneThatIsGoneKeepsNothingAndThatIsTold) {
  const test::TemporaryDirectory directory;
  std::optional<Manager> manager(directory.file("notify"));
  const ServiceManager daemon;
  manager.reset();
  EXPECT_THROW(daemon.store("network-1-0", 0), std::runtime_error);
  EXPECT_THROW(daemon.wait_until_heard(), std::runtime_error);
}

// Runs in a child, whose descriptors 3 and 4 are its own to give away.
int taken_with(const std::string& pid, const char* count, const char* names) {
  return in_child([&] {
    for (const int fd : {3, 4}) {
      dup2(0, fd);
    }
    setenv("LISTEN_PID", pid.empty() ? std::to_string(getpid()).c_str() : pid.c_str(), 1);
    setenv("LISTEN_FDS", count, 1);
    setenv("LISTEN_FDNAMES", names, 1);
    ServiceManager daemon;
    const auto sockets = daemon.take_sockets();
    if (std::getenv("LISTEN_FDS") != nullptr || sockets.size() > 2) {
      return 100;
    }
    for (const PassedSocket& socket : sockets) {
      if ((fcntl(socket.fd.get(), F_GETFD) & FD_CLOEXEC) == 0) {
        return 101;
      }
    }
    const bool are_named =
        sockets.size() == 2 && sockets[0].name == "control" && sockets[1].name == "readonly";
    return static_cast<int>(sockets.size()) + (are_named ? 10 : 0);
  });
}

TEST(ServiceManager, SocketsComeWithTheirNames) {
  EXPECT_EQ(taken_with("", "2", "control:readonly"), 12);
}

TEST(ServiceManager, SocketsMayBeWithoutNames) {
  EXPECT_EQ(taken_with("", "2", ""), 2);
  EXPECT_EQ(taken_with("", "1", "control"), 1);
}

TEST(ServiceManager, WhatWasStoredIsNoSocket) {
  const int status = in_child([] {
    for (const int fd : {3, 4}) {
      dup2(0, fd);
    }
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "network-1-0:control", 1);
    ServiceManager daemon;
    const auto sockets = daemon.take_sockets();
    const auto stored = daemon.take_stored();
    return sockets.size() == 1 && sockets[0].name == "control" && sockets[0].fd.get() == 4 &&
                   stored.size() == 1 && stored[0].name == "network-1-0" && stored[0].fd.get() == 3
               ? 0
               : 1;
  });
  EXPECT_EQ(status, 0);
}

TEST(ServiceManager, SocketsOfAnotherProcessAreNotTaken) { EXPECT_EQ(taken_with("1", "2", ""), 0); }

TEST(ServiceManager, NonsenseIsNoSocket) {
  EXPECT_EQ(taken_with("", "many", ""), 0);
  EXPECT_EQ(taken_with("", "-1", ""), 0);
  EXPECT_EQ(taken_with("", "100000", ""), 0);
  EXPECT_EQ(taken_with("", "", ""), 0);
}

}  // namespace service_manager_test
}  // namespace tapswitch::daemon
