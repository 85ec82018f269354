// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/table.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tapswitch::tapctl {

namespace {

constexpr std::string_view ellipsis = "...";

// Less would say nothing: "trunk 10,20...".
constexpr std::size_t least_elastic_width = 14;

// 'text' in at most 'width' columns, of which there are enough for the ellipsis.
std::string cut_short(const std::string& text, std::size_t width) {
  return width_of(text) <= width
             ? text
             : std::string(beginning_of(text, width - ellipsis.size())).append(ellipsis);
}

}  // namespace

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
  for (Cell& cell : cells) {
    cell.text = printable(cell.text);
  }
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t most) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  std::size_t total =
      std::accumulate(widths.begin(), widths.end(), (widths.size() - 1) * Table::gap.size());
  for (std::size_t i = 0; most > 0 && i < widths.size(); ++i) {
    if (columns_[i].is_elastic && total > most) {
      const std::size_t can_give = widths[i] - std::min(widths[i], least_elastic_width);
      const std::size_t given = std::min(can_give, total - most);
      widths[i] -= given;
      total -= given;
    }
  }
  return widths;
}

std::string Table::to_text(const Style& style) const {
  const std::vector<std::size_t> width = widths(style.width);
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string plain = cut_short(row[i].text, width[i]);
      const std::string space(width[i] - width_of(plain), ' ');
      const std::string word = painted(plain, style.in_colour ? row[i].colour : Colour::none);
      const bool is_last = i + 1 == row.size();
      if (columns_[i].side == Column::Side::right) {
        text += space + word;
      } else {
        text += is_last ? word : word + space;
      }
      text += is_last ? std::string_view("\n") : Table::gap;
    }
  }
  return text;
}

}  // namespace tapswitch::tapctl
