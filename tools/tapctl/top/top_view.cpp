// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/top/top_view.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "tools/terminal/text.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {

namespace {

using Pressed = Key::Kind;

// Around the table: what is shown above it, and the keys below. A screen of fewer lines than these
// and a heading and one row has the table alone.
constexpr std::size_t lines_around = 2;
constexpr std::size_t least_lines_with_frame = lines_around + 2;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(std::move(line));
  }
  return lines;
}

// UTF-8's characters of more than one byte go as a whole.
void remove_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
    text.pop_back();
  }
  if (!text.empty()) {
    text.pop_back();
  }
}

}  // namespace

void TopView::update(const Json& rates) {
  ports_ = top_rows(rates);
  has_data_ = true;
}

std::vector<TopRow> TopView::chosen_rows() const {
  std::vector<TopRow> rows = filtered(ports_, wishes_.filter);
  if (wishes_.is_by_switch) {
    rows = sums_by_switch(rows);
  }
  sort_rows(rows, wishes_.sort, wishes_.is_reversed);
  return rows;
}

std::string TopView::table(const Style& style) const {
  return top_table(chosen_rows(), wishes_.sort, style);
}

std::vector<std::string> TopView::screen(const ScreenSize& size, const Style& style) {
  if (!has_data_) {
    return {"waiting for the daemon"};
  }
  Style fitting = style;
  fitting.width = size.columns;
  // The columns are those of all rows, lest they change when the rows are scrolled.
  std::vector<std::string> table = lines_of(top_table(chosen_rows(), wishes_.sort, fitting));
  const bool has_frame = size.lines >= least_lines_with_frame;
  const std::size_t room = size.lines - (has_frame ? lines_around : 0);
  rows_a_page_ = std::max<std::size_t>(room, 2) - 1;
  const std::size_t rows = table.size() - 1;
  first_ = std::min(first_, rows - std::min(rows, rows_a_page_));

  const auto row = [&](std::size_t i) { return table.begin() + static_cast<std::ptrdiff_t>(i); };
  table.erase(row(1), row(1 + first_));
  table.resize(std::min(table.size(), room));
  if (has_frame) {
    table.insert(table.begin(), std::string(beginning_of(summary(), size.columns)));
    table.resize(size.lines - 1);  // the footer stands at the bottom
    table.emplace_back(beginning_of(footer(), size.columns));
  }
  return table;
}

std::string TopView::summary() const {
  const std::size_t switches = sums_by_switch(ports_).size();
  const std::size_t shown = filtered(ports_, wishes_.filter).size();
  std::uint64_t stations = 0;
  for (const TopRow& port : ports_) {
    stations += port.numbers.at(to_size(TopColumn::stations));
  }
  return fmt::format("{}, {}{}, {}; by {}{}", counted(switches, "switch", "switches"),
                     counted(ports_.size(), "port", "ports"),
                     shown == ports_.size() ? "" : fmt::format(" ({} shown)", shown),
                     counted(stations, "station", "stations"), name_of(wishes_.sort),
                     wishes_.is_reversed ? ", reversed" : "");
}

std::string TopView::footer() const {
  if (is_editing_) {
    return "filter: " + printable(wishes_.filter) + '_';
  }
  const std::string keys = "q quit  < > sort  r reverse  / filter  s " +
                           std::string(wishes_.is_by_switch ? "ports" : "switches") +
                           "  up/down scroll";
  return wishes_.filter.empty() ? keys
                                : fmt::format("filter: {}  {}", printable(wishes_.filter), keys);
}

void TopView::press(const Key& key) {
  if (is_editing_) {
    edit_filter(key);
    return;
  }
  const auto scroll_back = [this](std::size_t rows) { first_ -= std::min(first_, rows); };
  switch (key.kind) {
    case Pressed::character:
      press_letter(key.character);
      break;
    case Pressed::left:
      move_sort(top_column_count - 1);
      break;
    case Pressed::right:
      move_sort(1);
      break;
    case Pressed::up:
      scroll_back(1);
      break;
    case Pressed::down:
      ++first_;
      break;
    case Pressed::page_up:
      scroll_back(rows_a_page_);
      break;
    case Pressed::page_down:
      first_ += rows_a_page_;
      break;
    case Pressed::home:
      first_ = 0;
      break;
    case Pressed::end:
      first_ = ports_.size();
      break;
    default:
      break;
  }
}

void TopView::press_letter(char letter) {
  switch (letter) {
    case 'q':
    case 'Q':
      has_ended_ = true;
      break;
    case '<':
      move_sort(top_column_count - 1);
      break;
    case '>':
      move_sort(1);
      break;
    case 'r':
      wishes_.is_reversed = !wishes_.is_reversed;
      break;
    case 's':
      wishes_.is_by_switch = !wishes_.is_by_switch;
      break;
    case '/':
      is_editing_ = true;
      filter_before_ = wishes_.filter;
      break;
    default:
      break;
  }
}

void TopView::move_sort(std::size_t steps) {
  wishes_.sort = static_cast<TopColumn>((to_size(wishes_.sort) + steps) % top_column_count);
}

void TopView::edit_filter(const Key& key) {
  std::string& filter = wishes_.filter;
  switch (key.kind) {
    case Pressed::character:
      if (filter.size() < longest_filter) {
        filter += key.character;
      }
      break;
    case Pressed::backspace:
      remove_last_character(filter);
      break;
    case Pressed::enter:
      is_editing_ = false;
      break;
    case Pressed::escape:
      filter = filter_before_;
      is_editing_ = false;
      break;
    default:
      break;
  }
}

}  // namespace tapswitch::tapctl
