// SPDX-License-Identifier: Apache-2.0
#include "control/config/tc_values.hpp"

#include <gtest/gtest.h>

namespace tapswitch::config {
namespace tc_values_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(TcValues, TimesHaveUnits) {
  EXPECT_EQ(read_time("50ms"), milliseconds(50));
  EXPECT_EQ(read_time("1.5msec"), microseconds(1'500));
  EXPECT_EQ(read_time("200US"), microseconds(200));
  EXPECT_EQ(read_time("7nsecs"), nanoseconds(7));
  EXPECT_EQ(read_time("0.001s"), milliseconds(1));
  EXPECT_EQ(read_time("0"), nanoseconds(0));
  for (const char* text : {"", "50", "ms", "-1ms", "50 ms", "50mss", "1e3ms", "infs", "nan",
                           "0x1ms", "99999999999999999999s"}) {
    EXPECT_EQ(read_time(text), std::nullopt) << text;
  }
}

TEST(TcValues, SharesArePercentages) {
  EXPECT_EQ(read_share("10%"), 0.1);
  EXPECT_EQ(read_share("10"), 0.1);
  EXPECT_EQ(read_share("0.5%"), 0.005);
  EXPECT_EQ(read_share("100%"), 1);
  for (const char* text : {"", "%", "101%", "-1%", "1 %", "10%%", "nan%"}) {
    EXPECT_EQ(read_share(text), std::nullopt) << text;
  }
}

TEST(TcValues, RatesAreOfBitsOrBytes) {
  EXPECT_EQ(read_rate("10mbit"), 10'000'000U);
  EXPECT_EQ(read_rate("1.5Gbit"), 1'500'000'000U);
  EXPECT_EQ(read_rate("1kibit"), 1'024U);
  EXPECT_EQ(read_rate("1mbps"), 8'000'000U);
  EXPECT_EQ(read_rate("9600bit"), 9'600U);
  for (const char* text : {"", "10", "10m", "mbit", "10mb"}) {
    EXPECT_EQ(read_rate(text), std::nullopt) << text;
  }
}

TEST(TcValues, RatesOfFrames) {
  EXPECT_EQ(read_frame_rate("500pps"), 500U);
  EXPECT_EQ(read_frame_rate("1.5KPPS"), 1'500U);
  EXPECT_EQ(read_frame_rate("2mpps"), 2'000'000U);
  for (const char* text : {"", "500", "pps", "500bps", "500 pps", "500fps", "0.5pps", "1.5pps"}) {
    EXPECT_EQ(read_frame_rate(text), std::nullopt) << text;
  }
}

TEST(TcValues, SizesAreOfBytes) {
  EXPECT_EQ(read_size("1500"), 1'500U);
  EXPECT_EQ(read_size("32kb"), 32'768U);
  EXPECT_EQ(read_size("1m"), 1'048'576U);
  EXPECT_EQ(read_size("8kbit"), 1'024U);
  EXPECT_EQ(read_size("1tb"), std::nullopt);
}

TEST(TcValues, TextsAreShortAndReadAsTheyWere) {
  EXPECT_EQ(time_text(milliseconds(50)), "50ms");
  EXPECT_EQ(time_text(microseconds(1'500)), "1500us");
  EXPECT_EQ(time_text({}), "0s");
  EXPECT_EQ(share_text(0.1), "10%");
  EXPECT_EQ(share_text(0.0003), "0.03%");
  EXPECT_EQ(rate_text(10'000'000), "10mbit");
  EXPECT_EQ(rate_text(1'500), "1500bit");
  EXPECT_EQ(frame_rate_text(500), "500pps");
  EXPECT_EQ(frame_rate_text(10'000), "10kpps");
  EXPECT_EQ(size_text(32'768), "32kb");
  EXPECT_EQ(size_text(1'500), "1500b");
  EXPECT_EQ(size_text(0), "0b");
  for (const char* text : {"1%", "0.1%", "33.3%", "7.25%", "99.999%"}) {
    EXPECT_EQ(share_text(*read_share(text)), text);
    EXPECT_EQ(read_share(share_text(*read_share(text))), read_share(text));
  }
}

}  // namespace tc_values_test
}  // namespace tapswitch::config
