// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/text.hpp"

#include <algorithm>
#include <cstddef>
#include <ctime>

#include <fmt/format.h>

namespace tapswitch::tapctl {

namespace {

const char* sequence_of(Colour colour) {
  switch (colour) {
    case Colour::heading:
      return "\x1b[1m";
    case Colour::good:
      return "\x1b[32m";
    case Colour::warning:
      return "\x1b[33m";
    case Colour::bad:
      return "\x1b[31m";
    case Colour::none:
      break;
  }
  return "";
}

void append(std::string& line, const std::string& part) {
  if (!line.empty()) {
    line += ", ";
  }
  line += part;
}

std::string text_of_object(const Json& object) {
  const bool tells_which = is_choice(object);
  std::string line;
  for (const auto& [key, value] : object.items()) {
    std::string name = printable(key);
    std::replace(name.begin(), name.end(), '_', ' ');
    if (!tells_which) {
      append(line, name + ' ' + text_of(value));
    } else if (value.get<bool>()) {
      append(line, name);
    }
  }
  return line.empty() ? "none" : line;
}

}  // namespace

std::string painted(std::string_view text, Colour colour) {
  return colour == Colour::none ? std::string(text)
                                : fmt::format("{}{}\x1b[0m", sequence_of(colour), text);
}

std::string json_text(const Json& value, int indent) {
  return rpc::printable_json(value.dump(indent, ' ', false, Json::error_handler_t::replace)) + '\n';
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string_view beginning_of(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  while (at < text.size() && width_of(text.substr(0, at + 1)) <= width) {
    ++at;
  }
  return text.substr(0, at);
}

bool is_choice(const Json& object) {
  return !object.empty() && std::all_of(object.begin(), object.end(),
                                        [](const Json& value) { return value.is_boolean(); });
}

std::string local_time(const std::string& text) {
  std::tm utc{};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr || !text.ends_with('Z')) {
    return text;
  }
  const std::time_t moment = ::timegm(&utc);
  std::tm local{};
  if (::localtime_r(&moment, &local) == nullptr) {
    return text;
  }
  const auto fraction = static_cast<std::size_t>(rest - text.c_str());
  return fmt::format("{:04d}-{:02d}-{:02d} {:02d}:{:02d}:{:02d}{}", local.tm_year + 1900,
                     local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                     text.substr(fraction, text.size() - fraction - 1));
}

std::string text_of(const Json& value) {
  if (value.is_null()) {
    return "none";
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() ? "-" : printable(text);
  }
  if (value.is_object()) {
    return text_of_object(value);
  }
  if (value.is_array()) {
    std::string line;
    for (const Json& item : value) {
      append(line, text_of(item));
    }
    return line.empty() ? "none" : line;
  }
  return value.dump();
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? "-" : text_of(*found);
}

std::uint64_t count_at(const Json& object, const std::string& key) {
  return object.at(key).get<std::uint64_t>();
}

std::string warning_lines(const Json& result) {
  std::string text;
  for (const Json& warning : result.value("warnings", Json::array())) {
    text += fmt::format("warning: {}\n", printable(warning.get<std::string>()));
  }
  return text;
}

}  // namespace tapswitch::tapctl
