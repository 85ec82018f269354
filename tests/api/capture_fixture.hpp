// SPDX-License-Identifier: Apache-2.0
// capture_fixture.hpp: two ports, and captures that are asked for with descriptors.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "control/rpc/descriptors.hpp"
#include "control/rpc/error.hpp"
#include "switch/system/pipe.hpp"
#include "tests/api/event_fixture.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

// The descriptors that came with a line.
class Passed final : public rpc::Descriptors {
 public:
  explicit Passed(std::vector<UniqueFd> all) : all_(std::move(all)) {}

  [[nodiscard]] std::size_t count() const override { return all_.size(); }
  [[nodiscard]] int look_at(std::size_t index) const override {
    if (index >= all_.size()) {
      throw rpc::invalid_params({{"fd", "there is no such descriptor", "one that came"}});
    }
    return all_[index].get();
  }
  [[nodiscard]] UniqueFd take(std::size_t index) override {
    (void)look_at(index);
    return std::move(all_[index]);
  }

 private:
  std::vector<UniqueFd> all_;
};

class CaptureApi : public EventFixture {
 protected:
  void SetUp() override {
    EventFixture::SetUp();
    add_port("alice");
    add_port("bob");
  }

  // The whole reply to capture.start with these.
  Json start(std::vector<UniqueFd> fds, Json params = Json::object()) {
    Passed passed(std::move(fds));
    params["fd"] = 0;
    return reply("capture.start", params, {.descriptors = &passed});
  }

  // The same, asked for by a user of the read-only socket who may capture.
  Json start_as(std::uint32_t uid) {
    std::vector<UniqueFd> fds;
    fds.push_back(open("/dev/null", O_WRONLY));
    Passed passed(std::move(fds));
    rpc::Caller caller = guest(uid);
    caller.descriptors = &passed;
    return reply("capture.start", {{"fd", 0}}, caller);
  }

  static rpc::Caller guest(std::uint32_t uid) {
    return {.uid = uid, .is_read_only = true, .may_capture = true};
  }

  // A capture to a pipe, whose reader is 'reader_'. Returns its number.
  std::uint64_t start_to_pipe(const Json& params = Json::object()) {
    Pipe pipe = open_pipe();
    reader_ = std::move(pipe.reader);
    std::vector<UniqueFd> fds;
    fds.push_back(std::move(pipe.writer));
    const Json answer = start(std::move(fds), params);
    EXPECT_TRUE(answer.contains("result")) << answer;
    return answer["result"]["capture"].get<std::uint64_t>();
  }

  // Returns what is wrong with capture.start to /dev/null: "field: problem".
  std::string refusal(const Json& params) { return refusal(open("/dev/null", O_WRONLY), params); }
  std::string refusal(UniqueFd file, const Json& params = Json::object()) {
    std::vector<UniqueFd> fds;
    fds.push_back(std::move(file));
    const Json error = start(std::move(fds), params).value("error", Json::object());
    const Json data = error.value("data", Json::object());
    return data.contains("field") ? data.value("field", "") + ": " + data.value("problem", "")
                                  : error.value("message", "");
  }

  static UniqueFd open(const char* path, int flags) {
    UniqueFd file(::open(path, flags | O_CLOEXEC));
    EXPECT_TRUE(file.is_open()) << path;
    return file;
  }

  // Sends a frame by a port.
  void send(const std::string& port) {
    const network::Network::RunningPort& running = network_.find_port(port);
    const std::vector<std::byte> frame = FrameBuilder().payload(46).build();
    ASSERT_TRUE(running.home->engine->send(running.index, frame));
  }

  Json only_capture() {
    const Json all = call("capture.list")["captures"];
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Json() : all[0];
  }

  bool has_written(std::uint64_t frames) {
    return wait_until([&] { return only_capture()["frames"] == frames; });
  }

  bool is_over() {
    return wait_until([this] {
      run_posted();
      return call("capture.list")["captures"].empty();
    });
  }

  UniqueFd reader_;
};

}  // namespace tapswitch::test
