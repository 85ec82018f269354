// SPDX-License-Identifier: Apache-2.0
// capture.start where no descriptor is left.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "tests/api/capture_fixture.hpp"

namespace tapswitch::test {
namespace capture_shortage_test {

TEST_F(CaptureApi, WhatTheKernelRefusesIsToldWithTheCall) {
  std::vector<UniqueFd> fds;
  fds.push_back(open("/dev/null", O_WRONLY));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(::dup(0)), .rlim_max = before.rlim_max};
  ::close(static_cast<int>(none.rlim_cur));
  ::setrlimit(RLIMIT_NOFILE, &none);
  const Json data = start(std::move(fds))["error"]["data"];
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(data["kind"], "kernel_refused") << data;
  EXPECT_EQ(data["errno_name"], "EMFILE");
  EXPECT_EQ(data["call"], "eventfd2");
  EXPECT_EQ(data["object"], "the bell of a capture");
  EXPECT_EQ(refusal(Json::object()), "");
}

}  // namespace capture_shortage_test
}  // namespace tapswitch::test
