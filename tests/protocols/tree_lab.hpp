// SPDX-License-Identifier: Apache-2.0
// tree_lab.hpp: little networks of bridges in virtual time, and a language for them. A line each:
//
//   switch a 4096              bridge 'a' of this priority; its address is the next of all
//   slow b 8192                one that speaks 802.1D alone
//   lan x: a1 b1 c1            a LAN, and which ports are on it: a name of one letter and a number
//   port a1 cost 20000         or: edge, root_guard, bpdu_guard, bpdu_filter, restricted_tcn
//   loss 10 %                  of BPDUs, from now on
//   run 1000 ms                or: s
//   cut x, mend x              a link goes down, comes back
//   kill a, start a            a bridge dies, comes back without any memory
//   check a root               a is the root
//   check b1 root forwarding   role and state of a port
//   tree                       all has converged: one way between any two, and one alone
//
// At each moment the ports that forward should make no ring: what floods would arrive twice.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "control/protocols/rstp_bridge.hpp"

namespace tapswitch::test {

using protocols::PortNumber;
using protocols::RstpBridge;
using protocols::TimePoint;

class TreeLab {
 public:
  explicit TreeLab(std::uint64_t seed = 1);

  // Says each line of a script. Throws std::runtime_error with the line for what does not hold.
  void say(const std::string& script);

  void add_bridge(char name, const protocols::RstpSettings& settings);
  void add_lan(const std::string& name, const std::vector<std::string>& ports);
  void cut(const std::string& lan);
  void mend(const std::string& lan);
  void kill(char bridge);
  void start(char bridge);
  void run(std::chrono::milliseconds time);
  void set_loss(double share) { loss_ = share; }

  // Returns why there is not exactly one way between any two bridges and LANs that are joined at
  // all; empty: there is.
  [[nodiscard]] std::string fault_of_tree() const;
  // Returns how many changes of states made a ring, or left one.
  [[nodiscard]] std::size_t rings() const { return rings_; }
  // Returns how long the longest ring was one.
  [[nodiscard]] std::chrono::microseconds longest_ring() const { return longest_ring_; }
  [[nodiscard]] std::chrono::milliseconds time() const;
  [[nodiscard]] RstpBridge& bridge(char name) { return *bridges_.at(name).machine; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t flushes_of(const std::string& port) const;
  // When a state changed last.
  [[nodiscard]] std::chrono::milliseconds last_change() const;

 private:
  struct Bridge {
    protocols::RstpSettings settings;
    MacAddress address;
    std::optional<RstpBridge> machine;  // nullopt: it is dead
    std::map<PortNumber, std::string> lans;
    std::map<PortNumber, protocols::RstpPortSettings> ports;
    std::set<PortNumber> forwarding;
    std::map<PortNumber, std::uint64_t> flushes;
  };
  struct Lan {
    std::vector<std::pair<char, PortNumber>> ports;
    bool is_cut = false;
    TimePoint last_arrival{};  // nothing overtakes on a LAN
    std::uint64_t epoch = 0;   // what is on its way when it is cut is lost
  };
  struct Flight {
    TimePoint when;
    std::uint64_t number = 0;
    std::string lan;
    std::uint64_t epoch = 0;
    char to = 0;
    PortNumber port{};
    std::vector<std::byte> frame;

    bool operator>(const Flight& other) const {
      return std::pair(when, number) > std::pair(other.when, other.number);
    }
  };

  void say_line(const std::string& line);
  void say_port(std::istream& words);
  void check(std::istream& words);
  void set_links(const Lan& lan);
  [[nodiscard]] protocols::RstpLink link_of(const Lan& lan) const;
  void heed(char name);
  void watch();
  [[nodiscard]] bool has_ring() const;
  [[nodiscard]] std::optional<TimePoint> next_tick() const;

  std::mt19937_64 random_;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  const TimePoint begin_ = now_;
  std::map<char, Bridge> bridges_;
  std::map<std::string, Lan> lans_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
  double loss_ = 0;
  std::size_t rings_ = 0;
  std::optional<TimePoint> ring_since_;
  std::chrono::microseconds longest_ring_{};
  std::uint64_t frames_ = 0;
  TimePoint last_change_ = now_;
};

// Says a script to a network of its own.
inline void hold(const std::string& script) {
  TreeLab lab;
  EXPECT_NO_THROW(lab.say(script));
  EXPECT_EQ(lab.rings(), 0U);
}

}  // namespace tapswitch::test
