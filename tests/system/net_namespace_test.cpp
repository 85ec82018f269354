// SPDX-License-Identifier: Apache-2.0
#include "switch/system/net_namespace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <tuple>

#include "tests/support/root.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch {
namespace net_namespace_test {

using test::TemporaryNamespace;
using ::testing::HasSubstr;

KernelError error_of(const std::string& text) { return NetNamespaceRef(text).open().error(); }

TEST(NetNamespace, ProcessIdLeadsToTheNamespaceOfThatProcess) {
  const auto fd = NetNamespaceRef(std::to_string(::getpid())).open();
  ASSERT_TRUE(fd) << fd.error().message();
  EXPECT_EQ(net_namespace_id(fd->get()), current_net_namespace());
}

TEST(NetNamespace, PathLeadsToTheNamespace) {
  const auto fd = NetNamespaceRef("/proc/self/ns/net").open();
  ASSERT_TRUE(fd) << fd.error().message();
  EXPECT_EQ(net_namespace_id(fd->get()), current_net_namespace());
}

TEST(NetNamespace, UnknownNameSaysHowToMakeIt) {
  const KernelError error = error_of("no-such-lab");
  EXPECT_EQ(error.number, ENOENT);
  EXPECT_THAT(error.message(), HasSubstr("cannot open network namespace 'no-such-lab'"));
  EXPECT_THAT(error.message(), HasSubstr("ip netns add no-such-lab"));
}

TEST(NetNamespace, UnknownProcessIsAnError) {
  EXPECT_THAT(error_of("999999999").message(), HasSubstr("such a process"));
  EXPECT_EQ(error_of("99999999999999999999999").number, ENOENT);
}

TEST(NetNamespace, FilesThatAreNoNetworkNamespaceAreRefused) {
  for (const char* path : {"/proc/self/ns/uts", "/etc/passwd", "/", "/dev/null"}) {
    EXPECT_THAT(error_of(path).message(), HasSubstr("not a network namespace")) << path;
  }
}

TEST(NetNamespace, FifoDoesNotBlock) {
  const std::string path = "/tmp/tapswitch-fifo-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error_of(path).number, EINVAL);
  ::unlink(path.c_str());
}

TEST(NetNamespace, TextThatCannotBeANameIsRefused) {
  using namespace std::string_literals;
  for (const std::string& text : {""s, "."s, ".."s, "a\0b"s}) {
    EXPECT_EQ(error_of(text).number, EINVAL) << text;
  }
}

TEST(NetNamespace, NameAndPathMeanTheSame) {
  TAPSWITCH_REQUIRES_ROOT();
  const TemporaryNamespace lab;
  const auto by_name = NetNamespaceRef(lab.name()).open();
  const auto by_path = NetNamespaceRef(lab.path()).open();
  ASSERT_TRUE(by_name && by_path);
  EXPECT_EQ(net_namespace_id(by_name->get()), net_namespace_id(by_path->get()));
  EXPECT_FALSE(net_namespace_id(by_name->get()) == current_net_namespace());
}

TEST(NetNamespace, WhatIsGivenByAProcessIsTold) {
  const std::string ours = std::to_string(::getpid());
  EXPECT_TRUE(NetNamespaceRef(ours).is_of_process());
  EXPECT_TRUE(NetNamespaceRef("/proc/" + ours + "/ns/net").is_of_process());
  for (const char* other : {"lab", "12ab", "", "/run/netns/12", "/proc/self/ns/net", "/proc/"}) {
    EXPECT_FALSE(NetNamespaceRef(other).is_of_process()) << other;
  }
}

TEST(NetNamespace, NameIsFoundOfWhateverLeadsToTheSame) {
  TAPSWITCH_REQUIRES_ROOT();
  const TemporaryNamespace lab;
  lab.run([&] { EXPECT_EQ(NetNamespaceRef("/proc/thread-self/ns/net").find_name(), lab.name()); });
  EXPECT_EQ(NetNamespaceRef(lab.path()).find_name(), lab.name());
  EXPECT_EQ(NetNamespaceRef("no-such-lab").find_name(), std::nullopt);
}

TEST(NetNamespace, WorkIsDoneInsideAndTheCallerStaysOutside) {
  TAPSWITCH_REQUIRES_ROOT();
  const TemporaryNamespace lab;
  const auto fd = lab.ref().open();
  ASSERT_TRUE(fd);
  const NetNamespaceId outside = current_net_namespace();
  const auto inside =
      run_in(fd->get(), []() -> KernelResult<NetNamespaceId> { return current_net_namespace(); });
  ASSERT_TRUE(inside) << inside.error().message();
  EXPECT_EQ(*inside, net_namespace_id(fd->get()));
  EXPECT_EQ(current_net_namespace(), outside);
}

TEST(NetNamespace, ErrorsAndExceptionsOfTheWorkComeOut) {
  TAPSWITCH_REQUIRES_ROOT();
  const TemporaryNamespace lab;
  const auto fd = lab.ref().open();
  ASSERT_TRUE(fd);
  const auto refused = run_in(fd->get(), []() -> KernelResult<void> {
    return kernel_error(EBUSY, "call", "do", "a thing");
  });
  EXPECT_EQ(refused.error().number, EBUSY);
  EXPECT_THROW(
      std::ignore = run_in(fd->get(), []() -> KernelResult<void> { throw std::logic_error("no"); }),
      std::logic_error);
}

}  // namespace net_namespace_test
}  // namespace tapswitch
