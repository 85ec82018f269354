// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/pcapng.hpp"

#include <cstring>
#include <limits>

namespace tapswitch::pcapng {
namespace {

enum BlockType : std::uint32_t {
  section_header = 0x0A0D0D0A,
  interface_description = 1,
  interface_statistics = 5,
  enhanced_packet = 6,
};

enum OptionCode : std::uint16_t {
  end_of_options = 0,
  opt_comment = 1,
  shb_userappl = 4,
  if_name = 2,
  if_description = 3,
  if_tsresol = 9,
  isb_ifrecv = 4,
  isb_ifdrop = 5,
  epb_flags = 2,
  epb_packetid = 5,
};

constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint16_t linktype_ethernet = 1;
constexpr std::uint8_t nanoseconds = 9;  // as a negative power of ten
constexpr std::uint32_t inbound = 1;
constexpr std::uint32_t outbound = 2;

template <class Number>
void add(std::string& file, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  file.append(bytes, sizeof number);
}

// Blocks, options and packets end at a multiple of four bytes.
void pad(std::string& file, std::size_t size) { file.append((4 - size % 4) % 4, '\0'); }

void add_option(std::string& file, OptionCode code, std::string_view value) {
  const std::string_view cut = value.substr(0, longest_text);
  add(file, std::uint16_t{code});
  add(file, static_cast<std::uint16_t>(cut.size()));
  file += cut;
  pad(file, cut.size());
}

template <class Number>
void add_number_option(std::string& file, OptionCode code, Number number) {
  std::string value;
  add(value, number);
  add_option(file, code, value);
}

void end_options(std::string& file) { add(file, std::uint32_t{end_of_options}); }

void add_time(std::string& file, Time time) {
  const auto count = static_cast<std::uint64_t>(time.count());
  add(file, static_cast<std::uint32_t>(count >> 32));
  add(file, static_cast<std::uint32_t>(count));
}

// A block is written with a length of 0, which its end sets right.
class Block {
 public:
  Block(std::string& file, BlockType type) : file_(file), begin_(file.size()) {
    add(file_, std::uint32_t{type});
    add(file_, std::uint32_t{0});
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    const auto length = static_cast<std::uint32_t>(file_.size() - begin_ + sizeof(std::uint32_t));
    add(file_, length);
    std::memcpy(file_.data() + begin_ + sizeof(std::uint32_t), &length, sizeof length);
  }

 private:
  std::string& file_;
  const std::size_t begin_;
};

}  // namespace

void add_section(std::string& file, std::string_view application) {
  const Block block(file, section_header);
  add(file, byte_order_magic);
  add(file, std::uint16_t{1});  // version 1.0
  add(file, std::uint16_t{0});
  add(file, std::numeric_limits<std::uint64_t>::max());  // its length is not known
  add_option(file, shb_userappl, application);
  end_options(file);
}

void add_interface(std::string& file, const Interface& interface) {
  const Block block(file, interface_description);
  add(file, linktype_ethernet);
  add(file, std::uint16_t{0});
  add(file, interface.snap_length);
  add_option(file, if_name, interface.name);
  add_option(file, if_description, interface.description);
  add_number_option(file, if_tsresol, nanoseconds);
  end_options(file);
}

void add_packet(std::string& file, const Packet& packet) {
  const Block block(file, enhanced_packet);
  add(file, packet.interface);
  add_time(file, packet.time);
  add(file, static_cast<std::uint32_t>(packet.bytes.size()));
  add(file, static_cast<std::uint32_t>(packet.size));
  file.append(reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size());
  pad(file, packet.bytes.size());
  if (!packet.comment.empty()) {
    add_option(file, opt_comment, packet.comment);
  }
  add_number_option(file, epb_flags, packet.direction == Direction::in ? inbound : outbound);
  if (packet.number != 0) {
    add_number_option(file, epb_packetid, packet.number);
  }
  end_options(file);
}

void add_statistics(std::string& file, const Statistics& statistics) {
  const Block block(file, interface_statistics);
  add(file, statistics.interface);
  add_time(file, statistics.time);
  add_number_option(file, isb_ifrecv, statistics.received);
  add_number_option(file, isb_ifdrop, statistics.dropped);
  end_options(file);
}

}  // namespace tapswitch::pcapng
