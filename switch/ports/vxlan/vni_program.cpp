// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/vni_program.hpp"

#include <algorithm>
#include <cstdint>

namespace tapswitch {
namespace {

using Program = std::vector<sock_filter>;

// So few are asked for one behind the other.
constexpr std::size_t few_vnis = 4;

sock_filter instruction(unsigned code, std::uint32_t operand, std::uint8_t if_true = 0,
                        std::uint8_t if_false = 0) {
  return {.code = static_cast<std::uint16_t>(code), .jt = if_true, .jf = if_false, .k = operand};
}

void answer(Program& program, std::size_t place) {
  program.push_back(instruction(BPF_RET | BPF_K, static_cast<std::uint32_t>(place)));
}

// 'places' are in order of their VNIs. Each way through what is added ends with an answer.
void add_search(Program& program, std::span<const VniPlace> places) {
  if (places.size() <= few_vnis) {
    for (const VniPlace& each : places) {
      program.push_back(instruction(BPF_JMP | BPF_JEQ | BPF_K, each.vni, 0, 1));
      answer(program, each.place);
    }
    answer(program, 0);
    return;
  }
  const std::span<const VniPlace> lower = places.first(places.size() / 2);
  const std::span<const VniPlace> upper = places.subspan(lower.size());
  // A comparison jumps over 255 instructions at most, an unconditional jump over any number.
  program.push_back(instruction(BPF_JMP | BPF_JGE | BPF_K, upper.front().vni, 0, 1));
  const std::size_t jump = program.size();
  program.push_back(instruction(BPF_JMP | BPF_JA, 0));
  add_search(program, lower);
  program[jump].k = static_cast<std::uint32_t>(program.size() - jump - 1);
  add_search(program, upper);
}

}  // namespace

std::vector<sock_filter> vni_program(std::span<const VniPlace> places) {
  constexpr std::uint32_t vni_and_reserved = 4;
  std::vector<VniPlace> sorted(places.begin(), places.end());
  std::ranges::sort(sorted, {}, &VniPlace::vni);
  Program program{instruction(BPF_LD | BPF_W | BPF_ABS, vni_and_reserved),
                  instruction(BPF_ALU | BPF_RSH | BPF_K, 8)};
  add_search(program, sorted);
  return program;
}

}  // namespace tapswitch
