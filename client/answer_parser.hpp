#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/http.hpp"

namespace titan::client {

// One answer of an HTTP/1.1 server (RFC 9112), from the bytes as they come in, in pieces of any
// size. Strict: lines end with CR LF, a header name is followed by its colon, one of two lengths
// that differ is none. An answer with a status of 1xx is passed over, the one after it counts.
// Bodies come by Content-Length, in chunks (whose extensions and trailers are dropped), or up to
// the end of the connection. A header that stands there twice is joined by ", ". All of it
// together, with what is passed over or dropped, is at most as long as both limits.
class AnswerParser {
 public:
  struct Options {
    bool has_no_body = false;  // as the request was HEAD
    std::size_t head_bytes_max = 0;
    std::size_t body_bytes_max = 0;
  };
  enum class State { more, done, broken, too_long };

  explicit AnswerParser(const Options& options) : options_(options) {}

  State feed(std::string_view bytes);
  // The server has closed the connection as it should: done if that is how the answer ends.
  State end();
  // Whether another request may go over this connection. REQUIRES: done.
  [[nodiscard]] bool keeps_alive() const { return keeps_alive_; }
  // REQUIRES: done; once.
  HttpResponse take() { return std::move(response_); }

 private:
  enum class Part { head, counted, chunk_size, chunk, chunk_end, trailer, rest, done };

  // Each takes from the front of buffer_; false when it needs more, or went wrong (state_).
  bool take_part();
  bool take_head();
  bool take_counted();
  bool take_chunk_size();
  bool take_chunk_end();
  bool take_trailer();
  bool take_rest();
  // A line without its end; false when there is none yet.
  bool take_line(std::string& line);
  bool read_head(std::string_view head);
  bool read_status_line(std::string_view line);
  bool read_header(std::string_view line);
  bool choose_body();
  bool begin_counted(std::uint64_t bytes, Part part);
  bool take_body(std::size_t bytes);
  // Where `end` begins in the buffer, or npos.
  std::size_t find(std::string_view end);
  // Takes bytes away from the front of the buffer.
  bool drop(std::size_t bytes);
  bool fail(State state);
  bool finish();

  Options options_;
  State state_ = State::more;
  Part part_ = Part::head;
  std::string buffer_;
  std::size_t scanned_ = 0;  // bytes of it where what find() looks for does not begin
  std::size_t dropped_ = 0;  // bytes from it so far
  std::uint64_t left_ = 0;   // bytes of the body or of the chunk
  bool is_old_ = false;      // HTTP/1.0
  bool keeps_alive_ = true;
  HttpResponse response_;
};

}  // namespace titan::client
