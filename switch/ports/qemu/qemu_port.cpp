// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/qemu/qemu_port.hpp"

#include <utility>

#include "switch/ports/socket/datagram_port.hpp"
#include "switch/ports/socket/stream_port.hpp"
#include "switch/ports/socket/stream_source.hpp"

namespace tapswitch {
namespace {

KernelResult<std::unique_ptr<AttendedPort>> open_stream(
    KernelResult<std::unique_ptr<StreamSource>> source, std::uint32_t mtu) {
  if (!source) {
    return source.error();
  }
  return StreamPort::open(std::move(*source), mtu);
}

}  // namespace

KernelResult<std::unique_ptr<AttendedPort>> open_qemu_port(const QemuOptions& options) {
  if (const auto* listen = std::get_if<QemuOptions::Listen>(&options.end)) {
    return open_stream(ListeningSource::open(listen->address, options.access), options.mtu);
  }
  if (const auto* connect = std::get_if<QemuOptions::Connect>(&options.end)) {
    return open_stream(ConnectingSource::open(connect->address, connect->reconnect), options.mtu);
  }
  const auto& datagram = std::get<QemuOptions::Datagram>(options.end);
  return DatagramPort::open(datagram.local, datagram.remote, options.access, options.mtu);
}

}  // namespace tapswitch
