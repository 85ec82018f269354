// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/exposition.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tapswitch::metrics {
namespace exposition_test {

TEST(Exposition, TellsMeaningTypeAndSamples) {
  Family family("tapswitch_drops_total", MetricType::counter, "Frames dropped.");
  family.add({{"switch", "sw0"}, {"reason", "runt"}}, std::uint64_t{7});
  EXPECT_EQ(family.text(),
            "# HELP tapswitch_drops_total Frames dropped.\n"
            "# TYPE tapswitch_drops_total counter\n"
            "tapswitch_drops_total{switch=\"sw0\",reason=\"runt\"} 7\n");
}

TEST(Exposition, ASampleMayHaveNoLabel) {
  Family family("up", MetricType::gauge, "Up.");
  family.add({}, 0.5);
  EXPECT_EQ(family.text(), "# HELP up Up.\n# TYPE up gauge\nup 0.5\n");
}

TEST(Exposition, EscapesWhatWouldEndALabel) {
  Family family("m", MetricType::gauge, "M.");
  family.add({{"l", "a\"b\\c\nd"}}, std::uint64_t{1});
  EXPECT_NE(family.text().find("m{l=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos) << family.text();
}

TEST(Exposition, CountsAreExactUpToTheLast) {
  Family family("m", MetricType::counter, "M.");
  family.add({}, std::numeric_limits<std::uint64_t>::max());
  EXPECT_NE(family.text().find("m 18446744073709551615\n"), std::string::npos);
}

}  // namespace exposition_test
}  // namespace tapswitch::metrics
