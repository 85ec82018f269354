// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/capture_writer.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <exception>
#include <new>

#include "switch/capture/pcapng.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/segmentation.hpp"

namespace tapswitch {
namespace {

using std::chrono::milliseconds;

std::string comment_on(const std::optional<DropReason>& dropped) {
  if (!dropped) {
    return {};
  }
  const DropReasonText& text = text_of(*dropped);
  return std::string("dropped as ").append(text.name).append(": ").append(text.description);
}

// How much is gathered before it is written, and how long a frame may lie in a ring.
constexpr std::size_t enough = std::size_t{256} * 1'024;
constexpr milliseconds between_looks{10};
// How long the reader has for what is left when the capture is stopped.
constexpr milliseconds patience{1'000};
// The end is told in so many bytes at most, and cut there.
constexpr std::size_t longest_why = 200;

std::chrono::nanoseconds offset_of_wall_clock() {
  return std::chrono::system_clock::now().time_since_epoch() -
         std::chrono::steady_clock::now().time_since_epoch();
}

bool is_pipe(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// Signals are for the control thread; SIGXFSZ and SIGPIPE are told by write().
void leave_signals_to_others() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

CaptureWriter::CaptureWriter(Capture::Shared& capture)
    : capture_(capture),
      offset_(offset_of_wall_clock()),
      is_pipe_(is_pipe(capture.ends.file.get())),
      is_never_to_wait_(is_pipe_) {
  capture.why.reserve(longest_why);  // so that want of memory can be told
}

void CaptureWriter::run() noexcept {
  leave_signals_to_others();
  try {
    write_all();
  } catch (const std::bad_alloc&) {
    end("there is not enough memory");
  } catch (const std::exception& error) {
    end(error.what());
  }
  try {
    count_unwritten();
  } catch (const std::bad_alloc&) {
    // Some frames are in no count: there was no memory to look what they are.
  }
  capture_.ends = {};
  capture_.is_over = true;
  capture_.on_end();
}

void CaptureWriter::write_all() {
  pcapng::add_section(text_, "tapswitch");
  add_interfaces();
  while (!is_over_) {
    const bool was_stopping = capture_.is_stopping;
    const bool has_more = gather();
    if (!write_out()) {
      return;
    }
    if (!has_more && was_stopping) {
      end_stopped();
    } else if (!is_over_ && !is_read(has_more ? milliseconds{0} : between_looks)) {
      return;
    }
  }
  add_interfaces();
  add_statistics();
  (void)write_out();
}

// The capture is over.
void CaptureWriter::count_unwritten() {
  const auto count = [this] {
    for (std::size_t i = ended_count_; i < ends_.size(); ++i) {
      ++interfaces_[ends_[i].interface]->missed;
    }
    text_.clear();
    ends_.clear();
    ended_count_ = 0;
  };
  count();
  for (CaptureRing* ring = oldest(); ring != nullptr && !has_all(); ring = oldest()) {
    add(CapturedFrame::read(ring->front()));
    ring->pop();
    count();
  }
}

// Returns whether there may be more.
bool CaptureWriter::gather() {
  while (text_.size() < enough && !is_over_) {
    CaptureRing* const ring = oldest();
    if (ring == nullptr) {
      return false;
    }
    add(CapturedFrame::read(ring->front()));
    ring->pop();
  }
  return !is_over_;
}

CaptureRing* CaptureWriter::oldest() const {
  CaptureRing* found = nullptr;
  std::chrono::nanoseconds when{};
  for (const auto& ring : capture_.rings) {
    if (const auto record = ring->front(); !record.empty()) {
      const auto made = CapturedFrame::when_of(record);
      if (found == nullptr || made < when) {
        found = ring.get();
        when = made;
      }
    }
  }
  return found;
}

void CaptureWriter::add(const CapturedFrame& captured) {
  if (captured.seen.interface >= interfaces_.size()) {
    add_interfaces();
  }
  if (capture_.options.is_uncut || captured.offload.is_plain()) {
    add_piece(captured, {captured.number, captured.size, captured.bytes});
  } else {
    add_cut(captured);
  }
}

void CaptureWriter::add_cut(const CapturedFrame& captured) {
  // A dropped frame may be too short for one, or too long.
  if (captured.size > FrameBuffer::max_frame_size || !FrameView::parse(captured.bytes)) {
    add_piece(captured, {captured.number, captured.size, captured.bytes});
    return;
  }
  FrameBuffer& frame = frames_->whole;
  std::memcpy(frame.space().data(), captured.bytes.data(), captured.bytes.size());
  Offload offload = captured.offload;
  offload.tunnelled = Tunnelled::no;  // it is found anew, with where
  frame.assign(captured.bytes.size(), offload);
  frame.set_number(captured.number);
  frame.find_layout();
  if (!frame.check_offload()) {
    add_piece(captured, {captured.number, captured.size, captured.bytes});
    return;
  }
  const auto headers = frame.headers_of_segments();
  if (frame.offload().gso == GsoKind::none || !headers) {
    frame.finish_checksum();
    add_piece(captured, {frame.number(), frame.size(), frame.head()});
    return;
  }
  Segmenter segments(frame, *headers);
  while (!has_all() && segments.next(frames_->segment)) {
    const FrameBuffer& segment = frames_->segment;
    add_piece(captured, {segment.number(), segment.size(), segment.head()});
  }
}

void CaptureWriter::add_piece(const CapturedFrame& captured, const Piece& piece) {
  const CaptureOptions& options = capture_.options;
  if (!captured.seen.is_final && options.filter &&
      !options.filter->matches(piece.bytes, piece.size)) {
    return;
  }
  const std::size_t kept = options.snap_length != 0
                               ? std::min(piece.bytes.size(), options.snap_length)
                               : piece.bytes.size();
  pcapng::add_packet(text_, {.interface = captured.seen.interface,
                             .time = wall_clock(captured.seen.when),
                             .direction = captured.seen.direction,
                             .number = piece.number,
                             .size = piece.size,
                             .bytes = piece.bytes.first(kept),
                             .comment = comment_on(captured.seen.dropped)});
  ends_.push_back({text_.size(), captured.seen.interface});
  ++count_;
  if (has_all()) {
    end(capture_end::count_reached);
  }
}

void CaptureWriter::add_interfaces() {
  const std::lock_guard lock(capture_.mutex);
  for (std::size_t i = interfaces_.size(); i < capture_.interfaces.size(); ++i) {
    interfaces_.push_back(capture_.interfaces[i]);
    written_.push_back(0);
    pcapng::add_interface(
        text_, {.name = interfaces_[i]->name,
                .description = interfaces_[i]->description,
                .snap_length = static_cast<std::uint32_t>(capture_.options.snap_length)});
  }
}

void CaptureWriter::add_statistics() {
  const auto now = wall_clock(std::chrono::steady_clock::now().time_since_epoch());
  for (std::size_t i = 0; i < interfaces_.size(); ++i) {
    const std::uint64_t missed = interfaces_[i]->missed;
    pcapng::add_statistics(text_, {.interface = interfaces_[i]->number,
                                   .time = now,
                                   .received = written_[i] + missed,
                                   .dropped = missed});
  }
}

// Returns whether all is written; if not, the capture is over.
bool CaptureWriter::write_out() {
  std::size_t begin = 0;
  while (begin < text_.size()) {
    if (is_pipe_ && !wait_for_room()) {
      return false;
    }
    const std::int64_t written = write_some(std::string_view(text_).substr(begin));
    if (written < 0 && errno != EINTR && !(is_pipe_ && errno == EAGAIN)) {
      end(errno == EPIPE ? capture_end::reader_gone : std::string_view(std::strerror(errno)));
      return false;
    }
    begin += written > 0 ? static_cast<std::size_t>(written) : 0;
    capture_.octets += written > 0 ? static_cast<std::uint64_t>(written) : 0;
    count_written(begin);
  }
  text_.clear();
  ends_.clear();
  ended_count_ = 0;
  return true;
}

// Returns what write() does. Others who write to the same pipe may have taken the room that there
// was a moment ago: the thread does not wait in the kernel, where stop() could not reach it.
std::int64_t CaptureWriter::write_some(std::string_view bytes) {
  const int file = capture_.ends.file.get();
  if (!is_pipe_) {
    return ::write(file, bytes.data(), bytes.size());
  }
  bytes = bytes.substr(0, PIPE_BUF);
  if (is_never_to_wait_) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const ssize_t written = ::pwritev2(file, &part, 1, -1, RWF_NOWAIT);
    if (written >= 0 || errno != EOPNOTSUPP) {
      return written;
    }
    is_never_to_wait_ = false;
  }
  return ::write(file, bytes.data(), bytes.size());
}

// 'size' bytes of the text are written.
void CaptureWriter::count_written(std::size_t size) {
  for (; ended_count_ < ends_.size() && ends_[ended_count_].at <= size; ++ended_count_) {
    ++written_[ends_[ended_count_].interface];
    ++capture_.frames;
  }
}

// Returns once the pipe takes PIPE_BUF bytes. False: nobody reads it, and the capture is over.
bool CaptureWriter::wait_for_room() {
  pollfd file{capture_.ends.file.get(), POLLOUT, 0};
  while (true) {
    const bool is_stopping = capture_.is_stopping;
    std::array<pollfd, 3> wanted{{file,
                                  {is_stopping ? -1 : capture_.stop_bell.descriptor(), POLLIN, 0},
                                  {is_stopping ? -1 : capture_.ends.lease.get(), 0, 0}}};
    (void)::poll(wanted.data(), wanted.size(),
                 is_stopping ? static_cast<int>(patience_left().count()) : -1);
    if ((wanted[0].revents & POLLERR) != 0) {
      end(capture_end::reader_gone);
      return false;
    }
    if ((wanted[0].revents & POLLOUT) != 0) {
      return true;
    }
    if (wanted[2].revents != 0) {
      stop_unheld();
    }
    if (is_stopping && patience_left() == milliseconds{0}) {
      end_stopped(", with a reader that stood still");
      return false;
    }
  }
}

// Waits for 'longest', or until it is to stop. False: nobody reads it any more, and it is over.
bool CaptureWriter::is_read(milliseconds longest) {
  std::array<pollfd, 3> wanted{{{is_pipe_ ? capture_.ends.file.get() : -1, 0, 0},
                                {capture_.stop_bell.descriptor(), POLLIN, 0},
                                {capture_.ends.lease.get(), 0, 0}}};
  (void)::poll(wanted.data(), wanted.size(), static_cast<int>(longest.count()));
  if ((wanted[0].revents & POLLERR) != 0) {
    end(capture_end::reader_gone);
    return false;
  }
  if (wanted[2].revents != 0) {
    stop_unheld();
  }
  return true;
}

void CaptureWriter::stop_unheld() {
  capture_.ends.lease.reset();
  const std::lock_guard lock(capture_.mutex);
  if (capture_.why_stopped.empty()) {
    capture_.why_stopped = "who asked for it is gone";
  }
  capture_.is_stopping = true;
}

milliseconds CaptureWriter::patience_left() {
  const auto now = std::chrono::steady_clock::now();
  deadline_ = deadline_.value_or(now + patience);
  return std::max(std::chrono::ceil<milliseconds>(*deadline_ - now), milliseconds{0});
}

void CaptureWriter::end_stopped(std::string_view remark) {
  std::string why;
  {
    const std::lock_guard lock(capture_.mutex);
    why = capture_.why_stopped;
  }
  end(why.append(remark));
}

void CaptureWriter::end(std::string_view why) {
  is_over_ = true;
  capture_.is_stopping = true;  // no worker need copy anything more
  const std::lock_guard lock(capture_.mutex);
  if (capture_.why.empty()) {
    capture_.why = why.substr(0, longest_why);
  }
}

}  // namespace tapswitch
