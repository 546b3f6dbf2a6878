import Foundation

/// Standard input, output and error as they may be: closed, full, or read by nobody.
enum StandardStreams {
  /// Makes the three usable for the whole run; called first of all.
  ///
  /// A stream that the caller closed leaves its number free, and the next file that is opened, such
  /// as a database, would get it and be written into. It is therefore taken by /dev/null, opened so
  /// that using it fails.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for (descriptor, wrongWay) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(descriptor, F_GETFD) == -1 {
      // Opening takes the lowest free number, which is this one.
      _ = open("/dev/null", wrongWay)
    }
  }

  /// Why not all was written; nil where it was.
  enum Failure {
    /// Nobody reads: the reader has gone, or the caller closed the stream.
    case unread
    case error(Int32)
  }

  static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Failure? {
    let bytes = Array(bytes)
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Foundation.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      if written >= 0 {
        offset += written
      } else if errno == EAGAIN {
        // Somebody made the stream non-blocking.
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = Foundation.poll(&poll, 1, -1)
      } else if errno != EINTR {
        return errno == EPIPE || errno == EBADF ? .unread : .error(errno)
      }
    }
    return nil
  }

  /// A message that nobody can be told is dropped: the exit status still says what happened.
  static func say(_ text: String) { _ = write(text.utf8, to: STDERR_FILENO) }
}
