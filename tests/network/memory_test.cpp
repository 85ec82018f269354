// SPDX-License-Identifier: Apache-2.0
#include "control/network/memory.hpp"

#include <gtest/gtest.h>

#include <map>

#include "control/rpc/error.hpp"

namespace tapswitch::network {
namespace memory_test {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

ReadFile files(std::map<std::string, std::string> texts) {
  return [texts = std::move(texts)](const std::string& path) -> std::optional<std::string> {
    const auto found = texts.find(path);
    return found != texts.end() ? std::optional(found->second) : std::nullopt;
  };
}

TEST(Memory, LeastOfTheMachineAndItsGroupsIsAvailable) {
  std::map<std::string, std::string> texts = {
      {"/proc/meminfo", "MemTotal:  9000000 kB\nMemFree: 10 kB\nMemAvailable:    512000 kB\n"}};
  EXPECT_EQ(available_memory(files(texts)), 500 * mib);
  texts["/proc/self/cgroup"] = "1:name=systemd:/\n0::/system.slice/tapswitchd.service\n";
  texts["/sys/fs/cgroup/system.slice/tapswitchd.service/memory.max"] = "max\n";
  texts["/sys/fs/cgroup/system.slice/tapswitchd.service/memory.current"] = "1048576\n";
  EXPECT_EQ(available_memory(files(texts)), 500 * mib);
  texts["/sys/fs/cgroup/system.slice/memory.max"] = std::to_string(100 * mib);
  texts["/sys/fs/cgroup/system.slice/memory.current"] = std::to_string(90 * mib);
  EXPECT_EQ(available_memory(files(texts)), 10 * mib);
  texts["/sys/fs/cgroup/system.slice/memory.stat"] =
      "anon 1\ninactive_file " + std::to_string(30 * mib) + "\nactive_file 5\n";
  EXPECT_EQ(available_memory(files(texts)), 40 * mib);
  texts["/sys/fs/cgroup/system.slice/memory.current"] = std::to_string(200 * mib);
  EXPECT_EQ(available_memory(files(texts)), 0U);
}

TEST(Memory, WhatCannotBeReadOrUnderstoodIsNotKnown) {
  EXPECT_EQ(available_memory(files({})), std::nullopt);
  EXPECT_EQ(available_memory(
                files({{"/proc/meminfo", "MemAvailable: much\n"}, {"/proc/self/cgroup", "0::/"}})),
            std::nullopt);
}

TEST(Memory, MoreThanThereIsIsRefused) {
  check_memory(mib, "a small table");
  try {
    check_memory(std::uint64_t{1} << 60, "the table of switch 'sw0'");
    FAIL();
  } catch (const rpc::Error& error) {
    EXPECT_EQ(error.kind(), rpc::ErrorKind::limit_reached);
    EXPECT_NE(std::string(error.what()).find("the table of switch 'sw0' takes"), std::string::npos);
  }
}

}  // namespace memory_test
}  // namespace tapswitch::network
