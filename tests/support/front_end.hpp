// SPDX-License-Identifier: Apache-2.0
// front_end.hpp: a front end of the vhost-user protocol with a guest that has a network card: what
// QEMU and the driver in its machine do, or anything else that a test wants to see refused.
//
// The guest's memory is a memfd, mapped here too. The rings and buffers are where the test can
// write to them. Nothing here waits by itself for the port under test: 'serve' is called over and
// over while something is awaited.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/ports/vhost_user/vhost_message.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

// The driver's side of a split ring, as plain memory.
class DriverRing {
 public:
  struct Descriptor {
    std::uint64_t address;
    std::uint32_t size;
    std::uint16_t flags;
    std::uint16_t next;
  };
  static constexpr std::uint16_t has_next = 1;
  static constexpr std::uint16_t is_written = 2;
  static constexpr std::uint16_t is_indirect = 4;

  DriverRing() = default;
  // At 'offset' of the guest's memory, of which 'memory' is the beginning.
  DriverRing(std::byte* memory, std::uint64_t offset, std::uint16_t size);

  [[nodiscard]] Descriptor& descriptor(std::size_t index) const {
    return reinterpret_cast<Descriptor*>(memory_ + offset_)[index];
  }
  [[nodiscard]] volatile std::uint16_t& available(std::size_t word) const {
    return reinterpret_cast<volatile std::uint16_t*>(memory_ + available_offset())[word];
  }
  [[nodiscard]] volatile std::uint16_t& available_flags() const { return available(0); }
  [[nodiscard]] volatile std::uint16_t& available_index() const { return available(1); }
  [[nodiscard]] volatile std::uint16_t& used_event() const { return available(2U + size_); }
  [[nodiscard]] volatile std::uint16_t& used_flags() const { return used_word(0); }
  [[nodiscard]] volatile std::uint16_t& used_index() const { return used_word(1); }
  [[nodiscard]] volatile std::uint16_t& available_event() const {
    return used_word(2 + 4U * size_);
  }
  [[nodiscard]] std::uint32_t used_head(std::uint16_t index) const { return used_entry(index)[0]; }
  [[nodiscard]] std::uint32_t used_size(std::uint16_t index) const { return used_entry(index)[1]; }

  // Makes the chain that begins at 'head' available.
  void offer(std::uint16_t head);

  [[nodiscard]] std::uint16_t size() const { return size_; }
  // Returns where the parts are in the front end's own memory, if that begins at 'user'.
  [[nodiscard]] VhostMessage::Addresses addresses(std::uint64_t user) const {
    return {.descriptors = user + offset_,
            .used = user + used_offset(),
            .available = user + available_offset()};
  }

 private:
  [[nodiscard]] std::uint64_t available_offset() const { return offset_ + 16ULL * size_; }
  [[nodiscard]] std::uint64_t used_offset() const { return offset_ + 32ULL * size_; }
  [[nodiscard]] volatile std::uint16_t& used_word(std::size_t word) const {
    return reinterpret_cast<volatile std::uint16_t*>(memory_ + used_offset())[word];
  }
  [[nodiscard]] volatile std::uint32_t* used_entry(std::uint16_t index) const {
    return reinterpret_cast<volatile std::uint32_t*>(memory_ + used_offset() + 4) +
           2 * (index % size_);
  }

  std::byte* memory_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint16_t size_ = 0;
};

// The bit by which a feature is told.
constexpr std::uint64_t feature_bit(unsigned bit) { return std::uint64_t{1} << bit; }

class FrontEnd {
 public:
  using Bytes = std::vector<std::byte>;

  static constexpr std::uint64_t memory_size = 8 << 20;
  static constexpr std::uint64_t guest_base = 0x4000'0000;  // where the guest has its memory
  static constexpr std::uint64_t user_base =
      0x7f00'0000'0000;  // where the front end says it has it
  static constexpr std::uint16_t ring_size = 256;
  static constexpr std::uint64_t buffer_size = 2'048;
  static constexpr std::uint64_t buffers_of_ring[2] = {0x10'0000, 0x40'0000};
  static constexpr std::uint32_t to_guest = 0;
  static constexpr std::uint32_t from_guest = 1;

  static constexpr std::uint64_t event_index = feature_bit(29);
  static constexpr std::uint64_t merges_buffers = feature_bit(15);
  static constexpr std::uint64_t all_offloads_features =
      feature_bit(0) | feature_bit(1) | feature_bit(7) | feature_bit(8) | feature_bit(9) |
      feature_bit(11) | feature_bit(12) | feature_bit(13);
  // Virtio 1.0, protocol features, indirect descriptors.
  static constexpr std::uint64_t plain_features =
      feature_bit(32) | feature_bit(30) | feature_bit(28);

  // Connects to the socket at 'path'.
  FrontEnd(const std::string& path, std::function<void()> serve);
  // Has a connection already.
  FrontEnd(UniqueFd connection, std::function<void()> serve);
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;
  ~FrontEnd();

  // ---- messages ----
  // Sends bytes with descriptors, whatever they are.
  void send_bytes(std::span<const std::byte> bytes, std::span<const int> descriptors = {});
  void send(VhostRequest request, std::span<const std::byte> payload = {},
            std::span<const int> descriptors = {}, std::uint32_t flags = 1);
  void send_number(VhostRequest request, std::uint64_t number,
                   std::span<const int> descriptors = {}, std::uint32_t flags = 1);
  void send_ring(VhostRequest request, std::uint32_t ring, std::uint32_t number);
  void send_addresses(std::uint32_t ring, const VhostMessage::Addresses& addresses);
  void send_memory(std::span<const VhostMessage::Region> regions, std::span<const int> descriptors);
  // Returns the number that the next answer says; nullopt if none comes.
  [[nodiscard]] std::optional<std::uint64_t> answer();
  [[nodiscard]] std::optional<std::uint64_t> ask(VhostRequest request);
  // Asks for the base of a ring, which stops it.
  [[nodiscard]] std::optional<std::uint16_t> stop(std::uint32_t ring);
  // Whether the other end has hung up.
  [[nodiscard]] bool waits_for_end();

  // ---- what QEMU does ----
  [[nodiscard]] static VhostMessage::Region region() {
    return {.guest = guest_base, .size = memory_size, .user = user_base, .offset = 0};
  }
  void agree(std::uint64_t features);
  void share_memory();
  void set_up_ring(std::uint32_t ring, std::uint16_t base = 0);
  // All of it, with buffers for the guest to receive into.
  void start(std::uint64_t features = plain_features);

  // ---- what the driver does ----
  // Sends a frame in as many descriptors as there are 'parts', behind a virtio-net header.
  void put(std::span<const std::byte> frame, std::span<const std::byte> header = {},
           std::size_t parts = 1);
  void kick(std::uint32_t ring);
  // Gives 'count' buffers to be received into.
  void give_buffers(std::uint16_t count);
  // Returns the next frame that was received, behind its header; nullopt if none comes.
  [[nodiscard]] std::optional<Bytes> wait_for_frame();
  [[nodiscard]] std::optional<Bytes> next_frame();
  [[nodiscard]] std::span<const std::byte, 12> last_header() const { return last_header_; }
  // How often a ring was called since the last time.
  [[nodiscard]] std::uint64_t calls(std::uint32_t ring);
  // Waits until so many chains of a ring came back.
  [[nodiscard]] bool waits_for_used(std::uint32_t ring, std::uint16_t count);

  [[nodiscard]] DriverRing& ring(std::uint32_t index) { return rings_[index]; }
  [[nodiscard]] std::byte* memory(std::uint64_t offset) { return memory_ + offset; }
  [[nodiscard]] int memory_file() const { return file_.get(); }
  [[nodiscard]] int kick_descriptor(std::uint32_t ring) const { return kicks_[ring].get(); }
  [[nodiscard]] int call_descriptor(std::uint32_t ring) const { return calls_[ring].get(); }
  void close() { connection_.reset(); }

 private:
  // Calls 'serve' until 'condition' holds. False: it does not in time.
  bool waits_until(const std::function<bool()>& condition);

  std::function<void()> serve_;
  UniqueFd connection_;
  UniqueFd file_;
  std::byte* memory_ = nullptr;
  std::array<DriverRing, 2> rings_;
  std::array<UniqueFd, 2> kicks_;
  std::array<UniqueFd, 2> calls_;
  std::uint16_t next_descriptor_ = 0;  // to send by
  std::uint16_t seen_ = 0;             // of the used entries of what was received
  std::array<std::byte, 12> last_header_{};
};

}  // namespace tapswitch::test
