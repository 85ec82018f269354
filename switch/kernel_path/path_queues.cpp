// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_queues.hpp"
#include "switch/ports/ledger_time.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <chrono>

namespace tapswitch {
namespace {

constexpr std::size_t size_of_queues = path_most_ports * sizeof(path_queue);
constexpr std::chrono::nanoseconds time_between_programs = std::chrono::milliseconds(10);

static_assert(sizeof(path_queue) == 64, "ports share no cache line");

}  // namespace

KernelResult<PathQueues> PathQueues::open(const PathProgram& program) {
  void* const memory = ::mmap(nullptr, size_of_queues, PROT_READ | PROT_WRITE, MAP_SHARED,
                              program.map("path_queues"), 0);
  if (memory == MAP_FAILED) {
    return kernel_error(errno, "mmap", "open", "the queues of the kernel path");
  }
  return PathQueues(static_cast<path_queue*>(memory));
}

void PathQueues::Unmap::operator()(path_queue* queues) const { ::munmap(queues, size_of_queues); }

void PathQueues::clear(std::uint32_t place) const {
  path_queue& queue = at(place);
  for (__u64* word : {&queue.ledger.left, &queue.ledger.queued, &queue.ledger.drained, &queue.since,
                      &queue.last, &queue.busy_since, &queue.lost}) {
    std::atomic_ref(*word).store(0);
  }
}

void PathQueues::begin(std::uint32_t place) const {
  path_queue& queue = at(place);
  const std::uint64_t since = ledger_time(std::chrono::steady_clock::now() + time_between_programs);
  std::atomic_ref(queue.since).store(since);
  // A worker is not thought to be busy with those.
  std::atomic_ref(queue.busy_since).store(since);
  // Nobody waits for frames that were left while the other program was not there.
  std::atomic_ref queued(queue.ledger.queued);
  const std::uint64_t left = std::atomic_ref(queue.ledger.left).load();
  queued.fetch_add(left - queued.load());
}

std::uint64_t PathQueues::lost(std::uint32_t place) const {
  return std::atomic_ref(at(place).lost).load(std::memory_order_relaxed);
}

}  // namespace tapswitch
