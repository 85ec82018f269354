// SPDX-License-Identifier: Apache-2.0
// table.hpp: rows of words in columns, for people.
#pragma once

#include <string>
#include <vector>

#include "tools/tapctl/text.hpp"

namespace tapswitch::tapctl {

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

struct Column {
  enum class Side { left, right };

  std::string heading;
  Side side = Side::left;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // As many cells as there are columns.
  void add(std::vector<Cell> cells);

  // Lines of the headings and the rows; with 'in_colour', in the colours of the cells.
  [[nodiscard]] std::string to_text(bool in_colour) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;  // the headings first
};

}  // namespace tapswitch::tapctl
