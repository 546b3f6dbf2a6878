import Foundation
import NetworkSets

/// TCP connections by the system's own sockets, many at once.
enum Connections {
  struct Wanted: Hashable {
    let source: IPAddress
    let destination: IPAddress
    let port: UInt16
  }

  /// A listening socket for both families; nil where the system refuses.
  static func listen(_ port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var no: Int32 = 0
    setsockopt(
      descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<Int32>.size))
    let bound = withAddress(.v6(0), port: port) { bind(descriptor, $0, $1) }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    guard bound == 0, Glibc.listen(descriptor, 1024) == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Closes what has come to a listening socket and was not taken.
  static func drain(_ listener: Int32) {
    while true {
      let descriptor = accept(listener, nil, nil)
      if descriptor < 0 { return }
      close(descriptor)
    }
  }

  /// How far a connection came.
  private enum Progress {
    case connecting
    /// A byte was sent and its echo has not come.
    case asking
    case failed
    case done
  }

  /// Whether each connection comes about within the time and carries a byte to the server and one
  /// back: the handshake alone shows too little.
  ///
  /// - Parameter listeners: the servers' sockets, which are served here.
  static func attempt(
    _ wanted: [Wanted], listeners: [Int32], milliseconds: Int
  ) -> [Bool] {
    var descriptors: [Int32] = []
    var progress: [Progress] = []
    for one in wanted {
      let family = one.source.family == .ipv4 ? AF_INET : AF_INET6
      let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      resetOnClose(descriptor)
      _ = withAddress(one.source, port: 0) { bind(descriptor, $0, $1) }
      _ = withAddress(one.destination, port: one.port) { connect(descriptor, $0, $1) }
      descriptors.append(descriptor)
      progress.append(.connecting)
    }
    var served: [Int32] = []
    defer { for descriptor in descriptors + served { close(descriptor) } }
    let end = Date().addingTimeInterval(Double(milliseconds) / 1000)
    while progress.contains(.connecting) || progress.contains(.asking) {
      let left = Int32(end.timeIntervalSinceNow * 1000)
      guard left > 0 else { break }
      let open = progress.indices.filter { [.connecting, .asking].contains(progress[$0]) }
      var polled = open.map { index in
        pollfd(
          fd: descriptors[index],
          events: Int16(progress[index] == .connecting ? POLLOUT : POLLIN), revents: 0)
      }
      polled += (listeners + served).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), left) > 0 else { break }
      for (index, entry) in zip(open, polled) where entry.revents != 0 {
        progress[index] = advance(descriptors[index], progress[index])
      }
      for entry in polled.dropFirst(open.count) where entry.revents != 0 {
        if listeners.contains(entry.fd) {
          let descriptor = accept(entry.fd, nil, nil)
          guard descriptor >= 0 else { continue }
          _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
          resetOnClose(descriptor)
          served.append(descriptor)
        } else if !echo(entry.fd) {
          close(entry.fd)
          served.removeAll { $0 == entry.fd }
        }
      }
    }
    return progress.map { $0 == .done }
  }

  /// Closing resets the connection, so that nothing lingers in the kernel's tables.
  private static func resetOnClose(_ descriptor: Int32) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
  }

  private static func advance(_ descriptor: Int32, _ progress: Progress) -> Progress {
    var byte: UInt8 = 0x2A
    guard progress == .connecting else {
      let count = recv(descriptor, &byte, 1, 0)
      return count == 1 ? .done : (count < 0 && errno == EAGAIN ? .asking : .failed)
    }
    var error: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
    guard error == 0 else { return .failed }
    return send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 ? .asking : .failed
  }

  /// Sends back what came; false where the connection is over.
  private static func echo(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    guard recv(descriptor, &byte, 1, 0) == 1 else { return false }
    return send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL)) == 1
  }

  private static func withAddress<Value>(
    _ address: IPAddress, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
  ) -> Value {
    func pass<Storage>(_ storage: Storage) -> Value {
      withUnsafePointer(to: storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<Storage>.size))
        }
      }
    }
    switch address {
    case .v4(let value):
      return pass(
        sockaddr_in(
          sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
          sin_addr: in_addr(s_addr: value.bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0)))
    case .v6(let value):
      var storage = sockaddr_in6()
      storage.sin6_family = sa_family_t(AF_INET6)
      storage.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &storage.sin6_addr) { bytes in
        for index in 0..<16 {
          bytes[index] = UInt8(truncatingIfNeeded: value >> (120 - 8 * UInt128(index)))
        }
      }
      return pass(storage)
    }
  }
}
