import Foundation
import Inventory

/// Why a result could not be written.
struct OutputError: Error, CustomStringConvertible {
  let path: String
  let reason: String
  /// Whether writing failed, where the file itself could be made.
  let isInputOutput: Bool

  init(path: String, reason: String) {
    self.path = path
    self.reason = reason
    isInputOutput = false
  }

  /// - Parameter code: of `errno`.
  init(path: String, code: Int32) {
    self.path = path
    reason = String(cString: strerror(code))
    isInputOutput = [ENOSPC, EDQUOT, EFBIG, EIO].contains(code)
  }

  var description: String { "\(path): cannot be written: \(reason)" }
}

/// Writes results to standard output or to a file.
enum Output {
  static func write(_ bytes: [UInt8], to path: String?) throws {
    guard let path, path != "-" else {
      switch StandardStreams.write(bytes, to: STDOUT_FILENO) {
      // A reader that closes the pipe early (`| head`) is no fault.
      case nil, .unread: return
      case .error(let code): throw OutputError(path: "standard output", code: code)
      }
    }
    try OutputFile(path).write(bytes)
  }

  static func write(_ text: String, to path: String? = nil) throws {
    try write(Array(text.utf8), to: path)
  }
}

/// A file to write a result to.
///
/// A regular file is replaced at once, so that a reader sees the old one or the new one whole, and
/// keeps its owner and permissions. Links are followed. Devices, pipes and whatever else is not a
/// regular file are written into as they are. A new file is its owner's alone: reports name the
/// weak places of a network.
struct OutputFile {
  private let path: String

  init(_ path: String) { self.path = path }

  func write(_ bytes: [UInt8]) throws {
    let target = try followed()
    var status = stat()
    if isDescriptor || stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG {
      guard isDescriptor || status.st_mode & S_IFMT != S_IFDIR else {
        throw OutputError(path: path, reason: "it is a folder")
      }
      try into(path, bytes, flags: O_WRONLY)
    } else if stat(target, &status) == 0 {
      try replace(target, bytes, keeping: status)
    } else {
      try replace(target, bytes, keeping: nil)
    }
  }

  /// `/dev/stdout` and the like name something that is open already, even where that is a file.
  private var isDescriptor: Bool {
    path == "/dev/stdout" || path == "/dev/stderr" || path.hasPrefix("/dev/fd/")
      || path.hasPrefix("/proc/self/fd/")
  }

  /// The file that links lead to, which need not exist.
  private func followed() throws -> String {
    var current = path
    for _ in 0..<40 {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: current) else {
        return current
      }
      let folder = FilePath.folder(of: current)
      current =
        next.hasPrefix("/") || folder.isEmpty
        ? next : "\(folder)/\(next)"
    }
    throw OutputError(path: path, reason: "too many links")
  }

  private func into(_ path: String, _ bytes: [UInt8], flags: Int32) throws {
    let descriptor = open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw OutputError(path: self.path, code: errno) }
    defer { close(descriptor) }
    switch StandardStreams.write(bytes, to: descriptor) {
    case nil, .unread: break
    case .error(let code): throw OutputError(path: self.path, code: code)
    }
  }

  private func replace(_ target: String, _ bytes: [UInt8], keeping old: stat?) throws {
    // What may not be written is not replaced either.
    guard old == nil || access(target, W_OK) == 0 else {
      throw OutputError(path: path, code: errno)
    }
    let draft = "\(target).sallyport-\(getpid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      // The folder may be closed to new files while the file itself is open to writing.
      guard old != nil, errno == EACCES || errno == EROFS || errno == EPERM else {
        throw OutputError(path: path, code: errno)
      }
      return try into(target, bytes, flags: O_WRONLY | O_TRUNC)
    }
    var isKept = false
    defer {
      close(descriptor)
      if !isKept { unlink(draft) }
    }
    if let old {
      guard fchown(descriptor, old.st_uid, old.st_gid) == 0 else {
        return try into(target, bytes, flags: O_WRONLY | O_TRUNC)
      }
      fchmod(descriptor, old.st_mode & 0o7777)
    }
    if case .error(let code) = StandardStreams.write(bytes, to: descriptor) {
      throw OutputError(path: path, code: code)
    }
    guard fsync(descriptor) == 0, rename(draft, target) == 0 else {
      throw OutputError(path: path, code: errno)
    }
    isKept = true
  }
}
