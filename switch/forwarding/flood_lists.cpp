// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/flood_lists.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tapswitch {
namespace {

constexpr std::size_t vid_end = 4096;

// Parts the VLANs into classes of those that the same sets contain.
class Partition {
 public:
  // Splits every class that 'set' cuts through.
  void split_by(const VlanSet& set) {
    std::vector<std::uint16_t> touched;
    set.for_each([&](VlanId vid) {
      const std::uint16_t old_class = class_of_[vid];
      if (classes_[old_class].hits++ == 0) {
        touched.push_back(old_class);
      }
    });
    for (const std::uint16_t old_class : touched) {
      const std::uint16_t hits = std::exchange(classes_[old_class].hits, std::uint16_t{0});
      if (hits == classes_[old_class].size) {
        classes_[old_class].heir = old_class;
        continue;
      }
      classes_[old_class].heir = static_cast<std::uint16_t>(classes_.size());
      classes_[old_class].size = static_cast<std::uint16_t>(classes_[old_class].size - hits);
      classes_.push_back({.size = hits});
    }
    set.for_each([&](VlanId vid) { class_of_[vid] = classes_[class_of_[vid]].heir; });
  }

  // One VLAN of each class.
  [[nodiscard]] VlanSet representatives() const {
    VlanSet result;
    std::vector<bool> is_represented(classes_.size());
    for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
      if (!is_represented[class_of_[vid]]) {
        is_represented[class_of_[vid]] = true;
        result.insert(vid);
      }
    }
    return result;
  }

  [[nodiscard]] std::size_t count() const { return classes_.size(); }
  [[nodiscard]] std::uint16_t class_of(VlanId vid) const { return class_of_[vid]; }

 private:
  struct Class {
    std::uint16_t size = 0;
    std::uint16_t hits = 0;  // members in the present set
    std::uint16_t heir = 0;  // the class that takes these members over
  };

  std::vector<std::uint16_t> class_of_ = std::vector<std::uint16_t>(vid_end, 0);
  std::vector<Class> classes_{{.size = vid_end}};
};

}  // namespace

FloodLists::FloodLists(std::span<const VlanSet* const> sets, std::span<const Trunk> trunks,
                       std::vector<Single> singles)
    : ranges_(vid_end) {
  Partition partition;
  for (const VlanSet* set : sets) {
    partition.split_by(*set);
  }
  const VlanSet representatives = partition.representatives();
  std::vector<std::vector<std::uint16_t>> classes_of(sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    (*sets[i] & representatives).for_each([&](VlanId vid) {
      classes_of[i].push_back(partition.class_of(vid));
    });
  }
  const std::vector<Range> lists = add_class_lists(partition.count(), classes_of, trunks);
  for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
    ranges_[vid] = lists[partition.class_of(vid)];
  }

  // Stable: within a VLAN the ports stay in order.
  std::stable_sort(singles.begin(), singles.end(),
                   [](const Single& left, const Single& right) { return left.vid < right.vid; });
  for (std::span<const Single> rest(singles); !rest.empty();) {
    const VlanId vid = rest.front().vid;
    const auto end = std::find_if(rest.begin(), rest.end(),
                                  [vid](const Single& single) { return single.vid != vid; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    ranges_[vid] = add_merged_list(ranges_[vid], rest.first(count));
    rest = rest.subspan(count);
  }
}

std::vector<FloodLists::Range> FloodLists::add_class_lists(
    std::size_t class_count, const std::vector<std::vector<std::uint16_t>>& classes_of,
    std::span<const Trunk> trunks) {
  // Counted first, so that each list lies in one piece.
  std::vector<Range> lists(class_count);
  for (const Trunk& trunk : trunks) {
    for (const std::uint16_t number : classes_of[trunk.set]) {
      ++lists[number].size;
    }
  }
  std::uint32_t end = 0;
  for (Range& list : lists) {
    list.begin = end;
    end += std::exchange(list.size, 0U);
  }
  ports_.resize(end);
  for (const Trunk& trunk : trunks) {
    for (const std::uint16_t number : classes_of[trunk.set]) {
      Range& list = lists[number];
      ports_[list.begin + list.size++] = trunk.port;
    }
  }
  return lists;
}

FloodLists::Range FloodLists::add_merged_list(Range base, std::span<const Single> singles) {
  const std::size_t begin = ports_.size();
  ports_.resize(begin + base.size + singles.size());
  // Whole runs of the base list are copied, as mostly one port is merged into many.
  auto from = ports_.cbegin() + base.begin;
  const auto from_end = from + base.size;
  auto to = ports_.begin() + static_cast<std::ptrdiff_t>(begin);
  for (const Single& single : singles) {
    const auto run_end = std::lower_bound(from, from_end, single.port);
    to = std::copy(from, run_end, to);
    *to++ = single.port;
    from = run_end;
  }
  std::copy(from, from_end, to);
  return {.begin = static_cast<std::uint32_t>(begin),
          .size = static_cast<std::uint32_t>(base.size + singles.size())};
}

}  // namespace tapswitch
