// SPDX-License-Identifier: Apache-2.0
#include "tests/support/front_end.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>

#include "switch/frame/octets.hpp"
#include "switch/system/descriptor_message.hpp"
#include "switch/system/socket_address.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace {

UniqueFd connected_to(const std::string& path) {
  const SocketAddress address = *SocketAddress::of_path(path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), address.get(), address.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  return socket;
}

template <class Value>
void append_to(std::vector<std::byte>& bytes, Value value) {
  const auto octets = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), octets.begin(), octets.end());
}

constexpr std::size_t header_size_of_net = 12;

// A word that the port looks at, too.
std::atomic_ref<std::uint16_t> shared(volatile std::uint16_t& word) {
  return std::atomic_ref<std::uint16_t>(const_cast<std::uint16_t&>(word));
}

}  // namespace

DriverRing::DriverRing(std::byte* memory, std::uint64_t offset, std::uint16_t size)
    : memory_(memory), offset_(offset), size_(size) {}

void DriverRing::offer(std::uint16_t head) {
  const std::uint16_t index = available_index();
  available(2U + index % size_) = head;
  shared(available_index()).store(static_cast<std::uint16_t>(index + 1));
}

FrontEnd::FrontEnd(const std::string& path, std::function<void()> serve)
    : FrontEnd(connected_to(path), std::move(serve)) {}

FrontEnd::FrontEnd(UniqueFd connection, std::function<void()> serve)
    : serve_(std::move(serve)),
      connection_(std::move(connection)),
      file_(::memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (::ftruncate(file_.get(), memory_size) != 0) {
    throw std::system_error(errno, std::generic_category(), "ftruncate");
  }
  void* const place =
      ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (place == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "mmap");
  }
  memory_ = static_cast<std::byte*>(place);
  for (std::uint32_t index = 0; index < rings_.size(); ++index) {
    rings_[index] = DriverRing(memory_, std::uint64_t{0x1'0000} * index, ring_size);
    kicks_[index].reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    calls_[index].reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  }
}

FrontEnd::~FrontEnd() { ::munmap(memory_, memory_size); }

bool FrontEnd::waits_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    serve_();
    std::this_thread::yield();
  }
  return true;
}

void FrontEnd::send_bytes(std::span<const std::byte> bytes, std::span<const int> descriptors) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  (void)send_with_descriptors(connection_.get(), text, descriptors, 0);
}

void FrontEnd::send(VhostRequest request, std::span<const std::byte> payload,
                    std::span<const int> descriptors, std::uint32_t flags) {
  Bytes message;
  append_to(message, static_cast<std::uint32_t>(request));
  append_to(message, flags);
  append_to(message, static_cast<std::uint32_t>(payload.size()));
  message.insert(message.end(), payload.begin(), payload.end());
  send_bytes(message, descriptors);
}

void FrontEnd::send_number(VhostRequest request, std::uint64_t number,
                           std::span<const int> descriptors, std::uint32_t flags) {
  Bytes payload;
  append_to(payload, number);
  send(request, payload, descriptors, flags);
}

void FrontEnd::send_ring(VhostRequest request, std::uint32_t ring, std::uint32_t number) {
  Bytes payload;
  append_to(payload, ring);
  append_to(payload, number);
  send(request, payload);
}

void FrontEnd::send_addresses(std::uint32_t ring, const VhostMessage::Addresses& addresses) {
  Bytes payload;
  append_to(payload, ring);
  append_to(payload, std::uint32_t{0});
  for (const std::uint64_t address :
       {addresses.descriptors, addresses.used, addresses.available, std::uint64_t{0}}) {
    append_to(payload, address);
  }
  send(VhostRequest::set_ring_addresses, payload);
}

void FrontEnd::send_memory(std::span<const VhostMessage::Region> regions,
                           std::span<const int> descriptors) {
  Bytes payload;
  append_to(payload, static_cast<std::uint32_t>(regions.size()));
  append_to(payload, std::uint32_t{0});
  for (const auto& each : regions) {
    for (const std::uint64_t number : {each.guest, each.size, each.user, each.offset}) {
      append_to(payload, number);
    }
  }
  send(VhostRequest::set_memory, payload, descriptors);
}

std::optional<std::uint64_t> FrontEnd::answer() {
  VhostReply reply;
  const bool has_come = waits_until([&] {
    return ::recv(connection_.get(), reply.data(), reply.size(), MSG_DONTWAIT) ==
           static_cast<ssize_t>(reply.size());
  });
  if (!has_come) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  std::memcpy(&number, &reply[VhostMessage::header_size], sizeof number);
  return number;
}

std::optional<std::uint64_t> FrontEnd::ask(VhostRequest request) {
  send(request);
  return answer();
}

std::optional<std::uint16_t> FrontEnd::stop(std::uint32_t ring) {
  send_ring(VhostRequest::get_ring_base, ring, 0);
  const auto said = answer();
  return said ? std::optional(static_cast<std::uint16_t>(*said >> 32)) : std::nullopt;
}

bool FrontEnd::waits_for_end() {
  return waits_until([&] {
    std::byte octet{};
    const ssize_t size = ::recv(connection_.get(), &octet, 1, MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno == ECONNRESET);
  });
}

void FrontEnd::agree(std::uint64_t features) {
  (void)ask(VhostRequest::get_features);
  send(VhostRequest::set_owner);
  send_number(VhostRequest::set_features, features);
}

void FrontEnd::share_memory() {
  const std::array regions{region()};
  send_memory(regions, std::array{file_.get()});
}

void FrontEnd::set_up_ring(std::uint32_t ring, std::uint16_t base) {
  send_ring(VhostRequest::set_ring_size, ring, ring_size);
  send_ring(VhostRequest::set_ring_base, ring, base);
  send_addresses(ring, rings_[ring].addresses(user_base));
  send_number(VhostRequest::set_ring_call, ring, std::array{calls_[ring].get()});
  send_number(VhostRequest::set_ring_kick, ring, std::array{kicks_[ring].get()});
}

void FrontEnd::start(std::uint64_t features) {
  agree(features);
  share_memory();
  for (const std::uint32_t ring : {to_guest, from_guest}) {
    set_up_ring(ring);
    send_ring(VhostRequest::enable_ring, ring, 1);
  }
  give_buffers(ring_size / 2);
  (void)ask(VhostRequest::get_features);  // by then all of it is heard
}

void FrontEnd::put(std::span<const std::byte> frame, std::span<const std::byte> header,
                   std::size_t parts) {
  Bytes all(header.begin(), header.end());
  all.resize(header_size_of_net);
  all.insert(all.end(), frame.begin(), frame.end());
  DriverRing& ring = rings_[from_guest];
  const std::uint16_t head = next_descriptor_;
  const std::size_t piece = (all.size() + parts - 1) / parts;
  std::span<const std::byte> rest(all);
  while (!rest.empty()) {
    const auto index = static_cast<std::uint16_t>(next_descriptor_++ % ring_size);
    const auto next = static_cast<std::uint16_t>(next_descriptor_ % ring_size);
    const auto now = rest.first(std::min({piece, rest.size(), std::size_t{1} << 16}));
    // A buffer of 64 KiB for each of the first descriptors, so that large frames fit.
    const std::uint64_t offset =
        buffers_of_ring[from_guest] + (index % 32) * std::uint64_t{1 << 16};
    copy_octets(now, memory_ + offset);
    rest = rest.subspan(now.size());
    ring.descriptor(index) = {.address = guest_base + offset,
                              .size = static_cast<std::uint32_t>(now.size()),
                              .flags = rest.empty() ? std::uint16_t{0} : DriverRing::has_next,
                              .next = next};
  }
  ring.offer(static_cast<std::uint16_t>(head % ring_size));
  kick(from_guest);
}

void FrontEnd::kick(std::uint32_t ring) { (void)::eventfd_write(kicks_[ring].get(), 1); }

void FrontEnd::give_buffers(std::uint16_t count) {
  DriverRing& ring = rings_[to_guest];
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint16_t>(ring.available_index() % ring_size);
    ring.descriptor(index) = {
        .address = guest_base + buffers_of_ring[to_guest] + index * buffer_size,
        .size = buffer_size,
        .flags = DriverRing::is_written,
        .next = 0};
    ring.offer(index);
  }
}

std::optional<FrontEnd::Bytes> FrontEnd::next_frame() {
  DriverRing& ring = rings_[to_guest];
  if (shared(ring.used_index()).load() == seen_) {
    return std::nullopt;
  }
  Bytes all;
  for (std::size_t left = 1; left > 0; --left) {
    const std::uint64_t offset = buffers_of_ring[to_guest] + ring.used_head(seen_) * buffer_size;
    const std::span bytes(memory_ + offset, ring.used_size(seen_));
    if (all.empty()) {
      left = load_16(&bytes[10], std::endian::little);
    }
    all.insert(all.end(), bytes.begin(), bytes.end());
    ++seen_;
  }
  copy_octets(std::span(all).first(header_size_of_net), last_header_.data());
  all.erase(all.begin(), all.begin() + header_size_of_net);
  return all;
}

std::optional<FrontEnd::Bytes> FrontEnd::wait_for_frame() {
  std::optional<Bytes> frame;
  (void)waits_until([&] {
    frame = next_frame();
    return frame.has_value();
  });
  return frame;
}

std::uint64_t FrontEnd::calls(std::uint32_t ring) {
  eventfd_t count = 0;
  return ::eventfd_read(calls_[ring].get(), &count) == 0 ? count : 0;
}

bool FrontEnd::waits_for_used(std::uint32_t ring, std::uint16_t count) {
  return waits_until([&] { return rings_[ring].used_index() == count; });
}

}  // namespace tapswitch::test
