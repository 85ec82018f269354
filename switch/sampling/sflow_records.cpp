// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/sflow_records.hpp"

namespace tapswitch {
namespace {

constexpr std::uint32_t version = 5;

// Formats of samples, of flow records and of counter records, of enterprise 0.
constexpr std::uint32_t flow_sample = 1;
constexpr std::uint32_t counters_sample = 2;
constexpr std::uint32_t discarded_packet = 5;
constexpr std::uint32_t sampled_header = 1;
constexpr std::uint32_t extended_switch = 1'001;
constexpr std::uint32_t if_counters = 1;
constexpr std::uint32_t port_name = 1'005;

constexpr std::uint32_t ethernet = 1;         // as the protocol of a header
constexpr std::uint32_t ethernet_csmacd = 6;  // as the type of an interface
constexpr std::uint32_t full_duplex = 1;
constexpr std::uint32_t not_counted = 0xffff'ffff;
constexpr std::uint32_t is_promiscuous = 1;

// A frame is told of as long as it is on a medium, with the checksum that its header has not.
constexpr std::size_t checksum_size = 4;

constexpr std::size_t words(std::size_t count) { return count * XdrWriter::unit; }
// The type of a record and its length.
constexpr std::size_t record_head = words(2);
constexpr std::size_t extended_switch_size = record_head + words(4);
constexpr std::size_t if_counters_size = words(22);

std::size_t header_size(const FrameHeader& header) {
  return record_head + words(4) + XdrWriter::padded(header.bytes.size());
}

// Whether it is no frame, or lies of itself.
bool is_error(DropReason reason) { return reason <= DropReason::framing_invalid; }

std::uint32_t low_word(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

// A sample or a record: its type, its length, and then what is written while this lives.
class SflowDatagram::Part {
 public:
  Part(XdrWriter& writer, std::uint32_t format) : writer_(writer) {
    writer_.word(format);
    at_length_ = writer_.later();
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() { writer_.set_length(at_length_); }

  static void add_header(XdrWriter& writer, const FrameHeader& header) {
    const Part record(writer, sampled_header);
    writer.word(ethernet);
    writer.word(static_cast<std::uint32_t>(header.size + checksum_size));
    writer.word(checksum_size);  // stripped
    writer.opaque(header.bytes);
  }

 private:
  XdrWriter& writer_;
  std::size_t at_length_ = 0;
};

void SflowDatagram::begin(const IpAddress& agent, std::chrono::milliseconds uptime) {
  constexpr std::uint32_t sub_agent = 0;
  writer_.clear();
  count_ = 0;
  writer_.word(version);
  writer_.word(agent.is_ipv6() ? 2 : 1);
  writer_.bytes(agent.bytes());
  writer_.word(sub_agent);
  at_sequence_ = writer_.later();
  writer_.word(static_cast<std::uint32_t>(uptime.count()));
  at_count_ = writer_.later();
}

bool SflowDatagram::add(const FlowSample& sample) {
  const std::size_t size =
      record_head + words(8) + header_size(sample.header) + extended_switch_size;
  if (size > writer_.room()) {
    return false;
  }
  ++count_;
  const Part whole(writer_, flow_sample);
  for (const std::uint32_t word : {sample.sequence, sample.port, sample.rate, sample.pool,
                                   sample.lost, sample.port, sample.output, 2U}) {
    writer_.word(word);
  }
  Part::add_header(writer_, sample.header);
  const Part record(writer_, extended_switch);
  for (int side = 0; side < 2; ++side) {  // as it came in, as it leaves
    writer_.word(sample.vid);
    writer_.word(sample.priority);
  }
  return true;
}

bool SflowDatagram::add(const DiscardSample& sample) {
  const std::size_t size = record_head + words(8) + header_size(sample.header);
  if (size > writer_.room()) {
    return false;
  }
  ++count_;
  constexpr std::uint32_t by_interface_number = 0;
  const Part whole(writer_, discarded_packet);
  for (const std::uint32_t word : {sample.sequence, by_interface_number, sample.port, sample.lost,
                                   sample.input, sample.output, sample.reason, 1U}) {
    writer_.word(word);
  }
  Part::add_header(writer_, sample.header);
  return true;
}

bool SflowDatagram::add(const CounterSample& sample, std::uint32_t sequence) {
  const std::size_t size = record_head + words(3) + record_head + if_counters_size + record_head +
                           words(1) + XdrWriter::padded(sample.name.size());
  if (size > writer_.room()) {
    return false;
  }
  ++count_;
  const DropTotals drops = drops_of(sample.totals);
  const Part whole(writer_, counters_sample);
  writer_.word(sequence);
  writer_.word(sample.port);
  writer_.word(2);  // records
  {
    const Part record(writer_, if_counters);
    writer_.word(sample.port);
    writer_.word(ethernet_csmacd);
    writer_.double_word(0);  // nobody knows its speed
    writer_.word(full_duplex);
    writer_.word((sample.is_enabled ? 1U : 0U) | (sample.has_carrier ? 2U : 0U));
    writer_.double_word(sample.totals.in_octets);
    for (const std::uint64_t count : sample.totals.in_frames) {
      writer_.word(low_word(count));
    }
    writer_.word(low_word(drops.in_discards));
    writer_.word(low_word(drops.in_errors));
    writer_.word(not_counted);  // of unknown protocols
    writer_.double_word(sample.totals.out_octets);
    for (const std::uint64_t count : sample.totals.out_frames) {
      writer_.word(low_word(count));
    }
    writer_.word(low_word(drops.out_discards));
    writer_.word(0);  // errors: a frame that leaves is one
    writer_.word(is_promiscuous);
  }
  const Part record(writer_, port_name);
  writer_.text(sample.name);
  return true;
}

std::span<const std::byte> SflowDatagram::finish(std::uint32_t sequence) {
  writer_.set(at_sequence_, sequence);
  writer_.set(at_count_, count_);
  return writer_.written();
}

DropTotals drops_of(const PortTotals& totals) {
  DropTotals sum;
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    const auto reason = static_cast<DropReason>(i);
    // Reasons of conditions have no direction, and are told with what leaves.
    const bool is_in = is_counted_at_ingress(reason);
    std::uint64_t& count = is_in && is_error(reason) ? sum.in_errors
                           : is_in                   ? sum.in_discards
                                                     : sum.out_discards;
    count += totals.drops[i];
  }
  return sum;
}

}  // namespace tapswitch
