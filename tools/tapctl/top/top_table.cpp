// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/top/top_table.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>

#include "tools/terminal/table.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {

namespace {

struct Description {
  std::string name;
  const char* heading;
  const char* field;        // of stats.rates
  std::size_t least_width;  // lest the columns move whenever a number grows
};

const std::array<Description, top_column_count>& descriptions() {
  static const std::array<Description, top_column_count> all = {{
      {"port", "PORT", nullptr, 8},
      {"switch", "SWITCH", "switch", 6},
      {"state", "STATE", "state", 5},
      {"rx", "RX", "in_bits_per_second", 11},
      {"tx", "TX", "out_bits_per_second", 11},
      {"rx_frames", "RX FRAMES/S", "in_frames_per_second", 11},
      {"tx_frames", "TX FRAMES/S", "out_frames_per_second", 11},
      {"drops", "DROPS/S", "drops_per_second", 7},
      {"stations", "STATIONS", "stations", 8},
  }};
  return all;
}

// Columns that go first if the terminal is narrow.
constexpr std::array expendable = {TopColumn::state,     TopColumn::home,     TopColumn::tx_frames,
                                   TopColumn::rx_frames, TopColumn::stations, TopColumn::drops,
                                   TopColumn::tx,        TopColumn::rx};

const Description& describe(TopColumn column) { return descriptions().at(to_size(column)); }

bool is_of_words(TopColumn column) { return column <= TopColumn::state; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

const std::string& word_of(const TopRow& row, TopColumn column) {
  switch (column) {
    case TopColumn::port:
      return row.name;
    case TopColumn::home:
      return row.home;
    default:
      return row.state;
  }
}

std::string cell_text(const TopRow& row, TopColumn column, const Style& style) {
  if (is_of_words(column)) {
    return printable(word_of(row, column));
  }
  const std::uint64_t number = row.numbers.at(to_size(column));
  return column == TopColumn::rx || column == TopColumn::tx ? bit_rate(number)
                                                            : count_text(number, style.is_exact);
}

Colour colour_of(const TopRow& row, TopColumn column) {
  if (column == TopColumn::drops && row.numbers.at(to_size(column)) > 0) {
    return Colour::warning;
  }
  if (column == TopColumn::state && row.state != "up" && !row.state.empty()) {
    return row.state == "lost" ? Colour::bad : Colour::warning;
  }
  return Colour::none;
}

std::string widened(const std::string& text, TopColumn column) {
  const std::size_t least = describe(column).least_width;
  const std::string space(least - std::min(least, width_of(text)), ' ');
  return is_of_words(column) ? text + space : space + text;
}

std::size_t width_of_column(const std::vector<TopRow>& rows, TopColumn column, const Style& style) {
  const Description& about = describe(column);
  std::size_t width = std::max(about.least_width, width_of(about.heading));
  for (const TopRow& row : rows) {
    width = std::max(width, width_of(cell_text(row, column, style)));
  }
  return width;
}

std::vector<TopColumn> columns_that_fit(const std::vector<TopRow>& rows, TopColumn by,
                                        const Style& style) {
  std::vector<TopColumn> columns;
  std::size_t total = 0;
  for (std::size_t i = 0; i < top_column_count; ++i) {
    columns.push_back(static_cast<TopColumn>(i));
    total += width_of_column(rows, columns.back(), style) + (i == 0 ? 0 : Table::gap.size());
  }
  for (const TopColumn column : expendable) {
    if (style.width > 0 && total > style.width && column != by) {
      total -= width_of_column(rows, column, style) + Table::gap.size();
      std::erase(columns, column);
    }
  }
  return columns;
}

}  // namespace

const std::string& name_of(TopColumn column) { return describe(column).name; }

std::vector<std::string> top_column_names() {
  std::vector<std::string> names;
  std::transform(descriptions().begin(), descriptions().end(), std::back_inserter(names),
                 [](const Description& each) { return each.name; });
  return names;
}

TopColumn find_top_column(const std::string& name) {
  const auto* const found =
      std::find_if(descriptions().begin(), descriptions().end(),
                   [&](const Description& each) { return each.name == name; });
  return static_cast<TopColumn>(found - descriptions().begin());
}

std::vector<TopRow> top_rows(const Json& rates) {
  std::vector<TopRow> rows;
  for (const auto& [name, port] : rates.at("ports").items()) {
    TopRow row{.name = name,
               .home = port.at("switch").get<std::string>(),
               .state = port.at("state").get<std::string>()};
    for (std::size_t i = to_size(TopColumn::rx); i < top_column_count; ++i) {
      row.numbers.at(i) = port.at(descriptions().at(i).field).get<std::uint64_t>();
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<TopRow> sums_by_switch(const std::vector<TopRow>& ports) {
  std::map<std::string, std::pair<std::uint64_t, TopRow>> sums;
  for (const TopRow& port : ports) {
    auto& [count, sum] = sums[port.home];
    ++count;
    sum.home = port.home;
    for (std::size_t i = 0; i < top_column_count; ++i) {
      sum.numbers.at(i) += port.numbers.at(i);
    }
  }
  std::vector<TopRow> rows;
  for (auto& [name, counted_sum] : sums) {
    auto& [count, sum] = counted_sum;
    sum.name = counted(count, "port", "ports");
    rows.push_back(std::move(sum));
  }
  return rows;
}

std::vector<TopRow> filtered(std::vector<TopRow> rows, const std::string& filter) {
  const std::string wanted = lower(filter);
  std::erase_if(rows, [&](const TopRow& row) {
    return lower(row.name).find(wanted) == std::string::npos &&
           lower(row.home).find(wanted) == std::string::npos;
  });
  return rows;
}

void sort_rows(std::vector<TopRow>& rows, TopColumn by, bool is_reversed) {
  const auto is_before = [by](const TopRow& a, const TopRow& b) {
    return is_of_words(by) ? word_of(a, by) < word_of(b, by)
                           : a.numbers.at(to_size(by)) > b.numbers.at(to_size(by));
  };
  std::sort(rows.begin(), rows.end(), [](const TopRow& a, const TopRow& b) {
    return std::tie(a.name, a.home) < std::tie(b.name, b.home);
  });
  std::stable_sort(rows.begin(), rows.end(), [&](const TopRow& a, const TopRow& b) {
    return is_reversed ? is_before(b, a) : is_before(a, b);
  });
}

std::string top_table(const std::vector<TopRow>& rows, TopColumn by, const Style& style) {
  const std::vector<TopColumn> shown = columns_that_fit(rows, by, style);
  std::vector<Column> columns;
  for (const TopColumn column : shown) {
    columns.push_back({.heading = widened(describe(column).heading, column),
                       .side = is_of_words(column) ? Column::Side::left : Column::Side::right,
                       .is_elastic = column == TopColumn::port});
  }
  Table table(columns);
  for (const TopRow& row : rows) {
    std::vector<Cell> cells;
    for (const TopColumn column : shown) {
      cells.push_back({cell_text(row, column, style), colour_of(row, column)});
    }
    table.add(std::move(cells));
  }
  return table.to_text(style);
}

}  // namespace tapswitch::tapctl
