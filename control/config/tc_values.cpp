// SPDX-License-Identifier: Apache-2.0
#include "control/config/tc_values.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace tapswitch::config {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit time_units[] = {{"s", 1e9},     {"sec", 1e9},   {"secs", 1e9}, {"ms", 1e6},
                               {"msec", 1e6},  {"msecs", 1e6}, {"us", 1e3},   {"usec", 1e3},
                               {"usecs", 1e3}, {"ns", 1},      {"nsec", 1},   {"nsecs", 1}};

constexpr double ki = 1024;
constexpr Unit rate_units[] = {{"bit", 1},        {"kbit", 1e3},         {"mbit", 1e6},
                               {"gbit", 1e9},     {"tbit", 1e12},        {"kibit", ki},
                               {"mibit", ki* ki}, {"gibit", ki* ki* ki}, {"tibit", ki* ki* ki* ki},
                               {"bps", 8},        {"kbps", 8e3},         {"mbps", 8e6},
                               {"gbps", 8e9},     {"tbps", 8e12}};

constexpr Unit frame_rate_units[] = {{"pps", 1}, {"kpps", 1e3}, {"mpps", 1e6}};

constexpr Unit size_units[] = {
    {"", 1},        {"b", 1},          {"k", ki},          {"kb", ki},       {"m", ki* ki},
    {"mb", ki* ki}, {"g", ki* ki* ki}, {"gb", ki* ki* ki}, {"kbit", ki / 8}, {"mbit", ki* ki / 8}};

constexpr Unit share_units[] = {{"%", 0.01}, {"", 0.01}};

bool is_same(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

// Returns the number in front of a unit of 'units', in units of factor 1.
std::optional<double> read_number(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number) || number < 0) {
    return std::nullopt;
  }
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  const auto unit =
      std::ranges::find_if(units, [&](const Unit& each) { return is_same(each.name, name); });
  return unit == units.end() ? std::nullopt : std::optional(number * unit->factor);
}

std::optional<std::uint64_t> whole(std::optional<double> number) {
  constexpr double most = 1e18;
  return number && *number <= most
             ? std::optional(static_cast<std::uint64_t>(std::llround(*number)))
             : std::nullopt;
}

struct WholeUnit {
  std::string_view name;
  std::uint64_t factor;
};

// By the largest of 'units' that divides it; the last one is 1.
std::string text_of_whole(std::uint64_t number, std::span<const WholeUnit> units) {
  const auto unit = std::ranges::find_if(
      units, [number](const WholeUnit& each) { return number != 0 && number % each.factor == 0; });
  const WholeUnit& chosen = unit == units.end() ? units.back() : *unit;
  return fmt::format("{}{}", number / chosen.factor, chosen.name);
}

}  // namespace

std::optional<std::chrono::nanoseconds> read_time(std::string_view text) {
  if (text == "0") {
    return std::chrono::nanoseconds::zero();
  }
  const auto number = whole(read_number(text, time_units));
  return number ? std::optional(std::chrono::nanoseconds(*number)) : std::nullopt;
}

std::optional<double> read_share(std::string_view text) {
  const auto share = read_number(text, share_units);
  return share && *share <= 1 ? share : std::nullopt;
}

std::optional<std::uint64_t> read_rate(std::string_view text) {
  return whole(read_number(text, rate_units));
}

std::optional<std::uint64_t> read_frame_rate(std::string_view text) {
  const auto number = read_number(text, frame_rate_units);
  return number && *number == std::floor(*number) ? whole(number) : std::nullopt;
}

std::optional<std::uint64_t> read_size(std::string_view text) {
  return whole(read_number(text, size_units));
}

std::string time_text(std::chrono::nanoseconds time) {
  constexpr WholeUnit units[] = {{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}};
  return time == time.zero() ? "0s"
                             : text_of_whole(static_cast<std::uint64_t>(time.count()), units);
}

std::string share_text(double share) { return fmt::format("{:.9g}%", share * 100); }

std::string rate_text(std::uint64_t bits) {
  constexpr WholeUnit units[] = {{"tbit", 1'000'000'000'000},
                                 {"gbit", 1'000'000'000},
                                 {"mbit", 1'000'000},
                                 {"kbit", 1'000},
                                 {"bit", 1}};
  return text_of_whole(bits, units);
}

std::string frame_rate_text(std::uint64_t frames) {
  constexpr WholeUnit units[] = {{"mpps", 1'000'000}, {"kpps", 1'000}, {"pps", 1}};
  return text_of_whole(frames, units);
}

std::string size_text(std::uint64_t bytes) {
  constexpr WholeUnit units[] = {{"mb", 1U << 20}, {"kb", 1U << 10}, {"b", 1}};
  return text_of_whole(bytes, units);
}

}  // namespace tapswitch::config
