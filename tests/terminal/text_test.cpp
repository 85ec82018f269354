// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace tapswitch::tapctl {
namespace text_test {

// Clocks are where 'zone' is, until it goes.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* before = std::getenv("TZ")) {
      before_ = before;
    }
    set(zone);
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() { set(before_ ? before_->c_str() : nullptr); }

 private:
  static void set(const char* zone) {
    if (zone != nullptr) {
      ::setenv("TZ", zone, 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

  std::optional<std::string> before_;
};

TEST(Text, TimesAreThoseOfTheClocksHere) {
  const TimeZone india("IST-5:30");
  EXPECT_EQ(local_time("2026-11-23T12:34:56.789Z"), "2026-11-23 18:04:56.789");
  EXPECT_EQ(local_time("2026-12-31T23:00:00Z"), "2027-01-01 04:30:00");
}

TEST(Text, WhatIsNoTimeOfOursStays) {
  for (const char* text : {"", "-", "yesterday", "2026-11-23T12:34:56+01:00", "2026-11-23"}) {
    EXPECT_EQ(local_time(text), text);
  }
}

}  // namespace text_test
}  // namespace tapswitch::tapctl
