// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/capture_filter.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>

namespace tapswitch {
namespace {

struct Close {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};

// The offset of a jump that is not conditional may lead back.
bool goes_in_circles(const bpf_program& program) {
  const std::span steps(program.bf_insns, program.bf_len);
  return std::ranges::any_of(steps, [](const bpf_insn& step) {
    return step.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(step.k) < 0;
  });
}

}  // namespace

void CaptureFilter::Free::operator()(bpf_program* program) const noexcept {
  pcap_freecode(program);
  delete program;
}

CaptureFilter::CaptureFilter(const std::string& text) {
  if (text.find('\0') != std::string::npos) {
    throw std::invalid_argument("there is a NUL in it, behind which nothing would be read");
  }
  constexpr int largest = 262'144;  // as tcpdump has it: more than any frame
  const std::unique_ptr<pcap_t, Close> handle(pcap_open_dead(DLT_EN10MB, largest));
  auto program = std::make_unique<bpf_program>();
  if (handle == nullptr) {
    throw std::bad_alloc();
  }
  if (pcap_compile(handle.get(), program.get(), text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw std::invalid_argument(pcap_geterr(handle.get()));
  }
  program_.reset(program.release());
  if (goes_in_circles(*program_)) {
    throw std::invalid_argument("protochain goes in circles, which is not allowed here");
  }
}

bool CaptureFilter::matches(std::span<const std::byte> bytes, std::size_t size) const noexcept {
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(bytes.size());
  header.len = static_cast<bpf_u_int32>(size);
  return pcap_offline_filter(program_.get(), &header,
                             reinterpret_cast<const u_char*>(bytes.data())) != 0;
}

}  // namespace tapswitch
