// SPDX-License-Identifier: Apache-2.0
// members.hpp: reading and writing the members of a JSON object that has passed its schema.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/rpc/json.hpp"
#include "switch/frame/mac_address.hpp"

namespace tapswitch::config {

// How much of what equals its default is written.
enum class Format : std::uint8_t { full, minimal };

// Reads 'json[key]' into 'target' if it is there.
template <typename T>
void read(const Json& json, const char* key, T& target) {
  if (const auto found = json.find(key); found != json.end()) {
    found->get_to(target);
  }
}

template <typename T>
void read(const Json& json, const char* key, std::optional<T>& target) {
  if (const auto found = json.find(key); found != json.end()) {
    target = found->get<T>();
  }
}

// A name, or a number that is kept in digits.
inline void read(const Json& json, const char* key, std::optional<std::string>& target) {
  if (const auto found = json.find(key); found != json.end()) {
    target = found->is_string() ? found->get<std::string>() : found->dump();
  }
}

inline void read(const Json& json, const char* key, std::optional<MacAddress>& target) {
  if (const auto found = json.find(key); found != json.end()) {
    target = MacAddress::parse(found->get<std::string>());
  }
}

// Writes 'value' if the format asks for it or it is not the default.
template <typename T>
void write(Json& json, const char* key, const T& value, const T& default_value, Format format) {
  if (format == Format::full || !(value == default_value)) {
    json[key] = value;
  }
}

template <typename T>
void write(Json& json, const char* key, const std::optional<T>& value) {
  if (value) {
    json[key] = *value;
  }
}

}  // namespace tapswitch::config
