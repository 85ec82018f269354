// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/vxlan_port.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <span>
#include <utility>

#include "switch/forwarding/fdb_seconds.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/segmentation.hpp"
#include "switch/ports/vxlan/flow_hash.hpp"
#include "switch/ports/vxlan/inner_frame.hpp"

namespace tapswitch {
namespace {

// So many ways are looked at in one turn of the control thread.
constexpr std::size_t ways_at_once = 16;

// A datagram of UDP has no more room in IPv4, and datagrams that leave together have none either.
constexpr std::size_t most_row_bytes = 65'507;

// A worker cuts super-frames with these, whatever ports they leave by.
struct CuttingTools {
  FrameBuffer segment;
  std::array<std::byte, most_row_bytes> row;
};

CuttingTools& cutting_tools() {
  thread_local CuttingTools tools;
  return tools;
}

TimePoint time_now() noexcept { return std::chrono::steady_clock::now(); }

std::uint64_t table_salt() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

std::unique_ptr<Fdb> table_for(const Remotes& remotes) {
  return remotes.are_several() ? std::make_unique<Fdb>(VxlanPort::most_stations,
                                                       VxlanPort::station_ageing, table_salt())
                               : nullptr;
}

// Returns the MTU of the route that a socket which is connected has; 0: the kernel does not say.
std::uint32_t mtu_of_way(int socket, bool is_ipv6) noexcept {
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const bool is_told = ::getsockopt(socket, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                    is_ipv6 ? IPV6_MTU : IP_MTU, &mtu, &size) == 0;
  return is_told && mtu > 0 ? static_cast<std::uint32_t>(mtu) : 0;
}

// A frame begins with an Ethernet header. Nullopt: it has no source that is a station's.
std::optional<Station> station_of(MacAddress mac, std::span<const std::byte> head) {
  if (mac.is_group() || mac.bits() == 0) {
    return std::nullopt;
  }
  const std::span<const std::byte> behind = head.subspan(2 * MacAddress::size);
  constexpr std::size_t tag_and_type = VlanTag::size + sizeof(std::uint16_t);
  const bool is_tagged = behind.size() >= tag_and_type && is_tag_type(load_16(behind.data()));
  const int vid = is_tagged ? load_16(&behind[2]) & 0x0fff : 0;
  return Station{.vid = static_cast<VlanId>(vid), .mac = mac};
}

}  // namespace

KernelResult<std::unique_ptr<VxlanPort>> VxlanPort::open(const VxlanOptions& options) {
  auto socket = VniSocket::open(options.local, options.vni);
  if (!socket) {
    return socket.error();
  }
  for (const SocketAddress& remote : options.remotes) {
    // Now, for its own socket is one of those.
    if (auto checked = check_remote(remote); !checked) {
      return checked.error();
    }
  }
  return complete(std::move(*socket), options);
}

KernelResult<std::unique_ptr<VxlanPort>> VxlanPort::inherit(UniqueFd socket, std::size_t place,
                                                            const VxlanOptions& options) {
  return complete(VniSocket::inherit(std::move(socket), options.local, options.vni, place),
                  options);
}

KernelResult<std::unique_ptr<VxlanPort>> VxlanPort::complete(VniSocket socket,
                                                             const VxlanOptions& options) {
  auto flows = FlowSockets::open({.local = options.local,
                                  .source_ports = options.source_ports,
                                  .ttl = options.ttl,
                                  .tos = options.tos,
                                  .has_checksum = options.has_checksum});
  if (!flows) {
    return flows.error();
  }
  return std::unique_ptr<VxlanPort>(new VxlanPort(std::move(socket), std::move(*flows), options));
}

VxlanPort::VxlanPort(VniSocket socket, FlowSockets flows, const VxlanOptions& options)
    : options_(options),
      is_ipv6_(options.local.family() == AF_INET6),
      socket_(std::move(socket)),
      flows_(std::move(flows)),
      remotes_(options.remotes, options.local, options.learns_remotes),
      // The kernel joins no datagrams that are to have no checksum.
      sender_(remotes_, is_ipv6_, options.has_checksum),
      stations_(table_for(remotes_)),
      drops_(socket_.descriptor()) {
  for (std::size_t looked_at = 0; looked_at < remotes_.count(); looked_at += ways_at_once) {
    look_at_ways();
  }
}

ReceiveStatus VxlanPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  if (inbox_.is_empty()) {
    if (!inbox_.fill(socket_.descriptor())) {
      return ReceiveStatus::empty;
    }
    now_ = time_now();
  }
  const ReceiveStatus status = take_from(*inbox_.following(), frame);
  const bool has_more = inbox_.following() != nullptr;
  return status == ReceiveStatus::received && has_more ? ReceiveStatus::more : status;
}

// Takes the first datagram off 'row', and with it those that continue its frame.
ReceiveStatus VxlanPort::take_from(VxlanInbox::Row& row, FrameBuffer& frame) noexcept {
  const std::span<const std::byte> datagram = row.take();
  if (row.is_cut_off) {
    row.bytes = {};
    return ReceiveStatus::oversize;
  }
  const std::optional<Vni> vni = read_vxlan_header(datagram);
  if (!vni) {
    return ReceiveStatus::misencapsulated;
  }
  const std::span<const std::byte> inside = datagram.subspan(vxlan_header_size);
  copy_octets(inside, frame.space().data());
  frame.assign(inside.size());
  if (*vni != options_.vni) {
    return ReceiveStatus::foreign_vni;
  }
  const auto number = remotes_.find_or_learn(*row.source, to_second(now_));
  if (!number) {
    return ReceiveStatus::foreign;
  }
  frame.find_layout();
  if (!row.bytes.empty() && states_size(frame, inside.size() + row.bytes.size())) {
    // The row is one super-frame of UDP, from a tunnel of this host's own.
    frame.append(std::exchange(row.bytes, {}));
    find_unfinished(frame, mtu(), as_word(row.datagram_size));
  } else {
    find_unfinished(frame, mtu());
  }
  take_in_marks(frame, row.tos);
  Remote& remote = remotes_.at(*number);
  remote.in_frames.add(1);
  remote.in_octets.add(frame.size());
  if (inbox_.following() != nullptr && joiner_.begin(frame)) {
    join_those_behind(remote);
  }
  learn_station(frame, *number);
  return ReceiveStatus::received;
}

// Joins what follows in the inbox with what the joiner has begun with, as long as it continues
// that.
void VxlanPort::join_those_behind(Remote& remote) noexcept {
  for (VxlanInbox::Row* row = inbox_.following(); row != nullptr; row = inbox_.following()) {
    const std::span<const std::byte> datagram = row->peek();
    if (row->is_cut_off || !remote.address.is_on(*row->source) ||
        read_vxlan_header(datagram) != options_.vni) {
      break;
    }
    const std::span<const std::byte> inside = datagram.subspan(vxlan_header_size);
    copy_octets(inside, next_.space().data());
    next_.assign(inside.size());
    next_.find_layout();
    take_in_marks(next_, row->tos);
    if (!joiner_.append(next_)) {
      break;
    }
    (void)row->take();
    remote.in_frames.add(1);
    remote.in_octets.add(inside.size());
  }
  joiner_.finish();
}

void VxlanPort::learn_station(const FrameBuffer& frame, std::size_t remote) noexcept {
  const std::span<const std::byte> head = frame.head();
  if (stations_ == nullptr || !is_learning_.load(std::memory_order_relaxed) ||
      head.size() < FrameView::header_size) {
    return;
  }
  if (const auto station = station_of(MacAddress::read(&head[MacAddress::size]), head)) {
    stations_->learn(*station, static_cast<PortIndex>(remote), 0, now_);
  }
}

SendStatus VxlanPort::send(FrameBuffer& frame) noexcept {
  if (frame.offload().gso != GsoKind::none) {
    return send_cut(frame);
  }
  if (is_too_long(frame.size())) {
    return SendStatus::too_long;
  }
  frame.finish_checksum();
  const std::span<std::byte> header = frame.prefix(vxlan_header_size);
  write_vxlan_header(header.first<vxlan_header_size>(), options_.vni);
  std::array<iovec, 1 + FrameBuffer::most_parts> pieces;
  pieces[0] = {.iov_base = header.data(), .iov_len = header.size() + frame.head().size()};
  std::size_t count = 1;
  for (const FrameBuffer::Part part : frame.body()) {
    pieces[count++] = {.iov_base = const_cast<std::byte*>(part.data()), .iov_len = part.size()};
  }
  Shipment shipment = shipment_of(frame);
  shipment.pieces = std::span(pieces).first(count);
  shipment.size = shipment.datagram_size = vxlan_header_size + frame.size();
  Targets numbers;
  return sender_.send(shipment, targets_of(frame, numbers));
}

// Segments of one size leave together, up to what a message takes.
SendStatus VxlanPort::send_cut(FrameBuffer& frame) noexcept {
  const auto headers = frame.headers_of_segments();
  if (!headers) {
    return SendStatus::refused;
  }
  Targets numbers;
  const std::span<const std::uint16_t> targets = targets_of(frame, numbers);
  CuttingTools& tools = cutting_tools();
  Shipment row = shipment_of(frame);
  row.count = 0;
  auto status = SendStatus::sent;
  const auto ship = [&] {
    iovec piece{.iov_base = tools.row.data(), .iov_len = row.size};
    row.pieces = {&piece, 1};
    if (const SendStatus one = sender_.send(row, targets); one != SendStatus::sent) {
      status = one;
    }
    row.count = row.size = 0;
  };
  Segmenter segments(frame, *headers);
  while (segments.next(tools.segment)) {
    const std::span<const std::byte> segment = tools.segment.head();
    if (is_too_long(segment.size())) {
      return SendStatus::too_long;  // as all of them are
    }
    const std::size_t size = vxlan_header_size + segment.size();
    if (row.count == VxlanSender::most_joined || row.size + size > tools.row.size()) {
      ship();
    }
    row.datagram_size = row.count == 0 ? size : row.datagram_size;
    const std::span<std::byte> place = std::span(tools.row).subspan(row.size, size);
    write_vxlan_header(place.first<vxlan_header_size>(), options_.vni);
    copy_octets(segment, &place[vxlan_header_size]);
    row.size += size;
    ++row.count;
  }
  if (row.count > 0) {
    ship();
  }
  return status;
}

Shipment VxlanPort::shipment_of(const FrameBuffer& frame) const noexcept {
  Shipment shipment{.socket = flows_.of(flow_hash(frame))};
  if (options_.inherits_tos) {
    shipment.tos = service_class(frame);
  }
  return shipment;
}

std::span<const std::uint16_t> VxlanPort::targets_of(const FrameBuffer& frame,
                                                     Targets& numbers) const noexcept {
  std::uint32_t second = 0;
  if (stations_ != nullptr) {
    const TimePoint now = time_now();
    second = to_second(now);
    const auto destination = station_of(MacAddress::read(frame.head().data()), frame.head());
    if (const auto remote = destination ? stations_->find(*destination, now) : std::nullopt) {
      numbers[0] = static_cast<std::uint16_t>(*remote);
      return std::span(numbers).first(1);
    }
  }
  std::size_t count = 0;
  for (std::size_t number = 0; number < remotes_.count(); ++number) {
    if (remotes_.is_flooded(remotes_.at(number), second)) {
      numbers[count++] = static_cast<std::uint16_t>(number);
    }
  }
  return std::span(numbers).first(count);
}

// Tags count: on the way they are payload.
bool VxlanPort::is_too_long(std::size_t size) const noexcept {
  const std::uint32_t most = options_.mtu == 0 ? mtu() : 0;
  return most != 0 && size > FrameView::header_size + most;
}

std::uint32_t VxlanPort::mtu() const noexcept {
  if (options_.mtu != 0) {
    return options_.mtu;
  }
  const std::uint32_t way = way_mtu_.load(std::memory_order_relaxed);
  const std::size_t overhead =
      FrameView::header_size + (is_ipv6_ ? vxlan_overhead_ipv6 : vxlan_overhead_ipv4);
  return way > overhead ? static_cast<std::uint32_t>(way - overhead) : 0;
}

// Looks at some ways in each turn, and at all of them over time.
void VxlanPort::look_at_ways() noexcept {
  const std::size_t count = remotes_.count();
  const UniqueFd probe = open_udp_socket(options_.local.family());
  for (std::size_t i = 0; probe.is_open() && i < std::min(count, ways_at_once); ++i) {
    Remote& remote = remotes_.at(next_way_++ % count);
    if (::connect(probe.get(), remote.address.get(), remote.address.size()) == 0) {
      remote.way_mtu.store(mtu_of_way(probe.get(), is_ipv6_), std::memory_order_relaxed);
    }
  }
  std::uint32_t narrowest = 0;
  for (std::size_t number = 0; number < count; ++number) {
    const std::uint32_t mtu = remotes_.at(number).way_mtu.load(std::memory_order_relaxed);
    narrowest = mtu != 0 && (narrowest == 0 || mtu < narrowest) ? mtu : narrowest;
  }
  way_mtu_.store(narrowest, std::memory_order_relaxed);
}

LinkStatus VxlanPort::link() const {
  LinkStatus status;
  status.is_present = true;
  status.is_up = true;
  status.has_carrier = true;
  status.mtu = mtu();
  return status;
}

}  // namespace tapswitch
