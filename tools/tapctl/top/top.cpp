// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/top/top.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "control/api/methods.hpp"
#include "tools/tapctl/top/top_view.hpp"
#include "tools/terminal/terminal.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {

namespace {

using client::Client;
using Clock = std::chrono::steady_clock;

TopWishes wishes_of(const Json& params) {
  return {.sort = find_top_column(params.value("sort", name_of(TopColumn::rx))),
          .filter = params.value("filter", "")};
}

Json rates_params(const Json& params) {
  const auto interval = params.value("interval", std::int64_t{1});
  Json wanted = {{"interval_seconds", std::min(interval, api::longest_rate_interval_seconds)}};
  if (params.contains("switch")) {
    wanted["switch"] = params["switch"];
  }
  return wanted;
}

// The daemon is asked, the terminal drawn and the keys heard in turn; none of them waits for
// another, so that also a daemon which does not answer can be left.
class LiveTop {
 public:
  LiveTop(Client& client, const Call& call, const Style& style)
      : client_(client),
        params_(rates_params(call.params)),
        interval_(call.params.value("interval", std::int64_t{1})),
        view_(wishes_of(call.params)),
        style_(style) {}

  void run() {
    while (!view_.has_ended() && !terminal_.has_ended()) {
      if (!is_asking_ && Clock::now() >= next_question_) {
        client_.ask("stats.rates", params_);
        is_asking_ = true;
        next_question_ = Clock::now() + interval_;
      }
      Terminal::draw(view_.screen(Terminal::size(), style_));
      wait();
    }
  }

 private:
  void wait() {
    std::array<pollfd, 3> waiting{};
    waiting[0].fd = Terminal::keys_descriptor();
    waiting[1].fd = terminal_.signals_descriptor();
    waiting[2].fd = client_.descriptor();
    for (pollfd& one : waiting) {
      one.events = POLLIN;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_question_ - Clock::now());
    const auto timeout = std::max<std::chrono::milliseconds::rep>(left.count(), 0);
    ::poll(waiting.data(), waiting.size(), is_asking_ ? -1 : static_cast<int>(timeout));
    if (waiting[0].revents != 0) {
      for (const Key& key : terminal_.take_keys()) {
        view_.press(key);
      }
    }
    if (waiting[1].revents != 0) {
      terminal_.follow_signals();
    }
    if (waiting[2].revents != 0) {
      if (const auto rates = client_.take_result()) {
        view_.update(*rates);
        is_asking_ = false;
      }
    }
  }

  Client& client_;
  const Json params_;
  const std::chrono::seconds interval_;
  TopView view_;
  const Style style_;
  Clock::time_point next_question_;
  bool is_asking_ = false;
  Terminal terminal_;
};

std::string shown(const Json& rates, const Call& call, const Look& look) {
  if (look.json) {
    return json_text(rates, -1);
  }
  TopView view(wishes_of(call.params));
  view.update(rates);
  return view.table(look.style);
}

}  // namespace

void top(Client& client, const Call& call, const Look& look,
         const std::function<void(const std::string&)>& print) {
  const bool is_once = call.params.value("once", false);
  // Refused here, what is wrong stands below the command and not on a screen that is gone.
  Json rates = client.call("stats.rates", rates_params(call.params));
  if (!is_once && !look.json && Terminal::is_there()) {
    LiveTop(client, call, look.style).run();
    return;
  }
  const std::chrono::seconds interval(call.params.value("interval", std::int64_t{1}));
  print(shown(rates, call, look));
  if (is_once) {
    return;
  }
  for (;;) {  // until the client throws, or whoever reads is gone
    std::this_thread::sleep_for(interval);
    rates = client.call("stats.rates", rates_params(call.params));
    print((look.json ? "" : "\n") + shown(rates, call, look));
  }
}

}  // namespace tapswitch::tapctl
