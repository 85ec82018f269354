// SPDX-License-Identifier: Apache-2.0
#include "control/lab/route.hpp"

#include <algorithm>
#include <cstddef>
#include <set>

#include "switch/system/interface_address.hpp"
#include "switch/system/interface_name.hpp"

namespace tapswitch::lab {
namespace {

bool is_address(const std::string& text) {
  const char* prefix = text.find(':') == std::string::npos ? "/32" : "/128";
  return InterfaceAddress::parse(text + prefix).has_value();
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_value_of(const std::string& key, const std::string& value) {
  if (key == "via" || key == "src") {
    return is_address(value);
  }
  if (key == "dev") {
    return !interface_name_fault(value);
  }
  return key == "metric" && is_number(value);
}

}  // namespace

std::vector<std::string> route_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) {
      words.emplace_back(text.substr(begin, end - begin));
    }
    text.remove_prefix(end);
  }
  return words;
}

bool is_route(std::string_view text) {
  const auto words = route_words(text);
  if (words.size() < 3 || words.size() % 2 == 0) {
    return false;
  }
  const std::string& to = words.front();
  if (to != "default" && !is_address(to) && !InterfaceAddress::parse(to)) {
    return false;
  }
  std::set<std::string> seen;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (!is_value_of(words[i], words[i + 1]) || !seen.insert(words[i]).second) {
      return false;
    }
  }
  return seen.contains("via") || seen.contains("dev");
}

}  // namespace tapswitch::lab
