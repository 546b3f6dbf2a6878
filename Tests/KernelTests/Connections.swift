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

  /// Takes what has come to a listening socket off its queue.
  static func drain(_ listener: Int32) {
    while true {
      let descriptor = accept(listener, nil, nil)
      if descriptor < 0 { return }
      close(descriptor)
    }
  }

  /// Whether each connection comes about within the time.
  static func attempt(_ wanted: [Wanted], milliseconds: Int) -> [Bool] {
    var descriptors: [Int32] = []
    for one in wanted {
      let family = one.source.family == .ipv4 ? AF_INET : AF_INET6
      let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      // Closing resets the connection, so that nothing lingers in the kernel's tables.
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
      _ = withAddress(one.source, port: 0) { bind(descriptor, $0, $1) }
      _ = withAddress(one.destination, port: one.port) { connect(descriptor, $0, $1) }
      descriptors.append(descriptor)
    }
    defer { for descriptor in descriptors { close(descriptor) } }
    var result = Array(repeating: false, count: wanted.count)
    var open = Set(descriptors.indices)
    let end = Date().addingTimeInterval(Double(milliseconds) / 1000)
    while !open.isEmpty {
      let left = Int32(end.timeIntervalSinceNow * 1000)
      guard left > 0 else { break }
      let order = open.sorted()
      var polled = order.map { pollfd(fd: descriptors[$0], events: Int16(POLLOUT), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), left) > 0 else { break }
      for (index, entry) in zip(order, polled) where entry.revents != 0 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptors[index], SOL_SOCKET, SO_ERROR, &error, &size)
        result[index] = error == 0
        open.remove(index)
      }
    }
    return result
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
