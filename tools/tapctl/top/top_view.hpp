// SPDX-License-Identifier: Apache-2.0
// top_view.hpp: decides what `top` shows, and how keys change that. Pure: it knows neither the
// daemon nor the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "control/rpc/json.hpp"
#include "tools/tapctl/top/top_table.hpp"
#include "tools/terminal/keys.hpp"
#include "tools/terminal/screen_size.hpp"

namespace tapswitch::tapctl {

inline constexpr std::size_t longest_filter = 64;

struct TopWishes {
  TopColumn sort = TopColumn::rx;
  bool is_reversed = false;
  std::string filter = {};
  bool is_by_switch = false;  // a row for each switch
};

class TopView {
 public:
  explicit TopView(TopWishes wishes) : wishes_(std::move(wishes)) {}

  // Takes what stats.rates has answered.
  void update(const Json& rates);

  // All of it, as is wished for.
  [[nodiscard]] std::string table(const Style& style) const;

  // As much of it as a screen has lines for, and what it is that is shown.
  std::vector<std::string> screen(const ScreenSize& size, const Style& style);

  void press(const Key& key);
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  [[nodiscard]] std::vector<TopRow> chosen_rows() const;
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] std::string footer() const;
  void edit_filter(const Key& key);
  void press_letter(char letter);
  void move_sort(std::size_t steps);

  TopWishes wishes_;
  std::vector<TopRow> ports_;
  bool has_data_ = false;
  bool is_editing_ = false;  // the filter
  std::string filter_before_;
  std::size_t first_ = 0;        // of the rows, on the screen
  std::size_t rows_a_page_ = 1;  // as the last screen had them
  bool has_ended_ = false;
};

}  // namespace tapswitch::tapctl
