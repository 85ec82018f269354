// SPDX-License-Identifier: Apache-2.0
// machine.hpp: what the measuring programs ask of the operating system besides their measurement.
#pragma once

#include <sched.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace tapswitch::bench {

// For a system call that has failed.
[[noreturn]] inline void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

inline void stay_on(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (sched_setaffinity(0, sizeof(cores), &cores) != 0) {
    fail("sched_setaffinity");
  }
}

// A number from the command line.
template <typename Number>
Number number_from(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(text.data(), end, number);
      error != std::errc{} || stop != end) {
    throw std::invalid_argument("'" + std::string(text) + "' is no number of use here");
  }
  return number;
}

// What main() of a measuring program does: 'run' takes the words of the command line behind 'name'.
inline int run_program(const char* name, int argc, char** argv, void (*run)(std::span<char*>)) {
  try {
    run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace tapswitch::bench
