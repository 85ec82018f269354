// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/units.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace tapswitch::tapctl {

namespace {

// "950 bit/s", "1.2 kbit/s": 'unit' behind the power of 1000, which may be all there is.
std::string scaled(std::uint64_t number, std::string_view unit) {
  constexpr std::array prefixes = {"k", "M", "G", "T", "P", "E"};
  if (number < 1000) {
    return fmt::format("{} {}", number, unit);
  }
  double value = static_cast<double>(number) / 1000;
  std::size_t prefix = 0;
  // Judged as it will be rounded: 999.7 k is 1.0 M, not 1000 k.
  while (std::round(value) >= 1000 && prefix + 1 < prefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  const int decimals = std::round(value * 10) < 1000 ? 1 : 0;
  return fmt::format("{:.{}f} {}{}", value, decimals, prefixes[prefix], unit);
}

}  // namespace

std::string bit_rate(std::uint64_t bits_per_second) { return scaled(bits_per_second, "bit/s"); }

std::string count_text(std::uint64_t count, bool is_exact) {
  constexpr std::uint64_t easily_read = 99'999;
  return is_exact || count <= easily_read ? std::to_string(count) : scaled(count, "");
}

std::string duration(std::uint64_t seconds) {
  constexpr std::uint64_t minute = 60;
  constexpr std::uint64_t hour = 60 * minute;
  constexpr std::uint64_t day = 24 * hour;
  const auto two = [&](std::uint64_t large, const char* name, std::uint64_t small,
                       const char* small_name) {
    const std::uint64_t rest = seconds % large / small;
    return rest == 0 ? fmt::format("{} {}", seconds / large, name)
                     : fmt::format("{} {} {} {}", seconds / large, name, rest, small_name);
  };
  if (seconds >= day) {
    return two(day, "d", hour, "h");
  }
  if (seconds >= hour) {
    return two(hour, "h", minute, "min");
  }
  if (seconds >= minute) {
    return two(minute, "min", 1, "s");
  }
  return fmt::format("{} s", seconds);
}

std::string counted(std::uint64_t count, const std::string& singular, const std::string& plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

}  // namespace tapswitch::tapctl
