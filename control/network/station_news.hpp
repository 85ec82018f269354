// SPDX-License-Identifier: Apache-2.0
// station_news.hpp: tells subscribers what becomes of stations: the news of each switch's FDB,
// which of them flap, and that a table is full.
//
// Theory of operation: an FDB collects news only while a subscriber wants them. The worker that has
// some rings a bell, which all switches share, and marks its switch.
// Threads: the control thread; workers ring. Limits: those of FdbNewsBox and of FlapDetector a
// switch; what is lost is counted and told.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/events/event_hub.hpp"
#include "control/network/flap_detector.hpp"
#include "control/network/inventory.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/system/bell.hpp"

namespace tapswitch::network {

class StationNews {
 public:
  static constexpr std::size_t most_a_snapshot = 65'536;

  // Both must outlive it; it is the one who hears from the hub whether stations are wanted. Throws
  // std::system_error if the kernel has no bell.
  StationNews(Inventory& inventory, events::EventHub& events);
  StationNews(const StationNews&) = delete;
  StationNews& operator=(const StationNews&) = delete;
  ~StationNews();

  // Readable when tell_rung() has something to tell.
  [[nodiscard]] int bell() const { return bell_->descriptor(); }
  void tell_rung();

  // Has to do with 'added' from now on, until forget().
  void take_up(RunningSwitch& added);
  void forget(const RunningSwitch& removed);

  // Tells now what has become of the stations of 'home', while all ports still have their names.
  void tell(RunningSwitch& home);
  // Tells if a limit of the table has been reached since the last time. To be called once a second
  // at most, as a flood of spoofed sources shall not become one of events.
  void tell_limits(RunningSwitch& home);

  // The stations of 'home' as of now: all that became of them before has been told, and what
  // becomes of them later will be. For while stations are wanted. Throws limit_reached if they are
  // more than most_a_snapshot.
  [[nodiscard]] std::vector<FdbEntry> snapshot(RunningSwitch& home);

 private:
  struct Watched {
    FdbCounters seen_counters = {};  // when limits were told last
    // The FDB has news that is not told yet. A worker says so.
    std::shared_ptr<std::atomic<bool>> has_news = std::make_shared<std::atomic<bool>>(false);
    FlapDetector flaps = {};
  };

  void collect(RunningSwitch& home, bool is_wanted);
  void tell(RunningSwitch& home, const FdbNewsBox::Contents& taken);
  void tell_one(RunningSwitch& home, const FdbNews& news, TimePoint now);

  Inventory& inventory_;
  events::EventHub& events_;
  SharedBell bell_;
  std::map<std::string, Watched> watched_;  // by switch
};

}  // namespace tapswitch::network
