// SPDX-License-Identifier: Apache-2.0
// top_table.hpp: the rows that `top` makes of an answer of stats.rates, and their table. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "control/rpc/json.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::tapctl {

enum class TopColumn : std::uint8_t {
  port,
  home,  // the switch
  state,
  rx,
  tx,
  rx_frames,
  tx_frames,
  drops,
  stations
};

inline constexpr std::size_t top_column_count = 9;

constexpr std::size_t to_size(TopColumn column) { return static_cast<std::size_t>(column); }

// Returns what people call a column, and all of them in the order of TopColumn.
const std::string& name_of(TopColumn column);
std::vector<std::string> top_column_names();

// The column that people call 'name', which is one of these.
TopColumn find_top_column(const std::string& name);

// A port, or all ports of a switch together.
struct TopRow {
  std::string name;  // of the port; how many there are of a switch
  std::string home;
  std::string state;
  std::array<std::uint64_t, top_column_count> numbers{};  // by column; 0 where it holds words
};

std::vector<TopRow> top_rows(const Json& rates);
std::vector<TopRow> sums_by_switch(const std::vector<TopRow>& ports);

// Returns those of which the name of the port or of the switch contains 'filter', in whatever case.
std::vector<TopRow> filtered(std::vector<TopRow> rows, const std::string& filter);

// Words from A and numbers from the highest, or the other way around. Rows that are equal there
// stand in the order of their names.
void sort_rows(std::vector<TopRow>& rows, TopColumn by, bool is_reversed);

// As much of each row as 'style.width' has room for. What 'by' names is always there.
std::string top_table(const std::vector<TopRow>& rows, TopColumn by, const Style& style);

}  // namespace tapswitch::tapctl
