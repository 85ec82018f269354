// SPDX-License-Identifier: Apache-2.0
// exposition.hpp: numbers as Prometheus reads them: its text format, version 0.0.4. Pure.
//
// All samples of one name must stand together on a page, so each name has a text of its own and a
// page is these texts one after the other.
// Threads: each family belongs to whoever writes the page.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tapswitch::metrics {

enum class MetricType : std::uint8_t { counter, gauge };

struct Label {
  std::string_view name;
  std::string_view value;  // any UTF-8 text
};

// A metric: its name, what it means, and its samples.
class Family {
 public:
  // 'help' is one line.
  Family(std::string_view name, MetricType type, std::string_view help);

  void add(std::initializer_list<Label> labels, std::uint64_t value);
  void add(std::initializer_list<Label> labels, double value);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void begin_sample(std::initializer_list<Label> labels);

  std::string name_;
  std::string text_;
};

}  // namespace tapswitch::metrics
