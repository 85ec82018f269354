// SPDX-License-Identifier: Apache-2.0
#include "control/network/memory.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "control/rpc/error.hpp"

namespace tapswitch::network {
namespace {

std::optional<std::uint64_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

// A number follows 'key' in 'text'.
std::optional<std::uint64_t> number_after(std::string_view key, std::string_view text) {
  const auto at = text.find(key);
  return at == text.npos ? std::nullopt : leading_number(text.substr(at + key.size()));
}

std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) {
  return limit > used ? limit - used : 0;
}

class Least {
 public:
  void take(std::optional<std::uint64_t> bytes) {
    if (bytes) {
      value_ = std::min(value_.value_or(*bytes), *bytes);
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> value() const { return value_; }

 private:
  std::optional<std::uint64_t> value_;
};

std::optional<std::uint64_t> free_on_machine(const ReadFile& read) {
  const auto text = read("/proc/meminfo");
  const auto kib = text ? number_after("MemAvailable:", *text) : std::nullopt;
  return kib ? std::optional(*kib * 1024) : std::nullopt;
}

// "max" is no limit. What the group holds of files can be had back.
std::optional<std::uint64_t> free_in_group(const ReadFile& read, const std::string& directory) {
  const auto limit = read(directory + "/memory.max");
  const auto used = read(directory + "/memory.current");
  const auto most = limit ? leading_number(*limit) : std::nullopt;
  const auto now = used ? leading_number(*used) : std::nullopt;
  if (!most || !now) {
    return std::nullopt;
  }
  const auto statistics = read(directory + "/memory.stat");
  const auto files = statistics ? number_after("\ninactive_file ", *statistics) : std::nullopt;
  return left_of(*most, left_of(*now, files.value_or(0)));
}

void look_at_groups(const ReadFile& read, Least& least) {
  const auto groups = read("/proc/self/cgroup");
  const auto at = groups ? groups->find("0::/") : std::string::npos;
  if (at == std::string::npos) {
    return;
  }
  std::string path = groups->substr(at + 3);
  path.resize(std::min(path.find('\n'), path.size()));
  while (path.size() > 1) {
    least.take(free_in_group(read, "/sys/fs/cgroup" + path));
    path.resize(path.rfind('/'));
  }
}

std::optional<std::uint64_t> free_address_space(const ReadFile& read) {
  rlimit limit{};
  const auto text = read("/proc/self/statm");
  const auto pages = text ? leading_number(*text) : std::nullopt;
  if (!pages || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  return left_of(limit.rlim_cur, *pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

std::optional<std::uint64_t> available_memory(const ReadFile& read) {
  Least least;
  least.take(free_on_machine(read));
  look_at_groups(read, least);
  least.take(free_address_space(read));
  return least.value();
}

std::optional<std::uint64_t> available_memory() { return available_memory(read_file); }

void check_memory(std::uint64_t bytes, const std::string& what) {
  const auto available = available_memory();
  if (available && bytes + memory_reserve > *available) {
    throw rpc::Error(
        rpc::ErrorKind::limit_reached,
        fmt::format("{} takes {} MiB of memory, and of {} MiB that are available {} are to be left",
                    what, bytes >> 20, *available >> 20, memory_reserve >> 20),
        {{"limit", *available}});
  }
}

}  // namespace tapswitch::network
