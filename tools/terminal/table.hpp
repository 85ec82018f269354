// SPDX-License-Identifier: Apache-2.0
// table.hpp: rows of words in columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/terminal/style.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

struct Column {
  enum class Side { left, right };
  using enum Side;

  std::string heading;
  Side side = Side::left;
  bool is_elastic = false;  // cut short where the table is wider than it should be
};

class Table {
 public:
  // A gap stands between two columns.
  static constexpr std::string_view gap = "  ";

  explicit Table(std::vector<Column> columns);

  // As many cells as there are columns.
  void add(std::vector<Cell> cells);

  // Lines of the headings and the rows. Cells that were cut short end with "...".
  [[nodiscard]] std::string to_text(const Style& style) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t most) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;  // the headings first
};

}  // namespace tapswitch::tapctl
