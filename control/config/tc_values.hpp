// SPDX-License-Identifier: Apache-2.0
// tc_values.hpp: times, shares, rates and sizes as tc(8) writes them: "50ms", "1%", "10mbit",
// "500pps", "32kb". A unit may be in upper or lower case. What is written is the shortest text that
// says the same.
//
// The readers return nullopt for anything else: also for a number below zero or not finite.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapswitch::config {

// Units are s, ms, us and ns; as in tc also sec, secs, msec and so on. A bare number but 0 is none.
[[nodiscard]] std::optional<std::chrono::nanoseconds> read_time(std::string_view text);
// A percentage, with '%' or without; returns 0 to 1.
[[nodiscard]] std::optional<double> read_share(std::string_view text);
// Units are bit, kbit, mbit, gbit and tbit, or kibit and so on; also bps and kbps, which are
// bytes. Returns bits a second. A bare number is none.
[[nodiscard]] std::optional<std::uint64_t> read_rate(std::string_view text);
// Units are pps, kpps and mpps. Returns frames a second.
[[nodiscard]] std::optional<std::uint64_t> read_frame_rate(std::string_view text);
// Units are b, k or kb, m or mb, g or gb, each 1,024 of the one before; or kbit. Returns bytes,
// which a bare number is too.
[[nodiscard]] std::optional<std::uint64_t> read_size(std::string_view text);

[[nodiscard]] std::string time_text(std::chrono::nanoseconds time);
[[nodiscard]] std::string share_text(double share);
[[nodiscard]] std::string rate_text(std::uint64_t bits);
[[nodiscard]] std::string frame_rate_text(std::uint64_t frames);
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace tapswitch::config
