// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/table.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tapswitch::tapctl {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  std::vector<Cell> headings;
  for (const Column& column : columns_) {
    headings.push_back({column.heading, Colour::heading});
  }
  rows_.push_back(std::move(headings));
}

void Table::add(std::vector<Cell> cells) {
  if (cells.size() != columns_.size()) {
    throw std::logic_error("a row of a table has a cell too many or too few");
  }
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  return widths;
}

std::string Table::to_text(bool in_colour) const {
  const std::vector<std::size_t> width = widths();
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(width[i] - width_of(row[i].text), ' ');
      const std::string word = painted(row[i].text, in_colour ? row[i].colour : Colour::none);
      const bool is_last = i + 1 == row.size();
      if (columns_[i].side == Column::Side::right) {
        text += space + word;
      } else {
        text += is_last ? word : word + space;
      }
      text += is_last ? "\n" : "  ";
    }
  }
  return text;
}

}  // namespace tapswitch::tapctl
