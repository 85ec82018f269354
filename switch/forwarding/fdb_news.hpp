// SPDX-License-Identifier: Apache-2.0
// fdb_news.hpp: tells what becomes of the entries of an FDB, for whoever wants to know: a box that
// the FDB fills as it happens and that somebody empties from time to time.
//
// While the box is closed, nothing is noted. Only what takes the FDB's mutex anyway is news; a
// station that is heard where it was known is none. Workers fill the box, so all the memory that it
// needs is brought by whoever opens or empties it.
// Limits: 'capacity' news; what comes while the box is full is counted and lost.
// Threads: guarded by the mutex of the FDB that owns it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <utility>
#include <vector>

#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/station.hpp"

namespace tapswitch {

struct FdbNews {
  enum class Kind : std::uint8_t {
    learned,
    moved,    // learned on another port than before
    aged,     // forgotten, as it was silent
    added,    // put by hand, in place of what was known of the station
    removed,  // by hand, with its port, or to make way
  };

  Kind kind{};
  Station station;
  PortIndex port{};      // by which it is reached, or was
  PortIndex old_port{};  // moved: from where
};

class FdbNewsBox {
 public:
  static constexpr std::size_t capacity = 16'384;

  // Called when something is in the box that was empty: by any thread, with the FDB's mutex held.
  // Must neither wait nor throw, nor take memory.
  using Wake = std::function<void()>;

  struct Contents {
    std::vector<FdbNews> news;  // in order
    std::uint64_t lost = 0;     // what came behind them and found no room
  };

  // Returns an empty box's contents. Without memory they have no room, and what comes is lost.
  [[nodiscard]] static Contents with_room() noexcept {
    Contents contents;
    try {
      contents.news.reserve(capacity);
    } catch (const std::bad_alloc&) {
    }
    return contents;
  }

  // 'fresh' is of with_room(), here and below.
  void open(Wake wake, Contents fresh) {
    wake_ = std::move(wake);
    contents_ = std::move(fresh);
  }

  // Forgets what is in it.
  void close() {
    wake_ = nullptr;
    contents_ = {};
  }

  void put(const FdbNews& news) noexcept {
    if (!wake_) {
      return;
    }
    if (contents_.news.size() < std::min(capacity, contents_.news.capacity())) {
      contents_.news.push_back(news);
    } else {
      ++contents_.lost;
    }
    if (contents_.news.size() + contents_.lost == 1) {
      wake_();
    }
  }

  [[nodiscard]] bool is_empty() const { return contents_.news.empty() && contents_.lost == 0; }

  [[nodiscard]] Contents take(Contents fresh) { return std::exchange(contents_, std::move(fresh)); }

 private:
  Wake wake_;
  Contents contents_;
};

}  // namespace tapswitch
