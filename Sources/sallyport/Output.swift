import Foundation

/// Why a result could not be written.
struct OutputError: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "\(path): cannot be written: \(reason)" }
}

/// Writes results to standard output or to a file, whole or not at all.
enum Output {
  static func write(_ bytes: [UInt8], to path: String?) throws {
    guard let path, path != "-" else {
      try writeToStandardOutput(bytes)
      return
    }
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw OutputError(
        path: path,
        reason: underlying.map { String(cString: strerror(Int32($0.code))) }
          ?? error.localizedDescription)
    }
  }

  static func write(_ text: String, to path: String? = nil) throws {
    try write(Array(text.utf8), to: path)
  }

  /// A reader that closes the pipe early (`| head`) is no fault.
  private static func writeToStandardOutput(_ bytes: [UInt8]) throws {
    signal(SIGPIPE, SIG_IGN)
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Foundation.write(
          STDOUT_FILENO, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      if written < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE { return }
        throw OutputError(path: "standard output", reason: String(cString: strerror(errno)))
      }
      offset += written
    }
  }
}
