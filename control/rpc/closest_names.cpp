// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/closest_names.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace tapswitch::rpc {

namespace {

constexpr std::size_t most_suggestions = 3;
constexpr std::size_t most_slips = 4;

// The number of slips between two names ("optimal string alignment"), row by row.
std::size_t slips_between(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t other = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
      const bool is_swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (is_swapped) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last.back();
}

}  // namespace

std::vector<std::string> closest_names(std::string_view wanted,
                                       const std::vector<std::string>& names) {
  std::size_t fewest = std::clamp(wanted.size() / 3, std::size_t{1}, most_slips);
  std::vector<std::string> closest;
  for (const std::string& name : names) {
    const std::size_t longer = std::max(name.size(), wanted.size());
    if (longer - std::min(name.size(), wanted.size()) > fewest) {
      continue;  // also keeps the rows of slips_between() short
    }
    const std::size_t slips = slips_between(wanted, name);
    // A name of which no character would be left was not meant.
    if (slips > fewest || slips >= name.size()) {
      continue;
    }
    if (slips < fewest) {
      closest.clear();
      fewest = slips;
    }
    if (closest.size() < most_suggestions) {
      closest.push_back(name);
    }
  }
  return closest;
}

}  // namespace tapswitch::rpc
