// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/rights.hpp"

#include <cap-ng.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <thread>

#include "tests/support/root.hpp"
#include "tests/tapswitchd/in_child.hpp"

namespace tapswitch::daemon {
namespace rights_test {

using test::in_child;

bool has(unsigned int capability) {
  capng_get_caps_process();
  return capng_have_capability(CAPNG_EFFECTIVE, capability) != 0;
}

TEST(Rights, KeepsWhatPortsNeedAndNothingElse) {
  TAPSWITCH_REQUIRES_ROOT();
  EXPECT_EQ(
      in_child([] {
        drop_capabilities(false);
        return static_cast<int>(has(CAP_NET_ADMIN) && has(CAP_NET_RAW) && has(CAP_SYS_ADMIN) &&
                                has(CAP_CHOWN) && has(CAP_DAC_OVERRIDE) && !has(CAP_FOWNER) &&
                                !has(CAP_SETUID) && !has(CAP_SYS_MODULE) && !has(CAP_SETPCAP));
      }),
      1);
}

TEST(Rights, OfADaemonWithAFileKeepWhatReplacesTheFile) {
  TAPSWITCH_REQUIRES_ROOT();
  EXPECT_EQ(in_child([] {
              drop_capabilities(true);
              return static_cast<int>(has(CAP_NET_ADMIN) && has(CAP_CHOWN) && has(CAP_FOWNER) &&
                                      has(CAP_DAC_OVERRIDE) && !has(CAP_SETUID));
            }),
            1);
}

TEST(Rights, ThreadsStartedLaterHaveNoMore) {
  TAPSWITCH_REQUIRES_ROOT();
  EXPECT_EQ(in_child([] {
              drop_capabilities(false);
              bool is_dropped = false;
              std::thread([&] { is_dropped = has(CAP_NET_ADMIN) && !has(CAP_SETUID); }).join();
              return static_cast<int>(is_dropped);
            }),
            1);
}

TEST(Rights, DroppingGrantsNothing) {
  TAPSWITCH_REQUIRES_ROOT();
  EXPECT_EQ(in_child([] {
              capng_get_caps_process();
              capng_update(CAPNG_DROP, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                           CAP_SYS_ADMIN);
              if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
                return 2;
              }
              drop_capabilities(false);
              return static_cast<int>(has(CAP_NET_ADMIN) && !has(CAP_SYS_ADMIN));
            }),
            1);
}

TEST(Rights, NothingExecutedLaterHasMore) {
  EXPECT_EQ(in_child([] {
              drop_capabilities(false);
              return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
            }),
            1);
}

TEST(Rights, AsManyDescriptorsAsMayBe) {
  EXPECT_EQ(in_child([] {
              rlimit limit{};
              getrlimit(RLIMIT_NOFILE, &limit);
              limit.rlim_cur = 64;
              setrlimit(RLIMIT_NOFILE, &limit);
              raise_descriptor_limit();
              getrlimit(RLIMIT_NOFILE, &limit);
              return static_cast<int>(limit.rlim_cur == limit.rlim_max);
            }),
            1);
}

}  // namespace rights_test
}  // namespace tapswitch::daemon
